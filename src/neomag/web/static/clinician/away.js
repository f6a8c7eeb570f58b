/**
 * The answer without a network: the form is read, the rules are run and the answer is written on this device. The sentences
 * are those of the knowledge; what the page itself says stands in the template `away` and in the words beside it.
 */

import { load } from "../engine/load.js";
import { numbers } from "../numbers.js";
import { put } from "../put.js";
import { answerOrFaults } from "./faults.js";
import { Fields } from "./fields.js";

const FIRST = 8;
const read = (id) => JSON.parse(document.getElementById(id).textContent);
let ready = null;

/** The knowledge in the page's language; asked for once, and again when it could not be had. */
function knowledgeOf(language) {
  if (ready === null) ready = load(language).catch((error) => { ready = null; throw error; });
  return ready;
}

/** The case that the form holds, and its answer or faults: {faults: [{field, says}]} or {answer}. */
export async function answered(form, words) {
  const knowledge = await knowledgeOf(words.language);
  return { ...answerOrFaults(new Fields(new FormData(form)), knowledge, words), knowledge };
}

/** Writes the answer into `place`, and its line into `bar`. Rejects when the rules cannot be had on this device. */
export async function answerAway(form, place, bar) {
  const words = read("away-words");
  const found = await answered(form, words);
  if (found.faults) {
    put(place, faults(found.faults));
    bar.textContent = "";
    return;
  }
  put(place, written(found.answer, words, found.knowledge));
  const level = found.answer.magnesium;
  bar.textContent = [words.urgency[found.answer.urgency][0], valueOf(level, words), words.status[level.status]].filter(Boolean).join(" · ");
}

function faults(found) {
  const shown = document.getElementById("away-faults").content.cloneNode(true);
  shown.querySelector("ul").append(...found.map(({ field, says }) => {
    const link = document.createElement("a");
    const id = `f-${field.replace(/\./g, "-")}`;
    link.href = `#${id}`;
    link.dataset.field = id;
    link.textContent = says;
    return item(link);
  }));
  return shown;
}

function item(...parts) {
  const line = document.createElement("li");
  line.append(...parts);
  return line;
}

function made(name, text, kind = "") {
  const element = document.createElement(name);
  element.textContent = text;
  if (kind) element.className = kind;
  return element;
}

const figure = (value) => numbers({ maximumFractionDigits: 4 }).format(value);
const valueOf = (level) => (level.value && level.value.value !== null ? `${figure(level.value.value)} ${level.value.unit}` : "");

function written(answer, words, knowledge) {
  const shown = document.getElementById("away").content.cloneNode(true);
  const at = (name) => shown.querySelector(`[data-away="${name}"]`);
  const [word, meaning] = words.urgency[answer.urgency];
  at("urgency").classList.add(answer.urgency);
  at("urgency-word").textContent = word;
  at("urgency-meaning").textContent = meaning;
  at("suspicion").textContent = words.suspicion[answer.suspicion];
  level(answer.magnesium, words, at);
  const says = Object.fromEntries(answer.rules.map((rule) => [rule.id, rule.says]));
  const grounds = (line) => {
    const why = document.createElement("details");
    const list = document.createElement("ul");
    why.className = "why";
    list.append(...line.because.map((id) => item(`${says[id]} `, made("code", id))));
    if (line.sources.length) list.append(item(made("span", line.sources.join(words.part_mark), "sources")));
    why.append(made("summary", words.why), list);
    return why;
  };
  const section = (name, lines, make) => {
    const part = at(name);
    if (lines.length === 0) part.remove();
    else part.querySelector("ul").append(...lines.map(make));
  };
  section("do", answer.actions, (line) => item(`${line.says} `, grounds(line)));
  section("not", answer.blocked, (line) =>
    item(line.says, ...line.because.map((id) => made("span", ` ${says[id]}`, "ground")), " ", grounds(line)));
  section("consider", answer.consider, (line) =>
    item(`${line.says} `, ...(line.test ? [made("span", `${words.test} ${line.test} `, "test")] : []), grounds(line)));
  section("causes", answer.causes, (line) => item(`${line.says} `, grounds(line)));
  section("caveats", answer.magnesium.caveats, (line) => item(`${line.says} `, grounds(line)));
  section("problems", answer.problems, (problem) => item(problemOf(problem, words, knowledge)));
  section("unknown", unknowns(answer, knowledge).slice(0, FIRST), (name) => item(words.findings[name] || name));
  const used = answer.rules.filter((rule) => rule.value === true);
  section("rules", used, (rule) => item(`${rule.says} `, made("code", rule.id)));
  at("knowledge").textContent = answer.knowledge;
  return shown;
}

/** A problem with what it is about, in words of the page; as `neomag.web.clinician.shown`. */
function problemOf({ code, says }, words, knowledge) {
  const known = knowledge.words.problems[code];
  const detail = says.slice(known.length).trim().replace(/^\(|\)$/g, "");
  if (!detail) return says;
  const { lab, sign } = knowledge.words.terms;
  const [where, ...rest] = detail.split(" ");
  const weight = words.weights[where] && `${words.weights[where]}${words.colon}${rest.join(" ")}`;
  return `${known} (${(lab[detail] || sign[detail] || [weight || detail])[0]})`;
}

function level({ status, grade, value, interval }, words, at) {
  at("status").textContent = [words.status[status], grade && words.grade[grade]].filter(Boolean).join(words.clause_mark);
  at("value").textContent = value && value.value !== null ? `${figure(value.value)} ${value.unit}` : "";
  if (!interval) return at("interval").remove();
  const limit = (side) => (interval[side] === null ? "–" : figure(interval[side]));
  at("interval").textContent = `${limit("low")} – ${limit("high")} ${interval.unit}. ${interval.population}`;
}

/** What is not known and would settle most, as `neomag.unknowns`. */
function unknowns(answer, knowledge) {
  const follows = Object.fromEntries(knowledge.rules.map((rule) => [rule.id, weight(rule)]));
  const settles = new Map();
  for (const rule of answer.rules) {
    if (rule.value === null && follows[rule.id]) {
      for (const name of rule.missing) settles.set(name, (settles.get(name) || 0) + follows[rule.id]);
    }
  }
  return [...settles].sort((a, b) => b[1] - a[1]).map(([name]) => name);
}

function weight(rule) {
  if (rule.urgency === "emergency") return 8;
  if (rule.blocks && rule.blocks.length) return 4;
  if (rule.urgency || rule.status || rule.suspicion) return 2;
  return rule.actions && rule.actions.length ? 1 : 0;
}
