// Compiles CQL on stdin to ELM on stdout with the reference translator. Exit status 1, with a line an error, when it does not
// compile: the translator itself writes ELM all the same.
import { readFileSync } from "node:fs";
import { answer, cqframework, manager } from "./translator.mjs";

const text = cqframework.CqlTranslator.fromText(readFileSync(0, "utf8"), manager()).toJson();
const errors = (JSON.parse(text).library.annotation ?? []).filter(({ type }) => type === "CqlToElmError");
for (const { startLine, startChar, errorSeverity, message } of errors) {
  console.error(`${startLine}:${startChar} ${errorSeverity}: ${message}`);
}
answer(text);
process.exitCode = errors.length ? 1 : 0;
