// Runs the engine of the browser: node javascript.mjs RULES WORDS, a JSON object a line in and out.
//   {name, bytes (base64)} of a file of cases: a list, one {answer, findings} or {refusals} a case
//   {rows}: the values of all rules for each row of findings
//   {trees, findings, rows}: for each row of so many findings [values, grounds, missing, settling] of the rules of `trees`
//   {readings: [[analyte, number as text, unit]]}: [value, reported, plausible] or [refusal] each
//   {form: [[name, value]], commas, faults}: a form of the clinician's page: {answer} or {faults: [{field, says}]}
//   {module, rows}: what an exported module says of each row, findings by name
import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { pathToFileURL } from "node:url";

const ENGINE = new URL("../../src/neomag/web/static/engine/", import.meta.url);
const [rules, words] = process.argv.slice(2);
const { assessFile } = await import(new URL("assess.js", ENGINE));
const { parse } = await import(new URL("documents.js", ENGINE));
const { knowledge } = await import(new URL("knowledge.js", ENGINE));
const { readCase } = await import(new URL("reader.js", ENGINE));
const { Numeral } = await import(new URL("decimal.js", ENGINE));
const { sentence } = await import(new URL("refusal.js", ENGINE));
const { read } = await import(new URL("units.js", ENGINE));
const { Explainer, rulesOf } = await import(new URL("why.js", ENGINE));
const CLINICIAN = new URL("../../src/neomag/web/static/clinician/", import.meta.url);
const { Fields } = await import(new URL("fields.js", CLINICIAN));
const { answerOrFaults } = await import(new URL("faults.js", CLINICIAN));
const known = knowledge(await import(pathToFileURL(rules)), JSON.parse(readFileSync(words, "utf8")));

function files({ name, bytes }) {
  const data = Buffer.from(bytes, "base64");
  const found = assessFile(data, name, known);
  if (!found.some((one) => one.answer)) return found;
  const documents = parse(data, name);
  const findings = (place) => known.plan(readCase(documents[place], known).case);
  return found.map((one, place) => (one.answer ? { ...one, findings: findings(place) } : one));
}

function explained({ trees, findings, rows }) {
  const made = rulesOf(trees, findings);
  return rows.map((row) => {
    const explainer = new Explainer(made, row);
    const each = (ask) => trees.map((_, place) => ask(place));
    const [grounds, missing, settling] = ["grounds", "missing", "settling"].map((name) => each((place) => explainer[name](place)));
    return [explainer.rules(), grounds, missing, settling];
  });
}

function reading([code, value, unit]) {
  try {
    const found = read(known.analytes.get(code), new Numeral(value), unit, known);
    return [found.value, found.reported, found.plausible];
  } catch (error) {
    return [sentence(error, known.words)];
  }
}

async function exported({ module, rows }) {
  const { evaluate } = await import(pathToFileURL(module));
  return rows.map((row) => evaluate(row));
}

for await (const line of createInterface({ input: process.stdin })) {
  const asked = JSON.parse(line);
  let told;
  if (asked.bytes !== undefined) told = files(asked);
  else if (asked.form) told = answerOrFaults(new Fields(asked.form), known, asked);
  else if (asked.trees) told = explained(asked);
  else if (asked.readings) told = asked.readings.map(reading);
  else if (asked.module) told = await exported(asked);
  else told = asked.rows.map((row) => new Explainer(known.trees, row).rules());
  process.stdout.write(`${JSON.stringify(told)}\n`);
}
