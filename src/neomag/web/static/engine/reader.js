/**
 * Reads a mapping as a case, and says clearly what cannot be read. Every problem is collected before the case is refused;
 * what is only doubtful becomes a problem of the answer. As `neomag.case.reader`.
 */

import { gestation, gestationForm } from "./ages.js";
import { isNumber, isWhole, nearestDouble } from "./decimal.js";
import { doubts } from "./doubts.js";
import { readEvent } from "./events.js";
import { Form, isMapping, isNone, shown } from "./form.js";
import { Refusal } from "./refusal.js";
import { convert, quantity, read } from "./units.js";

export const SETTINGS = ["home", "clinic", "hospital"];
export const SEXES = ["female", "male"];
const CASE_KEYS = ["case", "source", "age_assumed", "times_assumed", "infant", "setting", "now", "intervals", "events"];
const INFANT_KEYS = ["sex", "gestation", "birth_weight", "weight", "born"];
const MOST_EVENTS = 10000;

/**
 * The case in a mapping: {case}, or {refused: [{where, why}]}. `numberless`: a result may have neither value nor flag, as
 * one that is not there yet.
 */
export function readCase(given, knowledge, { numberless = false } = {}) {
  if (!isMapping(given)) return { refused: [{ where: "", why: new Refusal("case-form", { accepted: CASE_KEYS }) }] };
  const reader = new Reader(given, knowledge, numberless);
  const found = reader.read();
  return reader.refused.length ? { refused: reader.refused } : { case: found };
}

/** A number or text as text, as whole numbers are written. */
const plainText = (value) => (isNumber(value) ? BigInt(String(value)).toString() : value);

class Reader extends Form {
  constructor(given, knowledge, numberless) {
    super(knowledge);
    this.given = given;
    this.numberless = numberless;
  }

  read() {
    const { given } = this;
    this.keys("", given, CASE_KEYS);
    const infant = this.infant(this.mapping("infant"));
    const now = this.time("now", given.now, { needed: true });
    const events = this.events(now);
    const intervals = this.intervals();
    const name = given.case === undefined ? "case" : given.case;
    if (typeof name !== "string" && !isWhole(name)) this.refuse("case", new Refusal("case-name"));
    if (!this.refused.length) this.doubts.push(...doubts(infant, events, this.knowledge.contradictions));
    const setting = this.choice("setting", given.setting, SETTINGS);
    this.truth("age_assumed", given.age_assumed);
    this.truth("times_assumed", given.times_assumed);
    if (this.refused.length) return null;
    return { name: plainText(name), now, infant, events, setting, intervals, problems: this.doubts };
  }

  /** The mapping under `key`, empty when there is none. */
  mapping(key) {
    const value = this.given[key];
    if (isNone(value)) return {};
    if (isMapping(value)) return value;
    this.refuse(key, new Refusal("mapping-form"));
    return {};
  }

  /** A weight in grams; null, with a doubt, when no infant weighs that. */
  weight(where, value) {
    if (isNone(value)) return null;
    let grams;
    try {
      if (typeof value !== "string") throw new Refusal("weight-unit");
      const [amount, unit] = quantity(value);
      grams = nearestDouble(convert(amount.fraction, unit, "g", this.knowledge));
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      this.refuse(where, new Refusal("weight", { why: error }));
      return null;
    }
    const [low, high] = this.knowledge.settings.weight_plausible_g;
    if (low <= grams && grams <= high) return grams;
    this.doubts.push({ code: "weight-suspect", event: null, detail: `${where} ${value}` });
    return null;
  }

