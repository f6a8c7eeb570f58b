/** From the form to a case of the contract, with every fault at its field. As `neomag.web.clinician.to_case`. */

import { gestation, written } from "../engine/ages.js";
import { Numeral } from "../engine/decimal.js";
import { doseUnit } from "../engine/events.js";
import { Refusal } from "../engine/refusal.js";
import { read } from "../engine/units.js";
import { MOST } from "./fields.js";
import { TypedError, number, plain, span } from "./typed.js";

const SEXES = ["female", "male"];
const SETTINGS = ["home", "clinic", "hospital"];
const FLAGS = ["low", "normal", "high"];
const PENDING = "pending";
const SPECIMENS = ["haemolysed", "edta", "citrate", "cord"];
const GRADES = ["mild", "moderate", "severe"];
const ROUTES = [
  "iv", "im", "io", "oral", "enteral", "ng", "rectal", "subcutaneous", "intranasal", "buccal", "inhaled", "topical",
];
// A number as JSON writes it: `.5` and `007` are no numbers there.
const numeral = (text) => new Numeral(text.replace(/^0+(?=\d)/, "").replace(/^\./, "0."));
const KEY = { drug: "given" };

/**
 * The case that the form holds: {given, faults: [{field, says}], places}. `says` is a key of the page's words or a Refusal;
 * the case may be assessed when there is no fault. `commas`: readers write a decimal comma as well as a point.
 */
export function toCase(fields, knowledge, commas) {
  return new Reader(fields, knowledge, commas).read();
}

class Reader {
  constructor(fields, knowledge, commas) {
    Object.assign(this, { fields, knowledge, commas, faults: [], events: [], places: [], now: null });
  }

  read() {
    const { fields } = this;
    if (fields.pairs().length > MOST) return { given: {}, faults: [{ field: "age", says: "rows" }], places: [] };
    this.now = this.span("age", this.choice("age-unit", ["h", "d", "wk", "mo"]) || "d");
    if (this.now === null && !this.faults.length) this.fault("age", "age");
    const infant = this.infant();
    this.chips("condition");
    this.conditions();
    this.chips("drug");
    this.signs();
    this.samples();
    this.drugs();
    const given = { case: plain(fields.get("name")) || "case" };
    for (const key of ["age_assumed", "times_assumed"]) if (fields.get(key.replace("_", "-"))) given[key] = true;
    Object.assign(given, { infant, now: written(this.now || 0) });
    const setting = this.choice("setting", SETTINGS);
    if (setting) given.setting = setting;
    const intervals = this.intervals();
    if (Object.keys(intervals).length) given.intervals = intervals;
    given.events = this.events;
    return { given, faults: this.faults, places: this.places };
  }

  infant() {
    const infant = {};
    const sex = this.choice("sex", SEXES);
    if (sex) infant.sex = sex;
    const weeks = plain(this.fields.get("gestation"));
    if (weeks) {
      try {
        const [low, high] = this.knowledge.settings.gestation_possible_weeks;
        const found = gestation(weeks);
        if (found < low || found > high) throw new Refusal("gestation-impossible");
        infant.gestation = weeks;
      } catch (error) {
        if (!(error instanceof Refusal)) throw error;
        this.fault("gestation", "gestation");
      }
    }
    for (const [name, key] of [["weight", "weight"], ["birth-weight", "birth_weight"]]) {
      const value = this.number(name);
      if (value !== null) infant[key] = `${value} ${this.choice(`${name}-unit`, ["kg", "g"]) || "kg"}`;
    }
    return infant;
  }

  chips(kind) {
    for (const [name, value] of this.fields.under(kind)) {
      const absent = value.startsWith("-");
      const code = absent ? value.slice(1) : value;
      if (!this.code(name, kind, code)) continue;
      const event = { [KEY[kind] || kind]: code };
      if (absent) event.absent = true;
      else if (kind === "condition") this.lasting(event, `for.${code}`, `grade.${code}`);
      this.put(event, `${kind}-${code}`);
    }
  }

  signs() {
    const at = this.moment("signs-at");
    for (const [name, value] of this.fields.under("sign")) {
      const absent = value.startsWith("-");
      const sign = absent ? value.slice(1) : value;
      if (value && this.code(name, "sign", sign)) this.put({ ...at, sign, ...(absent && { absent }) }, "signs-at");
    }
    for (const row of this.fields.rows("signs")) {
      const sign = this.fields.get(`${row}.sign`);
      if (this.code(`${row}.sign`, "sign", sign)) this.put({ ...this.moment(`${row}.at`), sign, ...this.absent(row) }, row);
    }
  }

  conditions() {
    for (const row of this.fields.rows("conditions")) {
      const condition = this.fields.get(`${row}.condition`);
      if (!this.code(`${row}.condition`, "condition", condition)) continue;
      const event = { ...this.moment(`${row}.at`), condition, ...this.absent(row) };
      this.lasting(event, `${row}.for`, `${row}.grade`);
      this.put(event, row);
    }
  }

