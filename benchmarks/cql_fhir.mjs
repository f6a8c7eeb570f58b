// The peer of benchmarks/cohort.py: FHIR NDJSON to one rule with cql-execution and cql-exec-fhir, one thread.
//
//   node benchmarks/cql_fhir.mjs FOLDER [PATIENTS]
//
// The rule: a magnesium in mmol/L below 0.60 was reported. Prints patients, seconds, and how many it is true for.
import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { performance } from "node:perf_hooks";

const require = createRequire(import.meta.url);
const { Executor, Library, Repository } = require("cql-execution");
const { PatientSource } = require("cql-exec-fhir");

const [folder, most] = process.argv.slice(2);
const FHIR = "{http://hl7.org/fhir}";
const path = (source, path) => ({ type: "Property", path, ...source });
const of = (name) => path({ scope: "O" }, name);
const literal = (value, type) => ({ type: "Literal", valueType: `{urn:hl7-org:elm-types:r1}${type}`, value });
const codes = { type: "List", element: ["2601-3", "19123-9"].map((code) => ({ type: "CodeRef", name: code })) };
const elm = {
  library: {
    identifier: { id: "Peer", version: "1" },
    schemaIdentifier: { id: "urn:hl7-org:elm", version: "r1" },
    usings: { def: [{ localIdentifier: "System", uri: "urn:hl7-org:elm-types:r1" }, { localIdentifier: "FHIR", uri: "http://hl7.org/fhir", version: "4.0.1" }] },
    codeSystems: { def: [{ name: "LOINC", id: "http://loinc.org", accessLevel: "Public" }] },
    codes: { def: ["2601-3", "19123-9"].map((id) => ({ name: id, id, accessLevel: "Public", codeSystem: { name: "LOINC" } })) },
    statements: {
      def: [
        { name: "Patient", context: "Patient", expression: { type: "SingletonFrom", operand: { type: "Retrieve", dataType: `${FHIR}Patient` } } },
        {
          name: "low", context: "Patient",
          expression: {
            type: "Exists",
            operand: {
              type: "Query", relationship: [],
              source: [{ alias: "O", expression: { type: "Retrieve", dataType: `${FHIR}Observation`, codeProperty: "code", codes } }],
              where: {
                type: "And",
                operand: [
                  { type: "Equal", operand: [of("value.unit.value"), literal("mmol/L", "String")] },
                  { type: "Less", operand: [of("value.value.value"), literal("0.6", "Decimal")] },
                ],
              },
            },
          },
        },
      ],
    },
  },
};

const lines = function* (name) {
  const file = join(folder, `${name}.ndjson`);
  if (!existsSync(file)) return;
  for (const line of readFileSync(file, "utf8").split("\n")) if (line) yield JSON.parse(line);
};

const start = performance.now();
const bundles = new Map();
for (const patient of lines("Patient")) {
  if (most && bundles.size >= Number(most)) break;
  bundles.set(patient.id, { resourceType: "Bundle", type: "collection", entry: [{ resource: patient }] });
}
for (const resource of lines("Observation")) {
  bundles.get(resource.subject.reference.slice("Patient/".length))?.entry.push({ resource });
}
const read = performance.now();
const library = new Library(elm, new Repository([]));
const executor = new Executor(library);
const source = PatientSource.FHIRv401();
source.loadBundles([...bundles.values()]);
const { patientResults } = await executor.exec(source);
const seconds = (performance.now() - start) / 1000;
const truths = Object.values(patientResults).filter(({ low }) => low === true).length;
const cpu = process.cpuUsage();
console.log(JSON.stringify({ patients: bundles.size, seconds, evaluating: (performance.now() - read) / 1000, cpu: (cpu.user + cpu.system) / 1e6, truths }));
