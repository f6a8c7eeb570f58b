/** The answer: what neomag says about a case, every line with the rules behind it and their sources. As `neomag.answer`. */

import { written } from "./ages.js";
import { fourPlaces } from "./decimal.js";
import { chooser, limitsAt } from "./intervals.js";
import { sentence } from "./refusal.js";

const LEVEL = "magnesium";

/** A line of the answer: `code` of the list called `list`, with the true rules that lead to it. */
export function advice(list, code, rules, { lists, words }) {
  const { says, test } = words[list][code];
  const sources = [...new Set([...lists[list][code], ...rules.flatMap((rule) => rule.sources)])];
  const said = { code, says, because: rules.map((rule) => rule.id), sources };
  return test === undefined ? said : { ...said, test };
}

/** The last magnesium result of a case, or null. */
export function lastLevel(kase) {
  const levels = kase.events.filter((event) => event.key === `lab:${LEVEL}`);
  return levels.length ? levels[levels.length - 1] : null;
}

/** What the level means: `status` and `grade` as the rules found them (null: no rule did). */
export function magnesium(kase, status, grade, caveats, knowledge) {
  const level = lastLevel(kase);
  const named = status || (level === null ? "unknown" : "uninterpretable");
  if (level === null) return { status: named, grade: null, value: null, interval: null, caveats };
  const value = level.value === null && level.reported === null ? null : {
    value: level.value === null ? null : fourPlaces(level.value),
    unit: knowledge.analytes.get(LEVEL).canonical,
    reported: level.reported,
    at: level.at === null ? null : written(level.at),
  };
  return { status: named, grade, value, interval: interval(kase, level, knowledge), caveats };
}

function interval(kase, level, knowledge) {
  const { words } = knowledge;
  const chosen = chooser(LEVEL, knowledge)(kase, level.at);
  const [low, high] = limitsAt(LEVEL, knowledge)(kase, level.at);
  const { canonical: unit } = knowledge.analytes.get(LEVEL);
  const local = kase.intervals.get(LEVEL);
  if (local) {
    const said = (code) => sentence({ code, fields: {} }, words);
    return {
      low: low === null ? null : fourPlaces(low),
      high: high === null ? null : fourPlaces(high),
      unit,
      population: said(local.includes(null) ? "interval-local-in-part" : "interval-local"),
      source: said("interval-local-source"),
    };
  }
  return chosen === null ? null : { low, high, unit, population: words.populations[chosen.id], source: chosen.source };
}

/** Every rule on a case: its value, the findings that decided it, and what would settle it when it is unknown. */
export function ruleResults(explainer, values, { rows, rules, words }) {
  return rules.map(({ id, sources }, place) => ({
    id,
    says: words.rules[id],
    value: values[place],
    findings: Object.fromEntries(explainer.grounds(place).map((finding) => [rows[finding], explainer.row[finding]])),
    missing: explainer.missing(place).map((finding) => rows[finding]),
    sources,
  }));
}

/** The problems of a case as read, then those that the rules `codes` found in it. */
export function problems(kase, codes, { words }) {
  const found = kase.problems.map(({ code, event, detail, contradiction }) => {
    const more = contradiction ? words.contradictions[contradiction] : detail;
    return { code, says: more ? `${words.problems[code]} (${more})` : words.problems[code], event };
  });
  const level = lastLevel(kase);
  for (const code of codes) {
    const event = level !== null && code !== "out-of-scope" ? level.seq : null;
    if (!found.some((problem) => problem.code === code && problem.event === event)) {
      found.push({ code, says: words.problems[code], event });
    }
  }
  return found;
}
