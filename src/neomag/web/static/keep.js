// What a parent keeps on this device: the last sheet and the last menu, as they were shown. Nothing is kept unasked.
const PREFIX = "neomag.kept.";
const KINDS = ["sheet", "plan"];

function working() {
  try {
    localStorage.setItem(`${PREFIX}try`, "1");
    localStorage.removeItem(`${PREFIX}try`);
    return true;
  } catch {
    return false;
  }
}

function get(what) {
  try {
    const kept = JSON.parse(localStorage.getItem(PREFIX + what));
    return kept && typeof kept.html === "string" ? { what, ...kept } : null;
  } catch {
    return null;
  }
}

export const store = {
  works: working(),
  put(what, html, lang) {
    try {
      localStorage.setItem(PREFIX + what, JSON.stringify({ html, lang, at: Date.now() }));
    } catch {
      // A device that is full keeps nothing; the page itself is still there to print.
    }
  },
  drop(what) { localStorage.removeItem(PREFIX + what); },
  all() { return KINDS.map(get).filter((kept) => kept !== null); },
};

/** Shows the tick beside what can be kept, and does what it says. */
export function offerKeeping() {
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
