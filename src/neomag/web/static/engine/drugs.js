/** Findings of what was given: how often, how lately, before which sample. */

import { seconds } from "./ages.js";
import { keys } from "./kinds.js";

function doses(builder, index, params) {
  const { routes } = params;
  const window = params.within === undefined ? null : seconds(params.within);
  const seen = (row, event, kase) => {
    if (event.absent || (routes && !routes.includes(event.route))) return;
    // An undated dose counts: it was given at some time up to now, and missing a drug is the greater harm.
    if (window === null || event.at === null || kase.now - event.at <= window) row[index] += 1;
  };
  for (const key of keys("given", params.drugs)) builder.on(key, seen);
}

/** Whether `holds(time of a dose, time of the last sample)` for any dose of the drugs; false when none was given. */
const relative = (holds) => (builder, index, params) => {
  const all = builder.collect(...keys("given", params.drugs));
  const last = builder.last(params.lab);
  builder.atEnd.push((row) => {
    const given = (row[all] || []).filter((dose) => !dose.absent);
    const sample = row[last];
    if (!given.length) row[index] = false;
    else if (sample !== null && sample.at !== null) {
      if (given.some((dose) => dose.at !== null && holds(dose.at, sample.at))) row[index] = true;
      else if (given.every((dose) => dose.at !== null)) row[index] = false;
    }
  });
};

export const KINDS = {
  doses,
  "given-before-lab": relative((dose, sample) => dose <= sample),
  "given-after-lab": relative((dose, sample) => dose > sample),
};
