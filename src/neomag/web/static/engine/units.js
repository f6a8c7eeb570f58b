/** Quantities: exact numbers, units, and their conversion by molar mass and valence. As `neomag.units`. */

import { decimal, fraction, nearestDouble, over, times } from "./decimal.js";
import { nearest } from "./nearest.js";
import { Refusal } from "./refusal.js";
import { digits, folded, spaced, spaces } from "./text.js";

const QUANTITY = new RegExp(
  `^[${spaces}]*([-+]?[\\d.]+(?:[eE][-+]?\\d+)?)[${spaces}]*([^\\d${spaces}.](?:.*?))[${spaces}]*$`,
);

/** A unit without spaces, case and kind of micro sign, as units are compared. */
export const plain = (unit) => folded(spaced(unit, "").replace(/[µμ]/g, "u"));

/** The units of a knowledge: each spelling to its dimension, spelling and exact factor. */
export function unitTable(units) {
  const found = new Map();
  for (const [dimension, table] of Object.entries(units)) {
    for (const [unit, factor] of Object.entries(table)) {
      const spelling = plain(unit);
      if (!found.has(spelling)) found.set(spelling, { dimension, unit, factor: fraction(factor) });
    }
  }
  return found;
}

function known(unit, knowledge) {
  const found = knowledge.units.get(plain(unit));
  if (found) return found;
  const near = nearest(plain(unit), [...knowledge.units.keys()]);
  if (near === null) throw new Refusal("unit-unknown", { unit });
  throw new Refusal("unit-unknown-near", { unit, near: knowledge.units.get(near).unit });
}

/** An exact amount (a fraction) in `unit` as one in unit `to`, by way of molar mass and valence where needed. Throws Refusal. */
export function convert(value, unit, to, knowledge, analyte = null) {
  const have = known(unit, knowledge);
  const want = known(to, knowledge);
  let amount = times(value, have.factor);
  if (have.dimension !== want.dimension) {
    amount = over(
      toSubstance(amount, have.dimension, analyte, knowledge),
      toSubstance([1n, 1n], want.dimension, analyte, knowledge),
    );
  }
  return over(amount, want.factor);
}

/** An amount in the first unit of its dimension, as mmol/L (for ratios: mol/mol). */
function toSubstance(amount, dimension, analyte, knowledge) {
  if (dimension === "substance-concentration" || dimension === "substance-ratio") return amount;
  if (analyte) {
    if (dimension === "mass-concentration" && analyte.molarMass) return over(times(amount, [1000n, 1n]), analyte.molarMass);
    if (dimension === "charge-concentration" && analyte.valence) return over(amount, [BigInt(analyte.valence), 1n]);
    if (dimension === "mass-ratio" && analyte.ratioOf) {
      const [upper, lower] = analyte.ratioOf.map((code) => knowledge.analytes.get(code).molarMass);
      if (upper && lower) return over(times(amount, lower), upper);
    }
  }
  throw new Refusal("unit-not-convertible", { dimension });
}

/** The canonical spelling of `unit` when `analyte` may have it. Throws Refusal saying which it may have. */
export function acceptedUnit(analyte, unit, knowledge) {
  const fields = { analyte: analyte.code, units: analyte.units };
  if (unit === null || unit === undefined) {
    if (analyte.unitless) return analyte.canonical;
    throw new Refusal("unit-missing", fields);
  }
  if (typeof unit !== "string") throw new Refusal("unit-not-text", fields);
  for (const refused of analyte.refused) {
    if (plain(unit) === plain(refused)) {
      throw new Refusal("unit-refused", { ...fields, unit: refused, reason: new Refusal(`${analyte.code} ${refused}`) });
    }
  }
  for (const spelling of analyte.units) {
    if (plain(unit) === plain(spelling)) return spelling;
  }
  throw new Refusal("unit-not-of", { ...fields, unit: [...unit].slice(0, 40).join("") });
}

/**
 * A reported laboratory value in its analyte's canonical unit: {value, unit, reported, plausible}. `plausible` is false
 * outside the analyte's band: a slip of unit or decimal point is suspected. Throws Refusal for a number or unit.
 */
export function read(analyte, value, unit, knowledge) {
  const exact = decimal(value);
  const spelling = acceptedUnit(analyte, unit, knowledge);
  const canonical = nearestDouble(convert(exact.fraction, spelling, analyte.canonical, knowledge, analyte));
  const own = analyte.plausible[spelling];
  const [low, high] = own || analyte.plausible[analyte.canonical];
  const judged = own ? exact.double : canonical;
  const plausible = low <= judged && judged <= high;
  return { value: canonical, unit: analyte.canonical, reported: `${exact} ${spelling}`, plausible };
}

/** The number and unit of a quantity such as `4.1 kg`: [decimal, unit]. Throws Refusal when either is missing. */
export function quantity(text) {
  const found = QUANTITY.exec(digits(text));
  if (!found) throw new Refusal("quantity-form");
  return [decimal(found[1]), found[2]];
}
