// The sheet without a network: the page's own pattern of it, filled with the answers. It is judged as the service judges, by the
// danger signs and by the rules, and only ever raised: where the rules cannot be had, it says to call.
import { offerKeeping } from "./keep.js";
import { put } from "./put.js";
import { countOfRun, form, runs } from "./runs.js";
import { digits, fill, words } from "./say.js";

const PATIENCE_MS = 4000;
const OLDEST = 20 * 12 * 2629800;
const AGE = { d: [86400, "day", "days"], wk: [604800, "week", "weeks"], mo: [2629800, "month", "months"] };
const pattern = document.getElementById("bare-sheet");
const judging = JSON.parse(pattern.dataset.judge);
const main = document.querySelector("main");

const number = (text) => (/^\d{1,7}(?:[.,]\d{1,6})?$/.test(text) ? Number(text.replace(",", ".")) : null);
// By its name alone: fieldsets carry the same words as ids.
const written = (name) => form.querySelector(`[name="${name}"]`).value.trim();
const several = (count, one, many) => fill(count === 1 ? words[one] : words[many], { n: digits(count, 3, 0) });

/** What was measured, in seconds and degrees Celsius, null where it is not known; and the fields that cannot be read, with why. */
function measured() {
  const faults = [];
  const read = (name, most) => {
    const found = number(written(name));
    if (written(name) && (found === null || found > most)) faults.push([name, words.fault_number]);
    return found !== null && found <= most ? found : null;
  };
  const age = read("age", OLDEST / AGE[written("age_unit")][0]);
  const [minutes, seconds] = [read("minutes", 1440), read("seconds_long", 3600)];
  let celsius = number(written("temperature"));
  if (celsius !== null && written("temperature_unit") === "F") celsius = ((celsius - 32) * 5) / 9;
  if (celsius !== null) celsius = Math.round(celsius * 10) / 10;
  const [coldest, hottest] = judging.celsius;
  if (written("temperature") && !(celsius >= coldest && celsius <= hottest)) {
    faults.push(["temperature", words.fault_temperature]);
    celsius = null;
  }
  return {
    age: age === null ? null : age * AGE[written("age_unit")][0],
    lasted: minutes === null && seconds === null ? null : 60 * (minutes || 0) + (seconds || 0),
    celsius,
    faults,
  };
}

/** Whether the rules call the answers an emergency; also when they cannot be had here. */
async function urgent({ age, celsius }) {
  const now = `${Math.round(age || 0)} s`;
  const events = [...form.querySelectorAll("input[name^='q.']:checked")].flatMap(({ dataset }) => [
    ...(dataset.sign ? [{ sign: dataset.sign, at: now }] : []),
    ...(dataset.condition ? [{ condition: dataset.condition }] : []),
  ]);
  if (celsius !== null) events.push({ lab: "temperature", value: celsius, unit: "Cel", at: now });
  try {
    const [{ assess }, { load }] = await Promise.all([import("./engine/assess.js"), import("./engine/load.js")]);
    const said = assess({ case: "sheet", infant: {}, now, events }, await load(document.documentElement.lang.slice(0, 2)));
    return !said.answer || said.answer.urgency === "emergency";
  } catch {
    return true;
  }
}

/** The ids of the danger signs that were marked. */
function marked({ age, lasted, celsius }) {
  const chosen = [...form.querySelectorAll("input:checked")];
  const answers = new Set(chosen.map((input) => `${input.name} ${input.value}`));
  const found = new Set(chosen.map((input) => input.dataset.danger).filter(Boolean));
  const newborn = age === null || age < judging.newborn;
  for (const [id, sign] of Object.entries(judging.signs)) {
    const longest = newborn ? sign.longest_newborn : sign.longest;
    const together = Object.entries(sign.when);
    if ((sign.before !== null && (age === null || age < sign.before))
      || (longest !== null && lasted !== null && lasted > longest)
      || (sign.from_celsius !== null && celsius !== null && celsius >= sign.from_celsius)
      || (sign.to_celsius !== null && celsius !== null && celsius <= sign.to_celsius)
      || (together.length > 0 && together.every(([question, reply]) => answers.has(`q.${question} ${reply}`)))) found.add(id);
  }
  return found;
}

function lengthSaid(seconds) {
  const minutes = Math.floor(seconds / 60);
  const left = seconds - 60 * minutes;
  const parts = [];
  if (minutes) parts.push(several(minutes, "minute", "minutes"));
  if (left || !minutes) {
    parts.push(fill(Math.floor(left) === 1 ? words.second : words.length, { n: digits(left, left % 1 ? 1 : 0) }));
  }
  return parts.join(" ");
}

function fillMeasures(sheet, { age, lasted, celsius }) {
  const place = (name) => sheet.querySelector(`[data-measure="${name}"]`);
  const [, one, many] = AGE[written("age_unit")];
  if (age !== null) place("age").textContent = several(number(written("age")), one, many);
  if (lasted !== null) place("lasted").textContent = lengthSaid(lasted);
  if (celsius !== null) place("celsius").textContent = `${digits(celsius, 1)} °C (${digits((celsius * 9) / 5 + 32, 1)} °F)`;
}

