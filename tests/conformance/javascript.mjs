// Runs the engine of the browser over files: node javascript.mjs RULES WORDS, a JSON object a line in and out.
// In: {name, bytes (base64)} of a file of cases, or {rows: [[…]]} for the rules alone. Out: a list, one item a case:
// {answer, findings} or {refusals}; for rows the rules' values.
import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { pathToFileURL } from "node:url";

const ENGINE = new URL("../../src/neomag/web/static/engine/", import.meta.url);
const [rules, words] = process.argv.slice(2);
const { assessFile } = await import(new URL("assess.js", ENGINE));
const { parse } = await import(new URL("documents.js", ENGINE));
const { knowledge } = await import(new URL("knowledge.js", ENGINE));
const { readCase } = await import(new URL("reader.js", ENGINE));
const { Explainer } = await import(new URL("why.js", ENGINE));
const known = knowledge(await import(pathToFileURL(rules)), JSON.parse(readFileSync(words, "utf8")));

function asked({ name, bytes, rows }) {
  if (rows) return rows.map((row) => new Explainer(known.trees, row).rules());
  const data = Buffer.from(bytes, "base64");
  const found = assessFile(data, name, known);
  if (found.some((one) => one.refusals)) return found;
  const documents = parse(data, name);
  return found.map((one, place) => ({ ...one, findings: known.plan(readCase(documents[place], known).case) }));
}

for await (const line of createInterface({ input: process.stdin })) {
  process.stdout.write(`${JSON.stringify(asked(JSON.parse(line)))}\n`);
}
