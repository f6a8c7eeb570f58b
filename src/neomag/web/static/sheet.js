// The sheet for the doctor without a network: made on this device of the form, as the service makes it. It only ever raises:
// where the rules cannot be had here, it says to call.
import { assess } from "./engine/assess.js";
import { load } from "./engine/load.js";

const words = JSON.parse(document.getElementById("sheet-words").textContent);
const form = document.getElementById("sheet-form");
const place = document.getElementById("sheet-here");
const NUMBER = /^\d{1,7}([.,]\d{1,6})?$/;
const SECONDS = { d: 86_400, wk: 604_800, mo: 2_629_800 };

form.addEventListener("submit", (event) => {
  if (navigator.onLine) return;
  event.preventDefault();
  make();
});

// A fieldset of the same id stands before the field in `form.elements`.
const field = (name) => form.querySelector(`[name="${name}"]`);

/** The number in a field; null when it is empty or beyond `most`, with the field added to `faults` when it cannot be read. */
function numberIn(name, faults, most = Infinity) {
  const text = field(name).value.trim();
  if (!text) return null;
  const found = NUMBER.test(text) ? Number(text.replace(",", ".")) : null;
  if (found === null || found > most) faults.push([field(name), words.number]);
  return found;
}

function celsiusIn(faults) {
  const asked = field("temperature");
  if (!asked.value.trim()) return null;
  let found = numberIn("temperature", []);
  if (found !== null && field("temperature_unit").value === "F") found = ((found - 32) * 5) / 9;
  if (found !== null) found = Math.round(found * 10) / 10;
  if (found === null || found < words.celsius[0] || found > words.celsius[1]) faults.push([asked, words.temperature]);
  return found;
}

async function make() {
  for (const old of form.querySelectorAll("[data-away-fault]")) old.remove();
  const faults = [];
  const unit = SECONDS[field("age_unit").value] || SECONDS.d;
  const age = numberIn("age", faults, (20 * 365.25 * SECONDS.d) / unit);
  const [minutes, seconds] = [numberIn("minutes", faults, 1440), numberIn("seconds_long", faults, 3600)];
  const celsius = celsiusIn(faults);
  const counts = countsIn(faults);
  if (faults.length) return tell(faults);
  const chosen = [...form.querySelectorAll("input[name^='q.']:checked")].filter((input) => input.value);
  const given = {
    age: age === null ? null : age * unit,
    lasted: minutes === null && seconds === null ? null : (minutes || 0) * 60 + (seconds || 0),
    celsius,
    chosen,
  };
  const signs = marked(given);
  const emergency = signs.length > 0 || (await urgent(given));
  place.replaceChildren(written(given, signs, emergency, counts));
  place.hidden = false;
  form.hidden = true;
  place.querySelector("h1").focus();
  document.dispatchEvent(new Event("neomag:sheet"));
}

function tell(faults) {
  for (const [asked, says] of faults) {
    const note = document.createElement("p");
    note.className = "fault";
    note.dataset.awayFault = "";
    note.setAttribute("role", "alert");
    note.textContent = says;
    asked.insertAdjacentElement("afterend", note);
  }
  faults[0][0].focus();
}

/** The danger signs that the answers mean, as `neomag.web.sheet_judged`. A baby of unknown age is taken for a newborn. */
function marked({ age, lasted, celsius, chosen }) {
  const dangers = new Set(chosen.map((input) => input.dataset.danger).filter(Boolean));
  const answered = new Set(chosen.map((input) => `${input.name.slice(2)}=${input.value}`));
  const newborn = age === null || age < words.newborn_before;
  return words.signs.filter((sign) => {
    const longest = newborn ? sign.longest_newborn : sign.longest;
    const when = Object.entries(sign.when);
    return (
      dangers.has(sign.id) ||
      (sign.before !== null && (age === null || age < sign.before)) ||
      (longest !== null && lasted !== null && lasted > longest) ||
      (sign.from_celsius !== null && celsius !== null && celsius >= sign.from_celsius) ||
      (sign.to_celsius !== null && celsius !== null && celsius <= sign.to_celsius) ||
      (when.length > 0 && when.every(([question, reply]) => answered.has(`${question}=${reply}`)))
    );
  });
}

