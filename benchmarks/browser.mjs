// Cases a second of the browser's engine: node browser.mjs RULES WORDS SECONDS FILE…; each is read, assessed, and every rule explained.
import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";
import { assessFile } from "../src/neomag/web/static/engine/assess.js";
import { knowledge } from "../src/neomag/web/static/engine/knowledge.js";

const [rules, words, seconds, ...paths] = process.argv.slice(2);
const known = knowledge(await import(pathToFileURL(rules)), JSON.parse(readFileSync(words, "utf8")));
const files = paths.map((path) => readFileSync(path));
const used = () => { const { user, system } = process.cpuUsage(); return (user + system) / 1e6; };

function round() {
  for (const file of files) if (assessFile(file, "case.json", known)[0].refusals) throw new Error("a published case is refused");
}

round();
const start = used();
let done = 0;
while (used() - start < Number(seconds)) {
  round();
  done += files.length;
}
console.log(done / (used() - start));
