/** What people type into a field: numbers and spans of time. As `neomag.web.clinician.typed`. */

import { seconds } from "../engine/ages.js";
import { Refusal } from "../engine/refusal.js";
import { digits, strip } from "../engine/text.js";

const LONGEST = 200;
const NUMBER = /^(\d{1,12}(\.\d{1,12})?|\.\d{1,12})$/;
// 1.250 or 1,250: a thousand and more, or one and a quarter?
const TWO_WAYS = /(^|[^\d.,])[1-9]\d{0,2}[.,]\d{3}($|[^\d.,])/;

/** What was typed cannot be read; `says` is a key of the page's words. */
export class TypedError extends Error {
  constructor(says) {
    super(says);
    this.says = says;
  }
}

/** The text without blanks around it, full-width digits and signs made plain. */
export const plain = (text) => strip([...text].slice(0, LONGEST).join("").normalize("NFKC"));

/** The number typed, written with a point; `commas`: readers write a decimal comma as well as a point. */
export function number(text, commas) {
  let said = digits(plain(text));
  if (commas) {
    if (TWO_WAYS.test(said)) throw new TypedError("two-ways");
    if (!said.includes(".")) said = said.replace(/,/g, ".");
  }
  if (!NUMBER.test(said)) throw new TypedError("number");
  return said;
}

/** A span of time in seconds: a number of `unit`, or written out. */
export function span(text, unit, commas) {
  const said = digits(plain(text));
  try {
    if (/^[\d.,]+$/.test(said)) return seconds(`${number(said, commas)} ${unit}`);
    if (!commas) return seconds(said);
    if (TWO_WAYS.test(said)) throw new TypedError("two-ways");
    return seconds(said.replace(/(\d),(?=\d)/g, "$1."));
  } catch (error) {
    if (error instanceof Refusal) throw new TypedError("span");
    throw error;
  }
}
