// Runs a CQL library with the reference engine of @cqframework/cql, whose decimals are exact and not floats: a second oracle.
//
//   node tools/cql/reference.mjs LIBRARY.cql    rows of findings on stdin (one JSON object a line), rule values on stdout
import { readFileSync } from "node:fs";
import { answer, cqframework, manager } from "./translator.mjs";

const { createLibrarySourceProvider, stringAsSource } = cqframework;
const cql = await import("@cqframework/cql/engine");
const { KtMap, KtMutableMap, KtMutableSet } = await import("@cqframework/cql/kotlin-kotlin-stdlib");
const { BigDecimal } = await import("@cqframework/cql/shared");

const text = readFileSync(process.argv[2], "utf8");
const [, name] = text.match(/^library (\w+)/m);
const types = new Map([...text.matchAll(/^ {2}"(\w+)" (\w+)/gm)].map(([, finding, type]) => [finding, type]));
const libraries = manager();
libraries.librarySourceLoader.registerProvider(createLibrarySourceProvider(() => stringAsSource(text)));
const caching = KtMutableSet.fromJsSet(new Set([cql.CqlEngine.Options.EnableExpressionCaching]));

const make = {
  Boolean: (value) => new cql.Boolean(value),
  Integer: (value) => new cql.Integer(value),
  // Whole numbers without an exponent, which its parser of decimals stumbles on.
  Decimal: (value) => new cql.Decimal(BigDecimal.fromString(String(Number.isInteger(value) ? BigInt(value) : value))),
  String: (value) => new cql.String(value),
};
for (const line of readFileSync(0, "utf8").split("\n").filter(Boolean)) {
  const values = Object.entries(JSON.parse(line)).map(([finding, value]) => [
    finding,
    value === null ? null : make[types.get(finding)](value),
  ]);
  const findings = new cql.Tuple().withElements(KtMutableMap.fromJsMap(new Map(values)));
  const asked = new cql.EvaluationParams.Builder();
  asked.libraryByName(name, new cql.EvaluationParams.LibraryParams(null));
  asked.parameters = KtMap.fromJsMap(new Map([["Findings", findings]]));
  // An engine keeps what it has worked out and its parameters: a new one for each row.
  const engine = new cql.CqlEngine(new cql.Environment(libraries), caching);
  const result = engine.evaluate(asked.build()).onlyResultOrThrow;
  const results = [...result.expressionResults.asJsReadonlyMapView()].map(([rule, { value }]) => [rule, value?.value ?? null]);
  answer(JSON.stringify(Object.fromEntries(results)) + "\n");
}
