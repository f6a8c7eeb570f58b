/** Findings of signs and conditions: ever, at the last word, in the newborn period, how long, how severe, in what order. */

import { seconds } from "./ages.js";
import { keys } from "./kinds.js";

function ever(builder, index, params) {
  builder.on(params.key, (row, event) => {
    if (!event.absent) row[index] = true;
    else if (row[index] === null) row[index] = false;
  });
}

function now(builder, index, params) {
  const since = builder.place();
  builder.on(params.key, (row, event) => {
    if (!event.absent) {
      row[index] = true;
      row[since] = event.at;
    } else if (!(row[index] && row[since] === event.at)) row[index] = false; // present and absent at one moment: present counts
  });
}

/** True when `judge` finds any event with this key true; else unknown when any is unknown, else false when there is one. */
function any(builder, index, key, judge) {
  const unknown = builder.place(false);
  builder.on(key, (row, event, kase) => {
    const verdict = judge(event, kase);
    if (verdict) row[index] = true;
    else if (verdict === null) row[unknown] = true;
    else if (row[index] === null) row[index] = false;
  });
  builder.atEnd.push((row) => {
    if (row[unknown] && !row[index]) row[index] = null;
  });
}

function before(builder, index, params) {
  const limit = seconds(params.before);
  any(builder, index, params.key, (event, kase) => {
    if (event.absent) return false;
    if ((event.at === null ? kase.now : event.at) < limit) return true;
    return event.at === null ? null : false;
  });
}

/** True when the condition lasted `at_least`; its onset alone only bounds that from above. */
function lasting(builder, index, params) {
  const limit = seconds(params.at_least);
  any(builder, index, `condition:${params.condition}`, (event, kase) => {
    if (event.absent) return false;
    if (event.lasting !== null) return event.lasting >= limit;
    return event.at !== null && kase.now - event.at < limit ? false : null;
  });
}

function graded(builder, index, params) {
  any(builder, index, `condition:${params.condition}`, (event) => {
    if (event.absent) return false;
    return event.grade === null ? null : event.grade === params.grade;
  });
}

function first(builder, index, params) {
  const undated = builder.place(false);
  const seen = (row, event) => {
    if (event.absent) return;
    if (event.at === null) row[undated] = true;
    else if (row[index] === null) row[index] = event.at;
  };
  for (const key of keys("sign", params.signs)) builder.on(key, seen);
  builder.atEnd.push((row) => {
    if (row[undated]) row[index] = null; // an undated event may have come before the first dated one
  });
}

/**
 * Whether any of these signs was present at or after `moment`. False only when each sign that was ever present is known to
 * have stopped; unknown when times are.
 */
export function presentAfter(events, moment) {
  if (events === null) return null;
  const open = new Set();
  let undated = false;
  for (const event of events) {
    if (event.at === null) {
      if (!event.absent) {
        undated = true;
        open.add(event.code);
      }
    } else if (event.at >= moment) {
      if (!event.absent) return true;
      open.delete(event.code);
    } else if (!event.absent) open.add(event.code);
  }
  const stopped = events.some((event) => event.absent && event.at !== null && event.at >= moment);
  return undated || open.size || !stopped ? null : false;
}

function afterDrug(builder, index, params) {
  const signs = builder.collect(...keys("sign", params.signs));
  const doses = builder.collect(...keys("given", params.drugs));
  builder.atEnd.push((row) => {
    const given = (row[doses] || []).filter((dose) => !dose.absent);
    if (!given.length) {
      row[index] = false; // events that were not written count as none
      return;
    }
    const dated = given.map((dose) => dose.at).filter((at) => at !== null);
    const after = dated.length ? presentAfter(row[signs], Math.min(...dated)) : null;
    row[index] = after === false && dated.length < given.length ? null : after;
  });
}

export const KINDS = {
  "sign-ever": ever, "sign-now": now, "sign-before": before, lasting, graded, first, "sign-after-drug": afterDrug,
};
