// Answers unit questions with @lhncbc/ucum-lhc: a list of {from, to, molarMass, charge} on stdin, a list of 1.5 converted on stdout.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

const require = createRequire(import.meta.url);
const { UcumLhcUtils } = require("@lhncbc/ucum-lhc");
const ucum = UcumLhcUtils.getInstance();
const spelling = { "mEq/L": "meq/L", "mcg/dL": "ug/dL", "mcg/L": "ug/L" };

const answers = JSON.parse(readFileSync(0, "utf8")).map(({ from, to, molarMass, charge }) => {
  const result = ucum.convertUnitTo(spelling[from] ?? from, 1.5, spelling[to] ?? to, {
    molecularWeight: molarMass ?? undefined,
    charge: charge ?? undefined,
  });
  if (result.status !== "succeeded") throw new Error(`${from} to ${to}: ${JSON.stringify(result)}`);
  return result.toVal;
});
process.stdout.write(JSON.stringify(answers));
