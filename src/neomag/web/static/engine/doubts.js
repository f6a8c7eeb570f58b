/** Doubts about a case that was read: what contradicts itself is named, kept, and never settled by a guess. */

/** Every contradiction in the events of an infant, as problems in order of their place in the file. */
export function doubts(infant, events, contradictions) {
  const found = [...moments(events), ...pairs(infant, events, contradictions)];
  return found.sort((a, b) => a.event - b.event);
}

/** What is said in two ways of one moment, at the last place in the file that says it. */
function moments(events) {
  const together = new Map();
  for (const event of events) {
    if (event.at === null || event.kind === "given") continue;
    const key = `${event.key} ${event.at}`;
    if (together.has(key)) together.get(key).push(event);
    else together.set(key, [event]);
  }
  const found = [];
  for (const said of together.values()) {
    const last = said.reduce((a, b) => (b.seq > a.seq ? b : a));
    const ways = new Set(said.map((e) => (last.kind === "lab" ? `${e.value} ${e.flag} ${e.suspect}` : e.absent)));
    if (ways.size > 1) {
      found.push({ code: last.kind === "lab" ? "results-conflict" : "sign-contradiction", event: last.seq, detail: last.code });
    }
  }
  return found;
}

function pairs(infant, events, contradictions) {
  const present = new Map();
  for (const event of events) if (!event.absent) present.set(event.key, event);
  const found = [];
  for (const [name, pair] of Object.entries(contradictions)) {
    const note = (event) => found.push({ code: "contradiction", event, contradiction: name });
    if (pair.signs) {
      const both = pair.signs.map((code) => present.get(`sign:${code}`));
      if (both.every((event) => event && both[0] && event.at === both[0].at)) note(Math.max(...both.map((event) => event.seq)));
    } else if (pair.condition) {
      const event = present.get(`condition:${pair.condition}`);
      if (event && infant.gestation !== null && infant.gestation >= pair.gestation_at_least_weeks) note(event.seq);
    } else {
      const given = events.filter((event) => event.kind === "given" && pair.drugs.includes(event.code));
      for (const event of given) if (odd(event, pair)) note(event.seq);
    }
  }
  return found;
}

function odd(event, pair) {
  if ("percent" in pair) return event.concentration !== null && event.concentration !== pair.percent;
  return pair.routes.includes(event.route);
}
