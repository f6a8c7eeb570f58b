// What every page for parents can do with a script: print, keep on this device, and say when there is no network.
import { offerKeeping, store } from "./keep.js";

// Some browsers of phones cannot print.
const { print } = window;
const showPrint = () => document.querySelectorAll("[data-print]").forEach((button) => { button.hidden = !print; });
showPrint();
document.addEventListener("click", (event) => {
  if (event.target.closest("[data-print]")) print.call(window);
});

offerKeeping();
const link = document.querySelector("[data-kept-link]");
if (link) link.hidden = !store.works || store.all().length === 0;

// A menu that came without loading the page: read out from its beginning.
document.addEventListener("htmx:afterSwap", () => {
  showPrint();
  offerKeeping();
  const plan = document.getElementById("plan");
  if (plan) plan.focus();
});
// A menu beside other answers than it was made for could hold what the baby must not eat.
const asked = document.querySelector("form[hx-target='#plan']");
if (asked) {
  let changed = false;
  const mark = () => {
    const stale = document.getElementById("plan-stale");
    if (stale) stale.hidden = !changed;
  };
  asked.addEventListener("input", () => { changed = true; mark(); });
  document.addEventListener("htmx:beforeRequest", () => { changed = false; });
  document.addEventListener("htmx:afterSwap", mark);
}
const away = document.getElementById("no-network");
if (away) {
  document.addEventListener("htmx:beforeRequest", () => { away.hidden = true; });
  for (const failed of ["htmx:sendError", "htmx:timeout", "htmx:responseError"]) {
    document.addEventListener(failed, () => { away.hidden = false; });
  }
}
const faults = document.getElementById("faults");
if (faults) faults.focus();
