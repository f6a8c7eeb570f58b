// Runs an ELM library with cql-execution, the independent oracle of the exported rules.
//
//   node tools/cql/run.mjs run LIBRARY.json    rows of findings on stdin (one JSON object a line), rule values on stdout
//   node tools/cql/run.mjs time LIBRARY.json   the same rows, but prints how many patients a second
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { performance } from "node:perf_hooks";

const require = createRequire(import.meta.url);
const { CodeService, Library, PatientContext } = require("cql-execution");

const [task, path] = process.argv.slice(2);
if (!["run", "time"].includes(task) || !path) {
  console.error("usage: node tools/cql/run.mjs run|time LIBRARY.json < FINDINGS.jsonl");
  process.exit(2);
}
const library = new Library(JSON.parse(readFileSync(path, "utf8")));
const codes = new CodeService({});

// In a context of a patient the engine keeps every value that it has worked out. In its unfiltered context, which Executor
// would use here, it keeps only true ones and works the others out again wherever they are named: the same answers, slower.
async function evaluate(findings) {
  const context = new PatientContext(library, {}, codes, { Findings: findings });
  const values = {};
  for (const [rule, definition] of Object.entries(library.expressions)) {
    values[rule] = (context.get(rule) === definition ? await definition.execute(context) : context.get(rule)) ?? null;
  }
  return values;
}

const start = performance.now();
const rows = readFileSync(0, "utf8").split("\n").filter(Boolean).map(JSON.parse);
if (task === "run") {
  const answers = [];
  for (const row of rows) answers.push(JSON.stringify(await evaluate(row)));
  process.stdout.write(answers.map((answer) => answer + "\n").join(""));
} else {
  let truths = 0;
  for (const row of rows) for (const value of Object.values(await evaluate(row))) truths += value === true;
  const seconds = (performance.now() - start) / 1000;
  const cpu = process.cpuUsage();
  const figures = { patients: rows.length, seconds, patients_per_second: rows.length / seconds, truths };
  console.log(JSON.stringify({ ...figures, cpu_seconds: (cpu.user + cpu.system) / 1e6 }));
}
