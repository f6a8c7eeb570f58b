/** A plan: how to make a row of findings from a case, in one pass over its events. */

import { COUNTS, KINDS, entries } from "./catalogue.js";
import { Builder } from "./kinds.js";

/** A function that makes the row of the findings `names` of a case at its `now`; null is unknown. */
export function plan(names, knowledge) {
  const known = entries(knowledge);
  const builder = new Builder(knowledge);
  for (const name of names) builder.place(COUNTS.includes(known.get(name).kind) ? 0 : null);
  names.forEach((name, index) => {
    const params = known.get(name);
    KINDS[params.kind](builder, index, params);
  });
  return (kase) => {
    const row = builder.row.slice();
    for (const event of kase.events) {
      for (const act of builder.onEvent.get(event.key) || []) act(row, event, kase);
    }
    for (const settle of builder.atEnd) settle(row, kase);
    row.length = names.length;
    return row;
  };
}
