// How many patients a second cql-execution 3.3 answers one rule for, from FHIR R4 Bulk NDJSON: the peer of `neomag cohort run`.
//
//   node tools/cql/fhir.mjs FOLDER --codes 2601-3,19123-9 --below 0.60 --unit mmol/L --convert mg/dL=0.41144
//
// The rule: a result with one of these LOINC codes, brought to the unit by these factors, was ever below the number. Every resource
// of FOLDER/*.ndjson[.gz] is read, as any run from NDJSON must, and each patient's are given to cql-exec-fhir as a bundle.
// `cpu_seconds` are the whole process's, the start of Node and the loading of the FHIR model included.
import { readFileSync, readdirSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { performance } from "node:perf_hooks";
import { parseArgs } from "node:util";
import { gunzipSync } from "node:zlib";

const require = createRequire(import.meta.url);
const { CodeService, Executor, Library } = require("cql-execution");
const { PatientSource } = require("cql-exec-fhir");

const text = { type: "string" };
const { values: asked, positionals: [folder] } = parseArgs({
  allowPositionals: true,
  options: { codes: text, below: text, unit: text, convert: { type: "string", multiple: true, default: [] }, limit: text },
});
if (!folder || !asked.codes || !asked.below || !asked.unit) {
  console.error("usage: node tools/cql/fhir.mjs FOLDER --codes LOINC,… --below NUMBER --unit UNIT");
  console.error("       [--convert UNIT=FACTOR …] [--limit PATIENTS]");
  process.exit(2);
}

const literal = (kind, value) => ({ type: "Literal", valueType: `{urn:hl7-org:elm-types:r1}${kind}`, value });
const path = (path) => ({ type: "Property", scope: "R", path });
const amount = path("value.value.value");
const unit = path("value.code.value");
const level = {
  type: "Case",
  caseItem: [[asked.unit, "1.0"], ...asked.convert.map((factor) => factor.split("="))].map(([name, factor]) => ({
    when: { type: "Equal", operand: [unit, literal("String", name)] },
    then: { type: "Multiply", operand: [amount, literal("Decimal", factor)] },
  })),
  else: { type: "Null" },
};
const code = (code) => ({ type: "Instance", classType: "{urn:hl7-org:elm-types:r1}Code", element: [
  { name: "code", value: literal("String", code) }, { name: "system", value: literal("String", "http://loinc.org") },
] });
const results = {
  type: "Retrieve", dataType: "{http://hl7.org/fhir}Observation", codeProperty: "code",
  codes: { type: "List", element: asked.codes.split(",").map(code) },
};
const library = new Library({ library: {
  identifier: { id: "OneRule" }, schemaIdentifier: { id: "urn:hl7-org:elm", version: "r1" },
  usings: { def: [{ localIdentifier: "FHIR", uri: "http://hl7.org/fhir", version: "4.0.1" }] },
  statements: { def: [
    { name: "Patient", context: "Patient", expression: {
      type: "SingletonFrom", operand: { type: "Retrieve", dataType: "{http://hl7.org/fhir}Patient" },
    } },
    { name: "rule", context: "Patient", expression: { type: "Exists", operand: {
      type: "Query", source: [{ alias: "R", expression: results }], relationship: [],
      where: { type: "Less", operand: [level, literal("Decimal", asked.below)] },
    } } },
  ] },
} });

const start = performance.now();
const bundles = new Map();
let resources = 0;
const bundle = (id) => {
  if (!bundles.has(id)) bundles.set(id, { resourceType: "Bundle", type: "collection", entry: [] });
  return bundles.get(id).entry;
};
for (const name of readdirSync(folder).filter((name) => /\.ndjson(\.gz)?$/.test(name)).sort()) {
  const bytes = readFileSync(join(folder, name));
  const lines = (name.endsWith(".gz") ? gunzipSync(bytes) : bytes).toString("utf8").split("\n");
  for (const line of lines) {
    if (!line) continue;
    const resource = JSON.parse(line);
    const id = resource.resourceType === "Patient" ? resource.id : resource.subject?.reference?.split("/").pop();
    if (id === undefined) continue;
    bundle(id).push({ resource });
    resources += 1;
  }
}
const read = performance.now();
const source = PatientSource.FHIRv401();
source.loadBundles([...bundles.values()].slice(0, asked.limit ? Number(asked.limit) : undefined));
const { patientResults } = await new Executor(library, new CodeService({})).exec(source);
const end = performance.now();
const cpu = process.cpuUsage();
const answers = Object.values(patientResults);
console.log(JSON.stringify({
  patients: answers.length, resources, true: answers.filter(({ rule }) => rule === true).length,
  read_seconds: (read - start) / 1000, run_seconds: (end - read) / 1000, cpu_seconds: (cpu.user + cpu.system) / 1e6,
  patients_per_second: answers.length / ((end - start) / 1000),
}));
