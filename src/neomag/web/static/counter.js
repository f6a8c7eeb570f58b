// Tap along with the film: the big button, the space key, undo, and the rate as it goes. What is done is written into the form.
import { countOf, form, runs } from "./runs.js";
import { digits, fill, words } from "./say.js";

const counter = document.getElementById("counter");
const button = document.getElementById("tap");
const [shown, readout, status, note] = ["tap-count", "readout", "tap-status", "tap-note"].map((id) => document.getElementById(id));
const [done, undo, again] = ["tap-done", "tap-undo", "tap-again"].map((id) => document.getElementById(id));
let times = [];

function said(count) {
  const parts = [fill(words.seconds, { n: digits(count.seconds, 1) })];
  if (count.rate !== null) parts.push(fill(words.rate, { n: digits(count.rate, 1) }));
  if (count.rate !== null && count.low !== null && count.high !== null) {
    parts.push(fill(words.spread, { low: digits(count.low, 1), high: digits(count.high, 1) }));
  }
  return parts.join(words.clause_mark);
}

function show() {
  const count = countOf(times);
  shown.textContent = digits(times.length, 0);
  readout.textContent = times.length > 1 ? said(count) : "";
  for (const one of [undo, again, done]) one.disabled = times.length === 0;
  // Read out now and then, not with each tap.
  if (times.length % 10 === 0) status.textContent = times.length ? fill(words.taps, { n: digits(times.length, 0) }) : "";
}

/** A tap, at the time of the event itself and not of when a busy phone comes to it. */
function tap(event) {
  const at = Math.round(event.timeStamp);
  times.push(times.length ? Math.max(at, times[times.length - 1]) : at);
  note.textContent = "";
  show();
}

let handled = false;
button.addEventListener("pointerdown", (event) => {
  if (event.button !== 0 || !event.isPrimary) return;
  handled = true;
  tap(event);
});
button.addEventListener("keydown", (event) => {
  if (event.key !== " " && event.key !== "Enter") return;
  event.preventDefault();
  if (!event.repeat) tap(event);
});
button.addEventListener("keyup", (event) => { if (event.key === " ") event.preventDefault(); });
// A click that neither finger, mouse nor key made: a screen reader or voice control.
button.addEventListener("click", (event) => {
  if (!handled) tap(event);
  handled = false;
});
// The space key taps from anywhere but where it has a meaning of its own.
document.addEventListener("keydown", (event) => {
  if (event.key !== " " || times.length === 0 || event.target.closest("button, a, input, textarea, select, summary")) return;
  event.preventDefault();
  if (!event.repeat) tap(event);
});

undo.addEventListener("click", () => { times.pop(); note.textContent = ""; show(); if (undo.disabled) button.focus(); });
again.addEventListener("click", () => { times = []; note.textContent = ""; show(); button.focus(); });
done.addEventListener("click", () => {
  const place = runs.findIndex((run) => !run.count.value && !run.seconds.value);
  if (place < 0) {
    note.textContent = words.full;
    return;
  }
  const count = countOf(times);
  const run = runs[place];
  run.count.value = count.taps;
  run.seconds.value = count.seconds.toFixed(1);
  run.taps.value = times.map((time) => time - times[0]).join(",");
  times = [];
  show();
  showRuns();
  status.textContent = fill(words.written, { n: digits(place + 1, 0) });
  note.textContent = count.notes.map((name) => words[name]).join(" ");
  button.focus();
});

function showRuns() {
  for (const run of runs) {
    const taps = run.taps.value ? run.taps.value.split(",").map(Number) : [];
    run.rate.textContent = taps.length ? said(countOf(taps)) : "";
  }
}
for (const run of runs) {
  for (const field of [run.count, run.seconds]) {
    // What is written by hand is no longer what was tapped.
    field.addEventListener("input", () => { run.taps.value = ""; showRuns(); });
  }
}
form.addEventListener("change", () => { show(); showRuns(); });
counter.hidden = false;
show();
showRuns();
