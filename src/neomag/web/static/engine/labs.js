/** Findings of laboratory results: the last number, its state against an interval, samples, ages, ratios. */

import { seconds } from "./ages.js";
import { limitsAt } from "./intervals.js";
import { keys } from "./kinds.js";

const SIDES = ["low", "high"];

/** At each result of the lab: the finding is what `take` gives of it. */
const latest = (take) => (builder, index, params) => {
  builder.on(`lab:${params.lab}`, (row, event) => {
    row[index] = take(event, params);
  });
};

/** A function that says whether a result of lab `code` is low, normal or high, and null where nothing tells. */
export function stateOf(code, knowledge) {
  const limits = limitsAt(code, knowledge);
  return (event, kase) => {
    if (event.value === null) return event.flag;
    const [low, high] = limits(kase, event.at);
    if (low !== null && event.value < low) return "low";
    if (high !== null && event.value > high) return "high";
    return low === null && high === null ? null : "normal";
  };
}

function state(builder, index, params) {
  const judge = stateOf(params.lab, builder.knowledge);
  const last = builder.last(params.lab);
  builder.atEnd.push((row, kase) => {
    if (row[last] !== null) row[index] = judge(row[last], kase);
  });
}

function results(builder, index, params) {
  builder.on(`lab:${params.lab}`, (row) => {
    row[index] += 1;
  });
}

/** How many usable results any of the labs has within `within` before `now`. */
function lately(builder, index, params) {
  const window = seconds(params.within);
  const seen = (row, event, kase) => {
    if (event.at !== null && kase.now - event.at <= window && (event.value !== null || event.flag !== null)) row[index] += 1;
  };
  for (const key of keys("lab", params.labs)) builder.on(key, seen);
}

function lowest(builder, index, params) {
  const skip = params.skip || [];
  builder.on(`lab:${params.lab}`, (row, event) => {
    const counts = event.value !== null && !event.specimen.some((tag) => skip.includes(tag));
    if (counts && (row[index] === null || event.value < row[index])) row[index] = event.value;
  });
}

/** The limit in force for the last result: the local laboratory's, else the default for the age and group. */
function limit(builder, index, params) {
  const limits = limitsAt(params.lab, builder.knowledge);
  const last = builder.last(params.lab);
  const side = SIDES.indexOf(params.side);
  builder.atEnd.push((row, kase) => {
    row[index] = limits(kase, row[last] === null ? null : row[last].at)[side];
  });
}

function local(builder, index, params) {
  const side = SIDES.indexOf(params.side);
  builder.atEnd.push((row, kase) => {
    if (kase.intervals.has(params.lab)) row[index] = kase.intervals.get(params.lab)[side];
  });
}

function older(builder, index, params) {
  const span = seconds(params.than);
  builder.on(`lab:${params.lab}`, (row, event, kase) => {
    row[index] = event.at === null ? null : kase.now - event.at > span;
  });
}

/** Whether the results drawn with the last result of `lab` have all of `states`; unknown while one is missing. */
function together(builder, index, params) {
  const last = builder.last(params.lab);
  const wanted = Object.entries(params.states).map(([code, want]) => ({
    drawn: builder.collect(`lab:${code}`),
    judge: stateOf(code, builder.knowledge),
    want,
  }));
  builder.atEnd.push((row, kase) => {
    const sample = row[last];
    if (sample === null) return;
    const found = wanted.map(({ drawn, judge, want }) => {
      const same = (row[drawn] || []).filter((event) => event.at === sample.at);
      const said = same.length ? judge(same[same.length - 1], kase) : null;
      return said === null ? null : said === want;
    });
    row[index] = found.includes(false) ? false : found.includes(null) ? null : true;
  });
}

/** Whether all results are there as numbers, and none is dated further than `within` from another. */
function near(within, events) {
  const dated = events.filter((event) => event !== null && event.at !== null).map((event) => event.at);
  const there = events.every((event) => event !== null && event.value !== null);
  return there && (!dated.length || Math.max(...dated) - Math.min(...dated) <= within);
}

/** Fractional excretion of magnesium in %, as reported, else 100 (UMg SCr) / (f SMg UCr), f the ultrafilterable share. */
function femg(builder, index, params) {
  const within = seconds(params.within);
  const last = (code) => builder.last(code);
  const reported = last("femg");
  const bloods = [[last("magnesium"), params.ultrafilterable], [last("magnesium-ionised"), 1]];
  const [creatinine, urine, urineCreatinine] = [last("creatinine"), last("urine-magnesium"), last("urine-creatinine")];
  builder.atEnd.push((row) => {
    if (row[reported] !== null) {
      row[index] = row[reported].value;
      return;
    }
    for (const [blood, factor] of bloods) {
      const of = [row[urine], row[creatinine], row[blood], row[urineCreatinine]];
      if (!near(within, of)) continue;
      const [umg, scr, smg, ucr] = of.map((event) => event.value);
      if (smg > 0 && ucr > 0) {
        // creatinine is in umol/L in serum and mmol/L in urine
        row[index] = (100 * ((umg * scr) / 1000)) / (factor * smg * ucr);
        return;
      }
    }
  });
}

/** Urine `upper` to `lower` in mol/mol: as reported, else from one moment's spot values. */
function ratio(builder, index, params) {
  const reported = params.reported === undefined ? null : builder.last(params.reported);
  const [upper, lower] = [builder.last(params.upper), builder.last(params.lower)];
  const within = seconds(params.within);
  builder.atEnd.push((row) => {
    if (reported !== null && row[reported] !== null) row[index] = row[reported].value;
    else if (near(within, [row[upper], row[lower]]) && row[lower].value > 0) row[index] = row[upper].value / row[lower].value;
  });
}

export const KINDS = {
  "lab-value": latest((event) => event.value),
  "lab-state": state,
  "lab-results": results,
  "lab-older": older,
  "states-together": together,
  "results-lately": lately,
  lowest,
  "age-at": latest((event) => event.at),
  limit,
  "local-limit": local,
  // A sample without the tag is not known to be free of it.
  specimen: latest((event, params) => (event.specimen.includes(params.tag) ? true : null)),
  suspect: latest((event) => event.suspect),
  "fractional-excretion": femg,
  "urine-ratio": ratio,
};