  /** The infant; its birth date is kept for the date-times of the events. */
  infant(given) {
    this.keys("infant", given, INFANT_KEYS);
    if (!isNone(given.born)) this.born = this.moment("infant.born", given.born);
    let weeks = null;
    if (!isNone(given.gestation)) {
      const written = given.gestation;
      try {
        if (typeof written !== "string" && !isWhole(written)) throw gestationForm();
        weeks = gestation(plainText(written));
        const [low, high] = this.knowledge.settings.gestation_possible_weeks;
        if (weeks < low || weeks > high) throw new Refusal("gestation-impossible", { low, high });
      } catch (error) {
        if (!(error instanceof Refusal)) throw error;
        this.refuse("infant.gestation", new Refusal("of", { shown: shown(written), why: error }));
      }
    }
    return {
      gestation: weeks,
      sex: this.choice("infant.sex", given.sex, SEXES),
      birth_weight: this.weight("infant.birth_weight", given.birth_weight),
      weight: this.weight("infant.weight", given.weight),
    };
  }

  /** The local laboratory's limits by analyte: [low, high], in canonical units. */
  intervals() {
    const found = new Map();
    for (const [code, value] of Object.entries(this.mapping("intervals"))) {
      const where = `intervals.${code}`;
      const analyte = this.knowledge.analytes.get(code);
      if (!analyte) this.unknownCode("intervals", "lab", code);
      else if (!isMapping(value)) this.refuse(where, new Refusal("interval-form"));
      else {
        const limits = this.limits(where, analyte, value);
        if (limits) found.set(code, limits);
      }
    }
    return found;
  }

  limits(where, analyte, value) {
    this.keys(where, value, ["low", "high", "unit"]);
    const limits = [];
    for (const side of ["low", "high"]) {
      this.attempt(`${where}.${side}`, null, () => {
        if (isNone(value[side])) limits.push(null);
        else {
          const reading = read(analyte, value[side], value.unit, this.knowledge);
          if (!reading.plausible) throw new Refusal("limit-implausible", { reported: reading.reported });
          limits.push(reading.value);
        }
      });
    }
    if (limits.length < 2) return null;
    const [low, high] = limits;
    if (low === null && high === null) this.refuse(where, new Refusal("interval-empty"));
    else if (low !== null && high !== null && low >= high) this.refuse(where, new Refusal("interval-order"));
    else {
      this.checkLocal(where, analyte.code, { low, high });
      return limits;
    }
    return null;
  }

  /** Refuse a local interval that only another unit would explain: it would turn every answer wrong at once. */
  checkLocal(where, code, limits) {
    const bounds = this.knowledge.settings.local_interval_plausible[code];
    if (!bounds) return;
    for (const side of ["low", "high"]) {
      const [lowest, highest] = bounds[side];
      const limit = limits[side];
      if (limit !== null && (limit < lowest || limit > highest)) {
        this.refuse(`${where}.${side}`, new Refusal("limit-elsewhere", { lowest, highest }));
      }
    }
  }

  /** The events in order of time, unknown times first, ties in the order of the file. */
  events(now) {
    const rows = this.given.events;
    if (isNone(rows)) return [];
    if (!Array.isArray(rows)) {
      this.refuse("events", new Refusal("events-form"));
      return [];
    }
    if (rows.length > MOST_EVENTS) {
      this.refuse("events", new Refusal("events-many", { most: MOST_EVENTS }));
      return [];
    }
    const events = rows.map((row, seq) => readEvent(this, seq, row, now)).filter((event) => event !== null);
    const order = (event) => (event.at === null ? -1 : event.at);
    return this.tagged(events).sort((a, b) => order(a) - order(b) || a.seq - b.seq);
  }

  /** The events with each specimen tag on every result of its moment, and without the results that the tube spoils. */
  tagged(events) {
    const tags = new Map();
    for (const { at, specimen } of events) {
      if (at !== null && specimen.length) tags.set(at, [...new Set([...(tags.get(at) || []), ...specimen])]);
    }
    const spoils = this.knowledge.settings.specimen_spoils;
    return events.map((event) => {
      const specimen = event.at === null || event.kind !== "lab" ? event.specimen : tags.get(event.at) || event.specimen;
      if (!specimen.some((tag) => (spoils[tag] || []).includes(event.code))) return { ...event, specimen };
      this.doubts.push({ code: "specimen-spoilt", event: event.seq, detail: event.code });
      return { ...event, specimen, value: null, flag: null };
    });
  }
}