async function urgent({ age, celsius, chosen }) {
  const now = `${Math.round(age || 0)} s`;
  const events = chosen.flatMap(({ dataset }) => [
    ...(dataset.sign ? [{ sign: dataset.sign, at: now }] : []),
    ...(dataset.condition ? [{ condition: dataset.condition }] : []),
  ]);
  if (celsius !== null) events.push({ lab: "temperature", value: celsius, unit: "Cel", at: now });
  try {
    const said = assess({ case: "sheet", infant: {}, now, events }, await load(document.documentElement.lang.slice(0, 2)));
    return !said.answer || said.answer.urgency === "emergency";
  } catch {
    return true;
  }
}

/** What was counted, a line each. */
function countsIn(faults) {
  return [...form.querySelectorAll(".run")].flatMap((run) => {
    const [count, seconds] = ["count", "seconds"].map((name) => run.querySelector(`[name=${name}]`));
    if (!count.value.trim() && !seconds.value.trim()) return [];
    if (![count, seconds].every((asked) => NUMBER.test(asked.value.trim()))) {
      faults.push([seconds, words.count]);
      return [];
    }
    const rate = run.querySelector("[data-rate]").textContent;
    const said = words.jerks.replace("%(taps)s", count.value.trim()).replace("%(seconds)s", seconds.value.trim());
    return [rate ? `${said}: ${rate}` : said];
  });
}

function written(given, signs, emergency, counts) {
  const shown = document.getElementById("sheet-away").content.cloneNode(true);
  shown.querySelector("[data-emergency]").hidden = !emergency;
  shown.querySelector("[data-by-signs]").hidden = signs.length === 0;
  shown.querySelector("[data-by-rules]").hidden = signs.length > 0;
  shown.querySelector("[data-other]").hidden = emergency;
  shown.querySelector("[data-marked]").append(...signs.map((sign) => line("li", sign.short)));
  const groups = shown.querySelector("[data-groups]");
  let list = null;
  for (const part of form.querySelector("[aria-labelledby=questions]").children) {
    if (part.tagName === "H3") {
      const section = document.createElement("section");
      list = document.createElement("dl");
      section.append(line("h2", part.textContent), list);
      groups.append(section);
    } else if (list && part.dataset.short) {
      const pair = document.createElement("div");
      pair.append(line("dt", part.dataset.short), answerOf(part));
      list.append(pair);
    }
  }
  const counted = shown.querySelector("[data-counted]");
  counted.replaceChildren(...(counts.length ? counts.map((text) => line("li", text)) : [line("li", words.not_counted)]));
  shown.querySelector("[data-played]").textContent = form.querySelector("[name=speed]:checked").parentElement.textContent.trim();
  shown.querySelector("[data-change]").addEventListener("click", () => {
    place.hidden = true;
    form.hidden = false;
    form.scrollIntoView();
  });
  return shown;
}

/** What was answered to a question: the choices made, what was written, or that it is not known. */
function answerOf(part) {
  const chosen = [...part.querySelectorAll("input:checked")].filter((input) => input.value).map((input) => input.parentElement.textContent.trim());
  const typed = [...part.querySelectorAll("input:not([type=radio]):not([type=checkbox]), textarea")]
    .map((asked) => [asked, asked.value.trim()])
    .filter(([, text]) => text)
    .map(([asked, text]) => {
      const unit = part.querySelector("select");
      if (unit) return `${text} ${unit.selectedOptions[0].textContent}`;
      return part.tagName === "FIELDSET" ? `${part.querySelector(`label[for="${asked.id}"]`).textContent}: ${text}` : text;
    });
  const said = [...chosen, ...typed].join("; ");
  const shown = line("dd", said || words.not_known);
  if (!said) shown.className = "unknown";
  return shown;
}

function line(name, text) {
  const element = document.createElement(name);
  element.textContent = text;
  return element;
}
