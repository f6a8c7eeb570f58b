// What every page for parents can do with a script: print, keep on this device, and say when there is no network.
import { offerKeeping, store } from "./keep.js";

for (const button of document.querySelectorAll("[data-print]")) {
  button.hidden = false;
}
document.addEventListener("click", (event) => {
  if (event.target.closest("[data-print]")) window.print();
});

offerKeeping();
const link = document.querySelector("[data-kept-link]");
if (link) link.hidden = !store.works || store.all().length === 0;

// A menu that came without loading the page: read out from its beginning.
document.addEventListener("htmx:afterSwap", () => {
  for (const button of document.querySelectorAll("[data-print]")) button.hidden = false;
  offerKeeping();
  document.getElementById("plan")?.focus();
});
const away = document.getElementById("no-network");
if (away) {
  document.addEventListener("htmx:beforeRequest", () => { away.hidden = true; });
  for (const failed of ["htmx:sendError", "htmx:timeout", "htmx:responseError"]) {
    document.addEventListener(failed, () => { away.hidden = false; });
  }
}
const faults = document.getElementById("faults");
if (faults) faults.focus();
