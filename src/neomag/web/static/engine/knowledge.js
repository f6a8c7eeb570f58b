/** The knowledge the engine runs on: the generated module of rules, and the words of a language, made ready once. */

import { fraction } from "./decimal.js";
import { plan } from "./plan.js";
import { unitTable } from "./units.js";
import { rulesOf } from "./why.js";

const FORMAT = 1;

/**
 * Makes the knowledge ready for `assess`.
 *
 * `module` is the generated module of rules, `words` the JSON of a language that was made of the same knowledge: see load.js.
 * Throws Error when the two do not belong together.
 */
export function knowledge(module, words) {
  const { logic } = module;
  if (logic.format !== FORMAT) throw new Error(`rules of format ${logic.format}; this engine reads ${FORMAT}`);
  if (logic.digest !== words.digest) throw new Error("the words were made of another knowledge than the rules");
  const analytes = new Map();
  for (const [code, analyte] of Object.entries(logic.analytes)) {
    analytes.set(code, { ...analyte, code, molarMass: analyte.molarMass ? fraction(analyte.molarMass) : null });
  }
  const ready = {
    version: logic.version,
    vocabulary: new Map(Object.entries(logic.vocabulary).map(([kind, codes]) => [kind, new Set(codes)])),
    units: unitTable(logic.units),
    analytes,
    intervals: logic.intervals,
    findings: logic.findings,
    settings: logic.settings,
    contradictions: logic.contradictions,
    rows: logic.rows,
    rules: logic.rules,
    lists: logic.lists,
    trees: rulesOf(logic.trees, logic.rows.length),
    words,
  };
  return { ...ready, plan: plan(logic.rows, ready) };
}
