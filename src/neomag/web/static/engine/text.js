/** Text as Python treats it: what is white space, a digit, and the same letter. */

const SPACE = "\\t-\\r\\x1c-\\x20\\x85\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000";
const ENDS = new RegExp(`^[${SPACE}]+|[${SPACE}]+$`, "g");
const RUNS = new RegExp(`[${SPACE}]+`, "g");
const DIGIT = /^\p{Nd}$/u;
const DIGITS = /\p{Nd}/gu;

/** The characters of white space, to stand in a class of a pattern. */
export const spaces = SPACE;

/** The text without white space at its ends. */
export const strip = (text) => text.replace(ENDS, "");

/** The text with each run of white space replaced by `by`. */
export const spaced = (text, by) => strip(text).replace(RUNS, by);

/** The text with the decimal digits of every script written as 0 to 9. */
export function digits(text) {
  return text.replace(DIGITS, (sign) => {
    if (sign <= "9") return sign;
    // Scripts hold their digits as runs of ten, one after another.
    const code = sign.codePointAt(0);
    let start = code;
    while (DIGIT.test(String.fromCodePoint(start - 1))) start -= 1;
    return String((code - start) % 10);
  });
}

/** The text as letters are compared without regard to case. */
export const folded = (text) => [...text].map((sign) => (sign === "ı" ? sign : sign.toUpperCase().toLowerCase())).join("");
