/**
 * Exact numbers: decimals as they were written, and fractions of whole numbers of any size. They stay exact until the
 * one rounding to the double that rules compare, so that 1.2 mEq/L and 0.6 mmol/L of magnesium are the same number.
 */

import { Refusal } from "./refusal.js";
import { digits, strip } from "./text.js";

// Beyond these exponents a number is a slip or an attack, and exact arithmetic on it would be unbounded.
const LARGEST = 12;
const SMALLEST = -12;
const MOST_DIGITS = 30;
// The precision of Python's decimals.
const PRECISION = 28;
const WRITTEN = /^([-+]?)(?:(\d+)\.?(\d*)|\.(\d+))(?:e([-+]?)0*(\d{1,18}))?$/i;
const NOT_FINITE = /^[-+]?(?:inf(?:inity)?|s?nan\d*)$/i;

/** A number of a file, kept as it was written. */
export class Numeral {
  constructor(text) {
    this.text = text;
  }

  /** Whether it is a whole number as JSON writes them; those of thousands of digits are not taken for one. */
  get whole() {
    return this.text.length < 20 && !/[.e]/i.test(this.text);
  }

  toString() {
    return this.text;
  }
}

/** Whether a value is a whole number, of a file or of a program. */
export const isWhole = (value) => (value instanceof Numeral ? value.whole : Number.isSafeInteger(value));

/** Whether a value is a number. */
export const isNumber = (value) => typeof value === "number" || value instanceof Numeral;

/** A finite decimal, not negative: `units` times ten to the `exponent`. */
export class Decimal {
  constructor(units, exponent) {
    this.units = units;
    this.exponent = exponent;
  }

  /** As it is written without an exponent. */
  toString() {
    const text = this.units.toString();
    if (this.exponent >= 0) return this.units === 0n ? text : text + "0".repeat(this.exponent);
    const padded = text.padStart(1 - this.exponent, "0");
    return `${padded.slice(0, this.exponent)}.${padded.slice(this.exponent)}`;
  }

  /** As a fraction: [numerator, denominator]. */
  get fraction() {
    return this.exponent < 0 ? [this.units, 10n ** BigInt(-this.exponent)] : [this.units * 10n ** BigInt(this.exponent), 1n];
  }

  /** The nearest double. */
  get double() {
    return nearestDouble(this.fraction);
  }
}

/** `given` (a number, or text) as an exact, finite, non-negative decimal of sane size. Throws Refusal. */
export function decimal(given) {
  if (!isNumber(given) && typeof given !== "string") throw new Refusal("number-wanted");
  const text = digits(strip(String(given))).replace(/_/g, "");
  if (NOT_FINITE.test(text)) throw new Refusal("number-not-finite");
  const found = WRITTEN.exec(text);
  if (!found) throw new Refusal("number-not-plain");
  const [, sign, before = "", behind = "", only = "", direction = "", power = "0"] = found;
  const parts = behind || only;
  const figures = (before + parts).replace(/^0+(?=\d)/, "");
  let exponent = Number(direction + power) - parts.length;
  const zero = figures === "0";
  if (sign === "-" && !zero) throw new Refusal("number-negative");
  const size = figures.length - 1 + exponent;
  if (size < SMALLEST || size > LARGEST || figures.length > MOST_DIGITS) throw new Refusal("number-size");
  let units = BigInt(figures);
  if (figures.length > PRECISION) {
    const cut = figures.length - PRECISION;
    units = halfEven(units, 10n ** BigInt(cut));
    exponent += cut;
  }
  return new Decimal(units, exponent);
}

/** The whole number nearest to over / under, the even one of two; neither may be negative. */
export function halfEven(over, under) {
  const whole = over / under;
  const rest = 2n * (over % under);
  return rest > under || (rest === under && whole % 2n === 1n) ? whole + 1n : whole;
}

/** The double nearest to a fraction that is not negative, the even one of two. */
export function nearestDouble([over, under]) {
  if (over === 0n) return 0;
  // 64 bits or more before the division; what is left over only tells on which side of a half the rest lies.
  const shift = Math.max(0, 72 + 4 * (under.toString(16).length - over.toString(16).length));
  const scaled = over << BigInt(shift);
  const whole = scaled / under;
  return Number(scaled % under === 0n ? whole : whole | 1n) / 2 ** shift;
}

/** The product of two fractions. */
export const times = ([a, b], [c, d]) => [a * c, b * d];

/** The quotient of two fractions. */
export const over = ([a, b], [c, d]) => [a * d, b * c];

/** A fraction from text such as `24305/1000`. */
export function fraction(text) {
  const [upper, lower = "1"] = text.split("/");
  return [BigInt(upper), BigInt(lower)];
}

/** A double rounded to four decimal places, the even one of two equally near. */
export function fourPlaces(value) {
  const parts = value * 32;
  // Only odd thirty-seconds lie halfway between two numbers of four places, and toFixed would take the upper.
  if (Number.isInteger(parts) && Math.abs(parts % 2) === 1) {
    const below = Math.floor(value * 10000);
    return (below % 2 === 0 ? below : below + 1) / 10000;
  }
  return Number(value.toFixed(4));
}
