/** Ages, spans of time and gestations as people write them; all exact. As `neomag.ages`. */

import { fraction, halfEven, nearestDouble } from "./decimal.js";
import { Refusal } from "./refusal.js";
import { digits, spaces, strip } from "./text.js";

const DAY = 86400;
const MONTH = 2629800;
const SECONDS = { s: 1, min: 60, h: 3600, d: DAY, wk: 7 * DAY, mo: MONTH, y: 12 * MONTH };
/** Beyond this a number is a slip, not an age. */
export const OLDEST = 400 * SECONDS.y;

const SPELT = new Map();
for (const [unit, spelt] of Object.entries({
  s: "s", min: "min mins minute minutes", h: "h hr hrs hour hours", d: "d day days", wk: "wk wks w week weeks",
  mo: "mo month months", y: "y yr year years",
})) {
  for (const word of spelt.split(" ")) SPELT.set(word, BigInt(SECONDS[unit]));
}
const PART = new RegExp(`(\\d{1,9})(?:\\.(\\d{1,6}))?[${spaces}]*([a-z]+)`, "g");
// Between the parts of a span. A comma right before a number could be a decimal one.
const BETWEEN = /^ *(?:, +)?$/;
const S = `[${spaces}]*`;
const GESTATION = new RegExp(`^(\\d{1,2})(?:${S}(?:w|wk|weeks?))?(?:${S}\\+?${S}([0-6])(?:${S}(?:d|days?))?)?$`);
const MILLION = 1000000n;

/** The span written in `text`, in whole seconds; `birth` is 0. Throws Refusal. */
export function seconds(text) {
  const written = digits(strip(text).toLowerCase());
  if (written === "birth") return 0;
  let total = 0n; // in millionths
  let end = 0;
  for (const part of written.matchAll(PART)) {
    const unit = SPELT.get(part[3]);
    if (unit === undefined || (end ? !BETWEEN.test(written.slice(end, part.index)) : part.index)) break;
    total += BigInt(part[1] + (part[2] || "").padEnd(6, "0")) * unit;
    end = part.index + part[0].length;
  }
  if (!written || end !== written.length) throw new Refusal("age-form", { form: new Refusal("form-age") });
  if (total > BigInt(OLDEST) * MILLION) throw new Refusal("age-too-long", { form: new Refusal("form-age") });
  return Number(halfEven(total, MILLION));
}

/** A span of seconds as text that `seconds` reads back; 0 is `birth`. */
export function written(span) {
  if (span === 0) return "birth";
  const parts = [];
  for (const unit of ["d", "h", "min", "s"]) {
    const count = Math.floor(span / SECONDS[unit]);
    if (count) parts.push(`${count} ${unit}`);
    span %= SECONDS[unit];
  }
  return parts.join(" ");
}

/** The refusal of what is not written as a gestation. */
export const gestationForm = () => new Refusal("gestation-form", { form: new Refusal("form-gestation") });

/** Gestation at birth in weeks. Throws Refusal. */
export function gestation(text) {
  const found = GESTATION.exec(digits(strip(text).toLowerCase()));
  if (!found) throw gestationForm();
  return nearestDouble(fraction(`${7 * Number(found[1]) + Number(found[2] || 0)}/7`));
}
