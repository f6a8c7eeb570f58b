/**
 * The course of calcium: were there two adequate IV doses, and did events or a low calcium go on after the second? As
 * `neomag.findings.calcium`: each dose is adequate, not adequate or unknown, and what follows is kept three-valued.
 */

import { seconds } from "./ages.js";
import { keys } from "./kinds.js";
import { stateOf } from "./labs.js";
import { presentAfter } from "./signs.js";

/** Whether a dose is IV and at least the adequate amount; null where that cannot be told. */
function adequate(dose, kase, params) {
  if (dose.route !== null && !params.routes.includes(dose.route)) return false;
  const sufficient = enough(dose, kase, params.drugs[dose.code]);
  return dose.route !== null || sufficient === false ? sufficient : null;
}

function enough(dose, kase, drug) {
  if (dose.dose === null || dose.doseUnit === null) return null;
  let [amount, ...per] = dose.doseUnit.split("/");
  let value = dose.dose;
  if (!per.length) {
    if (kase.infant.weight === null) return null;
    value /= kase.infant.weight / 1000;
  } else if (per.length > 1 || per[0] !== "kg") return null;
  if (amount === "mL" && dose.concentration !== null && dose.concentration !== drug.percent) return null;
  if (amount === "g") [amount, value] = ["mg", value * 1000];
  if (amount in drug.per_kg) return value >= drug.per_kg[amount];
  if (amount === "mg") {
    // Milligrams of salt or of calcium? Enough, or too little, in both readings; else it cannot be told.
    if (value >= drug.mg_salt) return true;
    return value < drug.mg_calcium ? false : null;
  }
  return null;
}

/** When the second of two doses at least `apart` seconds apart was given; null when there is no such pair. */
function second(doses, apart) {
  const sorted = [...doses].sort((a, b) => a - b);
  const found = sorted.find((at) => at - sorted[0] >= apart);
  return found === undefined ? null : found;
}

/** A scratch place with [two doses: truth, when the second was given or could first have been]. */
function course(builder, params) {
  return builder.once("calcium-course", () => {
    const where = builder.place();
    const given = builder.collect(...keys("given", Object.keys(params.drugs)));
    const apart = seconds(params.apart);
    builder.atEnd.push((row, kase) => {
      const judged = (row[given] || []).filter((dose) => !dose.absent).map((dose) => [dose.at, adequate(dose, kase, params)]);
      const possible = judged.filter(([, sure]) => sure !== false);
      if (possible.length < 2) {
        row[where] = [false, null];
        return;
      }
      const dated = possible.filter(([at]) => at !== null);
      const certain = second(dated.filter(([, sure]) => sure).map(([at]) => at), apart);
      if (certain !== null) row[where] = [true, certain];
      else if (dated.length < possible.length) row[where] = [null, null];
      else {
        const first = second(dated.map(([at]) => at), apart);
        row[where] = first === null ? [false, null] : [null, first];
      }
    });
    return where;
  });
}

function twoDoses(builder, index, params) {
  const where = course(builder, params);
  builder.atEnd.push((row) => {
    [row[index]] = row[where];
  });
}

function eventAfter(builder, index, params) {
  const where = course(builder, builder.knowledge.findings[params.course]);
  const events = builder.collect(...keys("sign", params.signs));
  const later = seconds(params.later);
  builder.atEnd.push((row) => {
    const [, moment] = row[where];
    if (moment !== null) row[index] = presentAfter(row[events], moment + later);
  });
}

function lowAfter(builder, index, params) {
  const where = course(builder, builder.knowledge.findings[params.course]);
  const rechecks = params.labs.map((code) => ({ last: builder.last(code), judge: stateOf(code, builder.knowledge) }));
  builder.atEnd.push((row, kase) => {
    const [, moment] = row[where];
    if (moment === null) return;
    const states = rechecks
      .filter(({ last }) => row[last] !== null && row[last].at !== null && row[last].at > moment)
      .map(({ last, judge }) => judge(row[last], kase));
    if (states.includes("low")) row[index] = true;
    else if (states.length && !states.includes(null)) row[index] = false;
  });
}

export const KINDS = { "calcium-two-doses": twoDoses, "event-after-second": eventAfter, "low-after-second": lowAfter };
