/** Reads one event of a case: a sign, a condition, a drug given, or a laboratory result. As `neomag.case.events`. */

import { decimal } from "./decimal.js";
import { isMapping, isNone, shown } from "./form.js";
import { Refusal } from "./refusal.js";
import { folded } from "./text.js";
import { quantity, read } from "./units.js";

export const FLAGS = ["low", "normal", "high"];
const SPECIMENS = ["haemolysed", "edta", "citrate", "cord"];
const GRADES = ["mild", "moderate", "severe"];
const ROUTES = [
  "iv", "im", "io", "oral", "enteral", "ng", "rectal", "subcutaneous", "intranasal", "buccal", "inhaled", "topical",
];
const KEYS = {
  sign: ["at", "sign", "absent"],
  condition: ["at", "condition", "absent", "for", "grade"],
  given: ["at", "given", "absent", "dose", "unit", "route", "concentration", "over"],
  lab: ["at", "lab", "value", "unit", "flag", "specimen"],
};
const KINDS = Object.keys(KEYS);
const ALL_KEYS = [...new Set(Object.values(KEYS).flat())];
const AMOUNTS = ["mL", "L", "g", "mg", "ug", "mcg", "ng", "mol", "mmol", "umol", "mEq", "IU", "U", "drops"];
const PER = ["kg", "m2", "dose", "s", "min", "h", "d"];
const AMOUNT = new Map(AMOUNTS.map((amount) => [amount.toLowerCase(), amount]));
const PER_SPELT = new Map([...PER.map((per) => [per, per]), ["day", "d"], ["hr", "h"], ["hour", "h"], ["m²", "m2"]]);
const NOTHING = Object.freeze([]);

const BLANK = {
  at: null, absent: false, value: null, unit: null, reported: null, suspect: false, flag: null, specimen: NOTHING,
  lasting: null, grade: null, dose: null, doseUnit: null, route: null, concentration: null, over: null,
};

/** The event at place `seq` of the file, `now` in seconds of age; null, with refusals noted on `form`, when unreadable. */
export function readEvent(form, seq, row, now) {
  const where = `events[${seq}]`;
  if (!isMapping(row)) {
    form.refuse(where, new Refusal("event-form", { kinds: KINDS }));
    return null;
  }
  const kinds = KINDS.filter((kind) => kind in row && row[kind] !== undefined);
  if (kinds.length !== 1) {
    form.keys(where, row, ALL_KEYS);
    form.refuse(where, new Refusal("event-kinds", { kinds: KINDS }));
    return null;
  }
  const [kind] = kinds;
  form.keys(where, row, KEYS[kind]);
  const code = row[kind];
  if (typeof code !== "string" || !form.knowledge.vocabulary.get(kind === "given" ? "drug" : kind).has(code)) {
    form.unknownCode(where, kind, code);
    return null;
  }
  let at = null;
  if (!isNone(row.at)) {
    at = form.time(`${where}.at`, row.at);
    if (at > now && now >= 0) form.refuse(`${where}.at`, new Refusal("after-now", { shown: shown(row.at) }));
  }
  const more = MORE[kind](form, where, row, seq);
  return { ...BLANK, seq, kind, code, key: `${kind}:${code}`, at, ...more, absent: form.truth(`${where}.absent`, row.absent) };
}

const MORE = {
  sign: () => ({}),
  condition: (form, where, row) => ({
    lasting: form.span(`${where}.for`, row.for),
    grade: form.choice(`${where}.grade`, row.grade, GRADES),
  }),
  given: drugGiven,
  lab: result,
};

function specimenOf(form, where, tags) {
  if (isNone(tags)) return NOTHING;
  const rows = typeof tags === "string" ? [tags] : tags;
  if (!Array.isArray(rows)) {
    form.refuse(where, new Refusal("list-form", { accepted: SPECIMENS }));
    return NOTHING;
  }
  return [...new Set(rows.map((row) => form.choice(where, row, SPECIMENS)).filter((tag) => tag !== null))];
}

function result(form, where, row, seq) {
  const fields = {
    flag: form.choice(`${where}.flag`, row.flag, FLAGS),
    specimen: specimenOf(form, `${where}.specimen`, row.specimen),
  };
  const { value, lab: code } = row;
  if (isNone(value)) {
    if (isNone(row.flag) && !form.numberless) form.refuse(where, new Refusal("result-empty", { flags: FLAGS }));
    return fields;
  }
  let reading;
  try {
    if (typeof value === "string") throw new Refusal("value-quoted");
    reading = read(form.knowledge.analytes.get(code), value, row.unit, form.knowledge);
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    form.refuse(where, new Refusal("result", { code, shown: shown(value), why: error }));
    return fields;
  }
  const { unit, reported, plausible } = reading;
  if (!plausible) form.doubts.push({ code: "unit-suspect", event: seq, detail: `${code} ${reported}` });
  // A number takes the place of its flag, also when the number is not to be believed.
  return { ...fields, flag: null, unit, reported, suspect: !plausible, value: plausible ? reading.value : null };
}

function drugGiven(form, where, row) {
  const fields = {
    route: form.choice(`${where}.route`, row.route, ROUTES),
    over: form.span(`${where}.over`, row.over),
  };
  form.attempt(where, null, () => {
    const { dose, concentration: strength } = row;
    if (!isNone(dose)) {
      if (typeof dose === "string") throw new Refusal("dose-quoted");
      fields.dose = decimal(dose).double;
      fields.doseUnit = doseUnit(row.unit);
    } else if (!isNone(row.unit)) doseUnit(row.unit);
    if (!isNone(strength)) {
      const [amount, unit] = typeof strength === "string" ? quantity(strength) : [null, null];
      if (amount === null || unit !== "%") throw new Refusal("concentration-form");
      fields.concentration = amount.double;
    }
  });
  return fields;
}

/** A dose unit in its canonical spelling: an amount, then what it is per (`mmol/kg/h`). Throws Refusal. */
export function doseUnit(unit) {
  if (isNone(unit)) throw new Refusal("dose-unit-missing");
  const written = typeof unit === "string" ? unit.replace(/ /g, "").replace(/[µμ]/g, "u") : "";
  const [amount, ...per] = folded(written).split("/");
  if (!AMOUNT.has(amount) || per.length > 2 || per.some((part) => !PER_SPELT.has(part))) {
    throw new Refusal("dose-unit-unknown", { shown: shown(unit), amounts: AMOUNTS, per: PER });
  }
  return [AMOUNT.get(amount), ...per.map((part) => PER_SPELT.get(part))].join("/");
}

