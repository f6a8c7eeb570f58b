// The clinician's page with script: warns as you type, keeps the answer in step with the form, takes files that are dropped.
// Nothing here decides anything: the same page works without it.
"use strict";
const said = JSON.parse(document.getElementById("words").textContent);
const form = document.getElementById("clinician-form");
const answer = document.getElementById("answer");
const bar = document.getElementById("said");
// A browser that is too old for htmx has no answer that follows: the button asks for it.
const follows = Boolean(window.htmx);

// A number as it is typed: full-width digits, and a decimal comma where readers of the language write one.
function numberIn(text) {
  const plain = text.normalize("NFKC").trim();
  const point = "commas" in document.documentElement.dataset ? plain.replace(",", ".") : plain;
  return /^(\d+(\.\d+)?|\.\d+)$/.test(point) ? Number(point) : null;
}

// The band of a unit stands at its option; outside it a slip of unit or decimal point is likely.
function warn(unit) {
  const field = document.getElementById(unit.dataset.of);
  const note = field && document.getElementById(`${field.id}-caution`);
  const chosen = unit.selectedOptions[0];
  if (!note || !chosen) return;
  const number = numberIn(field.value);
  const band = chosen.dataset.low !== undefined && number !== null;
  const out = band && (number < Number(chosen.dataset.low) || number > Number(chosen.dataset.high));
  note.textContent = out ? said.implausible : "";
  note.hidden = !out;
}

function unitOf(target) {
  return target.matches("select[data-of]") ? target : form.querySelector(`select[data-of="${CSS.escape(target.id)}"]`);
}

// Faults stand at their fields too, as they do without script.
function placeFaults() {
  for (const old of form.querySelectorAll("[data-live]")) old.remove();
  for (const field of form.querySelectorAll("[aria-invalid]")) field.removeAttribute("aria-invalid");
  for (const old of form.querySelectorAll(".fault")) old.remove();
  const faults = document.getElementById("faults");
  if (faults) faults.remove();
  for (const link of answer.querySelectorAll("[data-faults] a[data-field]")) {
    const field = document.getElementById(link.dataset.field);
    // An age that is still to be written is no mistake.
    if (!field || (field.value === "" && field.id === "f-age")) continue;
    field.setAttribute("aria-invalid", "true");
    const note = document.createElement("p");
    note.className = "fault";
    note.dataset.live = "";
    note.textContent = link.textContent;
    field.insertAdjacentElement("afterend", note);
  }
}

function colour() {
  const banner = document.getElementById("urgency");
  bar.className = `bar ${banner ? banner.className.replace("banner", "").trim() : ""}`;
}

// An answer that does not belong to what stands in the form must not look like one that does.
function stale(says) {
  fresh();
  const note = document.createElement("p");
  note.className = "stale-note";
  note.textContent = says;
  answer.parentElement.insertBefore(note, answer);
  answer.classList.add("stale");
}

function fresh() {
  answer.classList.remove("stale");
  for (const note of document.querySelectorAll(".stale-note")) note.remove();
}

function failed(says, way) {
  stale(says);
  answer.textContent = "";
  for (const part of [document.getElementById("no-answer"), way]) if (part) answer.append(part.content.cloneNode(true));
  bar.textContent = says;
  bar.className = "bar urgent";
}

// Counts the changes, so that an answer to an earlier form is known as one.
let changes = 0;
function changed() {
  changes += 1;
  stale(follows ? said.stale : said.unasked);
}
form.addEventListener("input", (event) => {
  const unit = unitOf(event.target);
  if (unit) warn(unit);
  if (!event.target.name.startsWith("new.")) changed();
});
// The form follows itself alone: a button that was pressed before must not send it elsewhere.
document.body.addEventListener("htmx:configRequest", (event) => {
  if (event.detail.elt !== form) return;
  event.detail.path = form.getAttribute("hx-post");
  for (const name of ["add", "remove"]) event.detail.formData.delete(name);
});
document.body.addEventListener("htmx:beforeSend", (event) => {
  event.detail.xhr.changes = changes;
});
form.addEventListener("change", (event) => {
  // Seen and not there exclude each other.
  if (event.target.type === "checkbox" && event.target.closest(".chip") && event.target.checked) {
    for (const box of event.target.closest(".chip").querySelectorAll("input[type=checkbox]")) {
      if (box !== event.target) box.checked = false;
    }
  }
});
// What was typed while a row came or went is put back into the section that came anew.
let typed = new Map();
const isBox = (field) => field.type === "checkbox" || field.type === "radio";
const keyOf = (field) => (isBox(field) ? `${field.name}=${field.value}` : field.name);
const typedIn = (section) => [...section.querySelectorAll("input:not([type=hidden]), select")].filter((field) => !field.name.startsWith("new."));
document.body.addEventListener("htmx:beforeSwap", ({ detail: { target } }) => {
  if (form.contains(target)) typed = new Map(typedIn(target).map((field) => [keyOf(field), isBox(field) ? field.checked : field.value]));
});
function restore(section) {
  for (const field of typedIn(section)) {
    const was = typed.get(keyOf(field));
    if (was === undefined) continue;
    if (isBox(field)) field.checked = was;
    else field.value = was;
  }
}
document.body.addEventListener("htmx:afterSwap", (event) => {
  if (event.detail.target === answer) {
    asked += 1;
    if (event.detail.xhr.changes === changes) fresh();
    else stale(said.stale);
    placeFaults();
    colour();
  } else if (form.contains(event.detail.elt)) {
    restore(event.detail.elt);
    // A row more or less is another form.
    changed();
    form.dispatchEvent(new Event("change", { bubbles: true }));
  }
});
for (const what of ["htmx:responseError", "htmx:sendError", "htmx:timeout"]) {
  document.body.addEventListener(what, (event) => {
    // Who is no longer signed in keeps the form: signing in goes on in another window.
    if (event.detail.xhr && event.detail.xhr.status === 401) failed(said.unsigned, document.getElementById("sign-in-again"));
    else if (what === "htmx:responseError") failed(said.failed);
    else away();
  });
}