function countSaid(count) {
  const line = document.createElement("li");
  line.append(fill(words.jerks, { taps: digits(count.taps, 0), seconds: digits(count.seconds, 1) }));
  if (count.rate !== null) {
    const rate = document.createElement("strong");
    rate.textContent = fill(words.rate, { n: digits(count.rate, 1) });
    line.append(words.colon, rate);
    if (count.low !== null && count.high !== null) {
      line.append(` (${fill(words.spread, { low: digits(count.low, 1), high: digits(count.high, 1) })})`);
    }
  }
  line.append(".\n");
  for (const name of count.notes) {
    const note = document.createElement("span");
    note.className = "note";
    note.textContent = words[`short_${name}`];
    line.append(note, " ");
  }
  return line;
}

function fillCounts(sheet) {
  const counts = runs.map(countOfRun).filter((count) => count !== null);
  if (!counts.length) return;
  const place = sheet.querySelector("[data-counted]");
  place.hidden = false;
  sheet.querySelector("[data-not-counted]").remove();
  place.querySelector("ol").append(...counts.map(countSaid));
  place.querySelector(`[data-speed="${new FormData(form).get("speed")}"]`).hidden = false;
  place.querySelector("[data-shorter]").hidden = new FormData(form).get("really") !== "no";
}

/** The sheet of the form as it stands, with what goes below it. */
function made(measures, signs, emergency) {
  const sheet = pattern.content.cloneNode(true);
  for (const place of sheet.querySelectorAll("[data-q]")) {
    const chosen = [...form.querySelectorAll(`[name="q.${place.dataset.q}"]:checked`)].filter((input) => input.value);
    if (chosen.length) place.textContent = chosen.map((input) => input.nextElementSibling.textContent).join(words.part_mark);
  }
  let letters = 0;
  for (const place of sheet.querySelectorAll("[data-t]")) {
    const text = written(`t.${place.dataset.t}`).split(/\s+/).join(" ");
    if (!text) continue;
    letters += text.length;
    const quote = document.createElement("q");
    quote.className = "own";
    quote.textContent = text;
    put(place, quote);
  }
  fillMeasures(sheet, measures);
  fillCounts(sheet);
  for (const sign of sheet.querySelectorAll("[data-sign]")) {
    if (signs.has(sign.dataset.sign)) sign.hidden = false;
    else sign.remove();
  }
  sheet.querySelector("[data-call]").hidden = !emergency;
  sheet.querySelector(signs.size ? "[data-by-rules]" : "[data-by-signs]").remove();
  if (!signs.size) sheet.querySelector(".marked").remove();
  if (emergency) sheet.querySelector("[data-other]").remove();
  sheet.querySelector("article").classList.toggle("dense", signs.size > 5 || letters > 200);
  return sheet;
}

/** What cannot be read is told at its field, under the call if a danger sign was marked. */
function tell(faults, signs) {
  const said = faults.map(([name, text]) => {
    const note = document.createElement("p");
    note.className = "fault";
    note.setAttribute("role", "alert");
    note.textContent = text;
    const asked = name.startsWith("count") ? runs[Number(name.slice(-1)) - 1].count : form.querySelector(`[name="${name}"]`);
    asked.closest(".row").before(note);
    return [note, asked];
  });
  if (signs.size) {
    const call = document.createElement("p");
    call.className = "banner emergency fault";
    call.setAttribute("role", "alert");
    call.textContent = words.call;
    said[0][0].before(call);
  }
  said[0][1].focus();
}

async function show() {
  for (const old of form.querySelectorAll(".fault")) old.remove();
  const measures = measured();
  const signs = marked(measures);
  const counts = runs.flatMap((run, place) => (
    (run.count.value.trim() || run.seconds.value.trim()) && countOfRun(run) === null ? [[`count.${place + 1}`, words.fault_count]] : []
  ));
  const faults = [...measures.faults, ...counts];
  if (faults.length) {
    tell(faults, signs);
    return;
  }
  const emergency = signs.size > 0 || (await urgent(measures));
  const before = [...main.childNodes];
  put(main, made(measures, signs, emergency));
  main.querySelector("[data-back]").addEventListener("click", () => put(main, ...before));
  offerKeeping();
  scrollTo(0, 0);
  main.focus();
}

async function online() {
  if (!navigator.onLine) return false;
  try {
    // A network that hangs is as good as none.
    const late = new Promise((_, reject) => { setTimeout(() => reject(new Error("slow")), PATIENCE_MS); });
    return (await Promise.race([fetch("/health/live", { cache: "no-store" }), late])).ok;
  } catch {
    return false;
  }
}

// The buttons of the other languages take the answers to another page; without a network there is none to take them to.
let leaving = false;
for (const button of document.querySelectorAll(".tongues button[formaction]")) {
  button.addEventListener("click", (event) => {
    if (navigator.onLine) leaving = true;
    else event.preventDefault();
  });
}

form.addEventListener("submit", async (event) => {
  if (leaving) {
    // The page may stay, where the other one opens beside it.
    leaving = false;
    return;
  }
  event.preventDefault();
  if (await online()) form.submit();
  else await show();
});
