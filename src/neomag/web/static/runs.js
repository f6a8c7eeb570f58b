// The counts of the form: its rows, how fast the film was played, and the limits of a count.
import { counted } from "./tapping.js";

export const form = document.getElementById("sheet-form");
const limits = Object.fromEntries(
  Object.entries(document.getElementById("counter").dataset).map(([name, value]) => [name, Number(value)]),
);
export const runs = [...document.querySelectorAll(".run")].map((run) => ({
  rate: run.querySelector("[data-rate]"),
  ...Object.fromEntries(["count", "seconds", "taps"].map((name) => [name, run.querySelector(`[name=${name}]`)])),
}));

/** How fast the film was played; null when that is not known, or the event was shorter than the film. */
export function speed() {
  const chosen = new FormData(form);
  const value = chosen.get("speed");
  return value === "slow" || chosen.get("really") === "no" ? null : Number(value);
}

/** The count of taps at these times, in milliseconds. */
export const countOf = (times) => counted(times, speed(), limits);

/** The count of a row of the form, tapped or written by hand; null when there is none. */
export function countOfRun(run) {
  if (run.taps.value) return countOf(run.taps.value.split(",").map(Number));
  const taps = Number(run.count.value.trim());
  const seconds = Number(run.seconds.value.trim().replace(",", "."));
  if (!Number.isInteger(taps) || taps < 1 || !(seconds > 0)) return null;
  const count = { taps, seconds, rate: null, low: null, high: null, notes: [] };
  if (taps < limits.fewest) return { ...count, notes: ["few"] };
  if (taps / seconds >= limits.fastest) count.notes.push("fast");
  if (speed() === null) return { ...count, notes: [...count.notes, "no_rate"] };
  return { ...count, rate: (speed() * taps) / seconds };
}