// Without a network the rules run here; where the device does not have them, the page says that it has no answer.
let asked = 0;
async function away() {
  const mine = ++asked;
  try {
    const { answerAway } = await import("./clinician/away.js");
    await answerAway(form, answer, bar);
  } catch {
    if (mine === asked) failed(said.failed);
    return;
  }
  // What was typed meanwhile is answered by a later call.
  if (mine !== asked) return;
  fresh();
  placeFaults();
  colour();
}
form.addEventListener("submit", (event) => {
  if (navigator.onLine) return;
  event.preventDefault();
  away();
});

// Reasons that a link leads to are opened.
function reveal() {
  const target = location.hash.length > 1 && document.getElementById(decodeURIComponent(location.hash.slice(1)));
  for (let part = target || null; part; part = part.parentElement) if (part.tagName === "DETAILS") part.open = true;
  if (target) target.scrollIntoView();
}
addEventListener("hashchange", reveal);

// A chart to explore is loaded when it is opened, not before.
document.addEventListener(
  "toggle",
  async (event) => {
    const part = event.target;
    if (part.id !== "explore" || !part.open || part.dataset.drawn) return;
    part.dataset.drawn = "yes";
    for (const address of part.dataset.scripts.split(" ")) {
      if (document.querySelector(`script[src="${CSS.escape(address)}"]`)) continue;
      await new Promise((done, broken) => {
        const script = document.createElement("script");
        script.src = address;
        script.onload = done;
        script.onerror = broken;
        document.head.append(script);
      });
    }
    window.exploreIntervals(part);
  },
  true,
);

// Files: too large is said at once; one that is dropped anywhere is loaded.
const load = document.getElementById("load-form");
const file = document.getElementById("file");
function refuse(says) {
  const fault = document.getElementById("file-fault");
  document.getElementById("load").open = true;
  fault.textContent = says;
  fault.hidden = !says;
  file.toggleAttribute("aria-invalid", Boolean(says));
  if (says) fault.scrollIntoView({ block: "center" });
}
function checked() {
  const large = file.files[0] && file.files[0].size > Number(load.dataset.most) - 2000;
  refuse(large ? said.large : "");
  return !large;
}
file.addEventListener("change", checked);
load.addEventListener("submit", (event) => {
  if (!checked()) event.preventDefault();
});
const holdsFiles = (event) => event.dataTransfer && [...event.dataTransfer.types].includes("Files");
addEventListener("dragover", (event) => {
  if (!holdsFiles(event)) return;
  event.preventDefault();
  document.body.classList.add("dropping");
});
addEventListener("dragleave", (event) => {
  if (!event.relatedTarget) document.body.classList.remove("dropping");
});
addEventListener("drop", (event) => {
  document.body.classList.remove("dropping");
  if (!holdsFiles(event)) return;
  event.preventDefault();
  if (event.dataTransfer.files.length > 1) return refuse(said.several);
  file.files = event.dataTransfer.files;
  if (checked()) load.submit();
});

for (const unit of form.querySelectorAll("select[data-of]")) warn(unit);
colour();
const faulty = document.getElementById("faults");
// The address leads to the answer, and a browser goes there when all is loaded; where there is none, to what is to be put right.
if (faulty) addEventListener("load", () => faulty.focus());
else if (location.hash) reveal();
