/** What every reader of a case needs: noting refusals with their place, and reading keys, choices, spans and moments. */

import { OLDEST, seconds } from "./ages.js";
import { moment } from "./dates.js";
import { isNumber } from "./decimal.js";
import { nearest } from "./nearest.js";
import { Refusal } from "./refusal.js";
import { digits, spaced } from "./text.js";

// To find the nearest word takes time: a file of nothing but mistakes must not take minutes to refuse.
const MOST_HINTS = 100;
const SHOWN = 40;

/** Whether a value is a mapping of a file, or of a program. */
export function isMapping(value) {
  return typeof value === "object" && value !== null && [null, Object.prototype].includes(Object.getPrototypeOf(value));
}

/** Whether a key is missing, or has no value. */
export const isNone = (value) => value === null || value === undefined;

/** A value as text: text as it is, numbers as they were written, all else as JSON. */
function textOf(value) {
  if (typeof value === "string" || isNumber(value)) return String(value);
  return JSON.stringify(value, (_, inner) => (isNumber(inner) ? String(inner) : inner)) || "";
}

/** A refused value, short enough for one line. */
export function shown(value) {
  const signs = [...spaced(textOf(value), " ")];
  return signs.length > SHOWN ? `\`${signs.slice(0, SHOWN).join("")}…\`` : `\`${signs.join("")}\``;
}

/** A form being read: collects refusals and doubts, and knows the birth date that date-times count from. */
export class Form {
  constructor(knowledge) {
    this.knowledge = knowledge;
    this.refused = [];
    this.doubts = [];
    this.born = null;
  }

  /** Note that the case is refused, where and why. */
  refuse(where, why) {
    this.refused.push({ where, why });
  }

  /** What `read` gives; `otherwise`, with a refusal noted, when it throws one. */
  attempt(where, otherwise, read) {
    try {
      return read();
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      this.refuse(where, error);
      return otherwise;
    }
  }

  /** Refuse the keys of `given` that are not among `allowed`, naming the nearest. */
  keys(where, given, allowed) {
    for (const key of Object.keys(given)) {
      if (allowed.includes(key) || given[key] === undefined) continue;
      const near = this.refused.length < MOST_HINTS ? nearest(key, allowed) : null;
      const fields = { shown: shown(key), accepted: allowed, near };
      this.refuse(where, new Refusal(near === null ? "key-unknown" : "key-unknown-near", fields));
    }
  }

  /** `value` when it is one of `allowed`; null, with a refusal, when it is something else. */
  choice(where, value, allowed) {
    if (isNone(value)) return null;
    if (typeof value === "string" && allowed.includes(value)) return value;
    const near = nearest(textOf(value), allowed);
    this.refuse(where, new Refusal(near === null ? "choice" : "choice-near", { shown: shown(value), accepted: allowed, near }));
    return null;
  }

  /** true or false; absent is false. */
  truth(where, value) {
    if (isNone(value) || typeof value === "boolean") return Boolean(value);
    this.refuse(where, new Refusal("truth-form"));
    return false;
  }

  /** Refuse a code that the vocabulary does not hold, naming the nearest, also by what people call it. */
  unknownCode(where, kind, code) {
    const fields = { kind, shown: shown(code) };
    if (this.refused.length >= MOST_HINTS) {
      this.refuse(where, new Refusal("code-unknown", fields));
      return;
    }
    const names = new Map();
    const list = kind === "given" ? "drug" : kind;
    const said = this.knowledge.words.terms[list];
    for (const term of this.knowledge.vocabulary.get(list)) names.set(term, term);
    for (const term of this.knowledge.vocabulary.get(list)) {
      for (const word of said[term].slice(1)) names.set(word.toLowerCase(), term);
    }
    const near = nearest(textOf(code).toLowerCase(), [...names.keys()], 0.5);
    const named = { ...fields, near: names.get(near) };
    this.refuse(where, near === null ? new Refusal("code-unknown-list", fields) : new Refusal("code-unknown-near", named));
  }

  /** A date and time in ISO 8601. */
  moment(where, value) {
    const found = typeof value === "string" && [...value].length >= 13 ? moment(value) : null;
    if (found === null) this.refuse(where, new Refusal("moment-form", { shown: shown(value) }));
    return found;
  }

  /** An age in seconds; -1 (with a refusal noted) when it cannot be read. */
  time(where, value, { needed = false } = {}) {
    try {
      if (isNone(value) && needed) throw new Refusal("age-missing", { form: new Refusal("form-age") });
      if (typeof value !== "string") throw new Refusal("age-not-text", { form: new Refusal("form-age") });
      const year = digits([...value].slice(0, 4).join(""));
      if (this.born === null || !/^\d+$/.test(year) || !value.includes("-")) return seconds(value);
      const instant = this.moment(where, value);
      if (instant === null) return -1;
      if (instant.zoned !== this.born.zoned) throw new Refusal("zone-mixed");
      const age = rounded((instant.seconds - this.born.seconds) * 1000000 + (instant.micros - this.born.micros));
      if (age < 0) throw new Refusal("age-before-birth");
      if (age > OLDEST) throw new Refusal("age-beyond");
      return age;
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      const why = isNone(value) ? error : new Refusal("of", { shown: shown(value), why: error });
      this.refuse(where, this.born !== null || !textOf(value).includes("-") ? why : new Refusal("age-needs-born", { why }));
      return -1;
    }
  }

  /** A span of time in seconds. */
  span(where, value) {
    if (isNone(value)) return null;
    try {
      if (typeof value !== "string") throw new Refusal("span-form");
      return seconds(value);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      this.refuse(where, new Refusal("of", { shown: shown(value), why: error }));
      return null;
    }
  }
}

/** Microseconds as whole seconds, the even one of two equally near. */
function rounded(micros) {
  const below = Math.floor(micros / 1000000);
  const rest = micros - below * 1000000;
  return rest > 500000 || (rest === 500000 && below % 2 !== 0) ? below + 1 : below;
}
