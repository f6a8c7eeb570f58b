/** Reference intervals: which one applies to an infant at an age. As `neomag.intervals`; limits are in canonical units. */

const NONE = Object.freeze([null, null]);

/** The groups with intervals of their own that the infant is known to be in, the narrowest first; `any` last. */
function groupsOf(infant, settings) {
  const weight = infant.birth_weight;
  const found = Object.entries(settings.interval_groups).filter(([, below]) => weight !== null && weight < below);
  return [...found.map(([name]) => name), ...(infant.sex ? [infant.sex] : []), "any"];
}

/** A function that gives the default interval of lab `code` for an infant at an age (null: at `now`), or null. */
export function chooser(code, knowledge) {
  const rows = knowledge.intervals.filter((interval) => interval.analyte === code);
  return (kase, at) => {
    if (!rows.length) return null;
    const moment = at === null ? kase.now : at;
    for (const group of groupsOf(kase.infant, knowledge.settings)) {
      for (const row of rows) if (row.group === group && row.start <= moment && moment < row.end) return row;
    }
    return null;
  };
}

/** A function that gives the limits in force for lab `code` at an age: the local laboratory's, else the default's. */
export function limitsAt(code, knowledge) {
  const choose = chooser(code, knowledge);
  return (kase, at) => {
    const [low, high] = kase.intervals.get(code) || NONE;
    if (low !== null && high !== null) return [low, high];
    const chosen = choose(kase, at);
    if (chosen === null) return [low, high];
    return [low === null ? chosen.low : low, high === null ? chosen.high : high];
  };
}
