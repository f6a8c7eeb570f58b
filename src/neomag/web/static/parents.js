// What every page for parents can do with a script: print, keep on this device, and say when there is no network.
import { store } from "./keep.js";

for (const button of document.querySelectorAll("[data-print]")) {
  button.hidden = false;
}
document.addEventListener("click", (event) => {
  if (event.target.closest("[data-print]")) window.print();
});

function offerKeeping() {
  if (!store.works) return;
  for (const offer of document.querySelectorAll("[data-keeper]")) {
    const what = offer.dataset.keeper;
    const article = document.querySelector(`[data-keep="${what}"]`);
    const box = offer.querySelector("input");
    if (!article || box.dataset.ready) continue;
    box.dataset.ready = "yes";
    offer.hidden = false;
    box.addEventListener("change", () => {
      if (box.checked) store.put(what, article.outerHTML, document.documentElement.lang);
      else store.drop(what);
    });
  }
}

offerKeeping();
const link = document.querySelector("[data-kept-link]");
if (link) link.hidden = !store.works || store.all().length === 0;

// A sheet that was made on this device.
document.addEventListener("neomag:sheet", offerKeeping);

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
