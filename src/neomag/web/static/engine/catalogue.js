/** The catalogue: every finding there is, by name. Most come from the vocabulary, the rest from the knowledge's findings. */

import * as calcium from "./calcium.js";
import * as drugs from "./drugs.js";
import * as infant from "./infant.js";
import * as labs from "./labs.js";
import * as signs from "./signs.js";

/** Each kind of finding: a function (builder, index, params) that says how it is made. */
export const KINDS = { ...infant.KINDS, ...signs.KINDS, ...labs.KINDS, ...drugs.KINDS, ...calcium.KINDS };
/** The kinds that are counts, which are never unknown. */
export const COUNTS = ["doses", "lab-results", "results-lately"];

/** Every finding's kind and parameters, by name. */
export function entries(knowledge) {
  const found = new Map();
  const before = knowledge.settings.newborn;
  for (const [kind, codes] of knowledge.vocabulary) {
    for (const code of codes) {
      const name = code.replace(/-/g, "_");
      const key = `${kind}:${code}`;
      if (kind === "sign" || kind === "condition") {
        found.set(name, { kind: "sign-ever", key });
        found.set(`${name}_now`, { kind: "sign-now", key });
        if (kind === "sign") found.set(`${name}_newborn`, { kind: "sign-before", key, before });
      } else if (kind === "drug") found.set(`${name}_doses`, { kind: "doses", drugs: [code] });
      else if (kind === "lab") {
        found.set(name, { kind: "lab-value", lab: code });
        found.set(`${name}_state`, { kind: "lab-state", lab: code });
        found.set(`${name}_results`, { kind: "lab-results", lab: code });
      }
    }
  }
  for (const [name, params] of Object.entries(knowledge.findings)) found.set(name, params);
  return found;
}
