/** The answer to the form, or its faults, each at its field and in the words of the page. As `neomag.web.clinician.to_case`. */

import { assess } from "../engine/assess.js";
import { Refusal, sentence } from "../engine/refusal.js";
import { toCase } from "./to-case.js";

/** {faults: [{field, says}]} or what `assess` gives. `words`: {commas, faults}, the faults of the form by their keys. */
export function answerOrFaults(fields, knowledge, words) {
  const found = toCase(fields, knowledge, words.commas);
  if (found.faults.length) {
    const told = (says) => (says instanceof Refusal ? sentence(says, knowledge.words) : words.faults[says]);
    return { faults: found.faults.map(({ field, says }) => ({ field, says: told(says) })) };
  }
  const said = assess(found.given, knowledge, { numberless: true });
  if (said.answer) return said;
  return { faults: said.refusals.map(({ where, says }) => ({ field: fieldAt(where, found.places, fields), says })) };
}

/** The field at which a fault of the case's reader is shown. */
function fieldAt(where, places, fields) {
  const dot = where.indexOf(".");
  const [head, key] = dot < 0 ? [where, ""] : [where.slice(0, dot), where.slice(dot + 1)];
  if (head.startsWith("events[")) {
    const place = places[Number(head.slice(7, -1))];
    return key && fields.pairs().some(([name]) => name === `${place}.${key}`) ? `${place}.${key}` : place;
  }
  if (head === "intervals") {
    const [code, side] = key.split(".");
    const row = fields.rows("intervals").find((one) => fields.get(`${one}.lab`) === code) || "intervals.0";
    return `${row}.${side || "low"}`;
  }
  const own = { infant: key.replace("_", "-"), now: "age", "": "age" };
  return head in own ? own[head] : head;
}
