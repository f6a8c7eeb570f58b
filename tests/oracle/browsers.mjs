// What of scripts an old browser does not know: node browsers.mjs '{"chrome_android": "73", ...}' FILE…
// Prints a JSON list of {file, line, says}. Syntax is acorn's; of functions MDN's tables tell since when a browser has them. A
// method is known when any interface that has one of its name is old enough: what a value is cannot be told without types.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { parse } from "acorn";
import { fullAncestor } from "acorn-walk";

const { api, javascript } = createRequire(import.meta.url)("@mdn/browser-compat-data");
const baseline = JSON.parse(process.argv[2]);
const files = process.argv.slice(3);
const TOO_NEW = { ChainExpression: "?.", PropertyDefinition: "a field of a class", StaticBlock: "a static block", PrivateIdentifier: "#private" };
const found = [];

const later = (version, than) => {
  const [a, b] = [version, than].map((text) => text.replace("≤", "").split(".").map(Number));
  return a[0] - b[0] || (a[1] || 0) - (b[1] || 0);
};
const has = (statement, than) => typeof statement.version_added === "string" && !statement.flags && !statement.prefix
  && statement.version_added !== "preview" && later(statement.version_added, than) <= 0;
const known = (entry) => Object.entries(baseline).every(([browser, version]) =>
  [entry.__compat.support[browser]].flat().some((statement) => has(statement, version)));

// By name: the entries of every interface that has such a member.
const members = new Map();
for (const one of [...Object.values(api), ...Object.values(javascript.builtins), ...Object.values(javascript.builtins.Intl)]) {
  for (const [name, entry] of Object.entries(one)) {
    if (name === "__compat" || !entry.__compat || name.endsWith("_static")) continue;
    members.set(name, [...(members.get(name) || []), entry]);
  }
}
const interfaceOf = (name) => (Object.hasOwn(javascript.builtins, name) ? javascript.builtins[name] : Object.hasOwn(api, name) ? api[name] : null);

/** The names that a script declares, and the methods that it defines. */
function own(tree) {
  const names = new Set();
  const methods = new Set();
  const put = (pattern) => {
    if (!pattern) return;
    if (pattern.type === "Identifier") names.add(pattern.name);
    for (const inner of [...(pattern.elements || []), ...(pattern.properties || []), pattern.left, pattern.argument, pattern.type === "Property" && pattern.value]) {
      if (inner) put(inner);
    }
  };
  fullAncestor(tree, (node) => {
    if (node.type === "VariableDeclarator") put(node.id);
    if (/Function/.test(node.type)) [node.id, ...node.params].forEach(put);
    if (node.type === "ClassDeclaration") put(node.id);
    if (/Import.*Specifier/.test(node.type)) put(node.local);
    if (node.type === "MethodDefinition" || (node.type === "Property" && /Function/.test(node.value.type))) methods.add(node.key.name);
  });
  return { names, methods };
}

const trees = files.map((file) => {
  const text = readFileSync(file, "utf-8");
  try {
    return { file, tree: parse(text, { ecmaVersion: 2020, sourceType: "module", locations: true }) };
  } catch (error) {
    found.push({ file, line: error.loc ? error.loc.line : 0, says: error.message });
    return null;
  }
}).filter(Boolean).map((one) => ({ ...one, own: own(one.tree) }));
const methods = new Set(trees.flatMap((one) => [...one.own.methods]));

for (const { file, tree, own: { names } } of trees) {
  const tell = (node, says) => found.push({ file, line: node.loc.start.line, says });
  fullAncestor(tree, (node, _, ancestors) => {
    const parent = ancestors[ancestors.length - 2];
    if (TOO_NEW[node.type]) tell(node, TOO_NEW[node.type]);
    if (node.type === "LogicalExpression" && node.operator === "??") tell(node, "??");
    if (node.type === "Literal" && node.bigint) tell(node, "BigInt");
    if (node.type === "Literal" && node.regex && /\(\?<[=!]/.test(node.regex.pattern)) tell(node, "a look behind in a pattern");
    if (node.type === "ExportAllDeclaration" && node.exported) tell(node, "export * as");
    if (node.type === "AwaitExpression" && !ancestors.some((one) => /Function/.test(one.type))) tell(node, "await outside a function");
    if (node.type === "Identifier" && !names.has(node.name)) {
      const used = parent && (((parent.type === "CallExpression" || parent.type === "NewExpression") && parent.callee === node)
        || (parent.type === "MemberExpression" && parent.object === node));
      const entry = used && interfaceOf(node.name);
      if (entry && entry.__compat && !known(entry)) tell(node, node.name);
    }
    if (node.type !== "CallExpression" || node.callee.type !== "MemberExpression" || node.callee.computed) return;
    const { object, property: { name } } = node.callee;
    const of = object.type === "Identifier" && !names.has(object.name) && interfaceOf(object.name);
    const fixed = of && (of[name] || of[`${name}_static`]);
    if (fixed ? fixed.__compat && !known(fixed) : members.has(name) && !methods.has(name) && !members.get(name).some(known)) tell(node, `.${name}()`);
  });
}
process.stdout.write(JSON.stringify(found));