  lasting(event, length, how) {
    const found = this.span(length, "d");
    if (found !== null) event.for = written(found);
    const grade = this.choice(how, GRADES);
    if (grade) event.grade = grade;
  }

  samples() {
    for (const sample of this.fields.rows("samples")) {
      const at = this.moment(`${sample}.at`);
      const specimen = SPECIMENS.filter((tag) => this.fields.has(`${sample}.specimen`, tag));
      for (const row of this.fields.rows(`${sample}.results`)) {
        const result = this.result(row);
        if (result) this.put({ ...at, ...result, ...(specimen.length && { specimen }) }, row);
      }
    }
  }

  result(row) {
    const lab = this.fields.get(`${row}.lab`);
    const flag = this.choice(`${row}.flag`, [...FLAGS, PENDING]);
    const typed = this.number(`${row}.value`);
    if (!this.code(`${row}.lab`, "lab", lab) || (typed === null && flag === null)) return null;
    if (typed === null) return flag === PENDING ? { lab } : { lab, flag };
    const value = numeral(typed);
    const unit = this.fields.get(`${row}.unit`) || undefined;
    const analyte = this.knowledge.analytes.get(lab);
    try {
      read(analyte, value, unit, this.knowledge);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      this.fault(`${row}.unit`, unit || analyte.unitless ? error : "unit");
      return null;
    }
    return { lab, value, ...(unit && { unit }), ...(FLAGS.includes(flag) && { flag }) };
  }

  drugs() {
    for (const row of this.fields.rows("given")) {
      const given = this.fields.get(`${row}.given`);
      if (!this.code(`${row}.given`, "drug", given)) continue;
      const event = { ...this.moment(`${row}.at`), given, ...this.absent(row) };
      const dose = this.number(`${row}.dose`);
      if (dose !== null) {
        try {
          event.unit = doseUnit(plain(this.fields.get(`${row}.unit`)) || undefined);
          event.dose = numeral(dose);
        } catch (error) {
          if (!(error instanceof Refusal)) throw error;
          this.fault(`${row}.unit`, "dose-unit");
        }
      }
      const route = this.choice(`${row}.route`, ROUTES);
      if (route) event.route = route;
      const percent = this.number(`${row}.concentration`);
      if (percent !== null) event.concentration = `${percent} %`;
      const over = this.span(`${row}.over`, "min");
      if (over !== null) event.over = written(over);
      this.put(event, row);
    }
  }

  intervals() {
    const found = {};
    for (const row of this.fields.rows("intervals")) {
      const code = this.fields.get(`${row}.lab`);
      const [low, high] = [this.number(`${row}.low`), this.number(`${row}.high`)];
      if ((low === null && high === null) || !this.code(`${row}.lab`, "lab", code)) continue;
      if (code in found) this.fault(`${row}.low`, "interval-twice");
      else if (low !== null && high !== null && Number(low) >= Number(high)) this.fault(`${row}.low`, "interval-order");
      found[code] = { ...(low !== null && { low: numeral(low) }), ...(high !== null && { high: numeral(high) }) };
      const unit = this.fields.get(`${row}.unit`);
      if (unit) found[code].unit = unit;
      else if (!this.knowledge.analytes.get(code).unitless) this.fault(`${row}.unit`, "unit");
    }
    return found;
  }

  put(event, place) {
    this.events.push(event);
    this.places.push(place);
  }

  fault(field, says) {
    this.faults.push({ field, says });
  }

  absent(row) {
    return this.fields.get(`${row}.state`) === "absent" ? { absent: true } : {};
  }

  code(name, kind, code) {
    if (this.knowledge.vocabulary.get(kind).has(code)) return true;
    if (code) this.fault(name, "code");
    return false;
  }

  choice(name, allowed) {
    const value = this.fields.get(name);
    if (allowed.includes(value)) return value;
    if (value) this.fault(name, "code");
    return null;
  }

  number(name) {
    return this.typed(name, (text) => number(text, this.commas));
  }

  span(name, unit) {
    return this.typed(name, (text) => span(text, unit, this.commas));
  }

  typed(name, reader) {
    const text = this.fields.get(name);
    if (!plain(text)) return null;
    try {
      return reader(text);
    } catch (error) {
      if (!(error instanceof TypedError)) throw error;
      this.fault(name, error.says);
      return null;
    }
  }

  moment(name) {
    if (plain(this.fields.get(name)).toLowerCase() === "birth") return { at: "birth" };
    const before = this.span(name, "h");
    if (before === null || this.now === null) return {};
    if (before > this.now) {
      this.fault(name, "before-birth");
      return {};
    }
    return { at: written(this.now - before) };
  }
}
