// The reference translator, @cqframework/cql, made to run in Node: what its package does not bring is given here.
import { createRequire } from "node:module";

globalThis.require = createRequire(import.meta.url); // the package is ESM but calls require
// Its engine announces itself on standard output, which is for answers.
export const answer = process.stdout.write.bind(process.stdout);
process.stdout.write = process.stderr.write.bind(process.stderr);
export const cqframework = await import("@cqframework/cql/cql-to-elm");
const { CqlCompilerOptions, LibraryManager, ModelManager } = cqframework;
const { createModelInfoProvider, createUcumService, stringAsSource } = cqframework;

// The System model: the types that the CQL specification names (its appendix B).
const element = (name, type) => `<m:element name="${name}" type="System.${type}"/>`;
const list = (name, type) =>
  `<m:element name="${name}"><m:elementTypeSpecifier x:type="m:ListTypeSpecifier" elementType="System.${type}"/></m:element>`;
const type = (name, elements = "", base = "Any") =>
  `<m:typeInfo x:type="m:${elements ? "ClassInfo" : "SimpleTypeInfo"}" name="System.${name}"` +
  (base ? ` baseType="System.${base}">` : ">") +
  `${elements}</m:typeInfo>`;
const strings = (...names) => names.map((name) => element(name, "String")).join("");
const system =
  '<m:modelInfo name="System" version="1.0.0" url="urn:hl7-org:elm-types:r1" targetQualifier="system" ' +
  'xmlns:m="urn:hl7-org:elm-modelinfo:r1" xmlns:x="http://www.w3.org/2001/XMLSchema-instance">' +
  type("Any", "", null) +
  ["Boolean", "Integer", "Long", "Decimal", "String", "DateTime", "Date", "Time"].map((name) => type(name)).join("") +
  type("Quantity", element("value", "Decimal") + strings("unit")) +
  type("Ratio", element("numerator", "Quantity") + element("denominator", "Quantity")) +
  type("Code", strings("code", "system", "version", "display")) +
  type("Concept", list("codes", "Code") + strings("display")) +
  type("Vocabulary", strings("id", "version", "name")) +
  type("CodeSystem", "", "Vocabulary") +
  type("ValueSet", list("codesystems", "CodeSystem"), "Vocabulary") +
  "</m:modelInfo>";

// A manager of libraries without a data model: the exported rules take findings and need none.
export function manager() {
  const models = new ModelManager();
  models.modelInfoLoader.registerModelInfoProvider(
    createModelInfoProvider((name) => (name === "System" ? stringAsSource(system) : null)),
  );
  const none = () => {
    throw new Error("the rules have no CQL quantities: units are converted when the knowledge is loaded");
  };
  const ucum = createUcumService(none, () => null, none, none);
  return new LibraryManager(models, new CqlCompilerOptions(), undefined, ucum);
}
