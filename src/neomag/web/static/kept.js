// Shows what was kept on this device. It is markup that the pages made, with what the parent wrote already escaped in it;
// the policy of the page lets nothing in it run.
import { store } from "./keep.js";
import { put } from "./put.js";

const words = JSON.parse(document.getElementById("words").textContent);
const place = document.getElementById("kept");
const none = document.getElementById("none");
const one = document.getElementById("one");

function show() {
  const found = store.works ? store.all() : [];
  none.hidden = found.length > 0;
  put(place, ...found.map((kept) => {
    const shown = one.content.cloneNode(true);
    const when = new Intl.DateTimeFormat(document.documentElement.lang, { dateStyle: "medium", timeStyle: "short" });
    shown.querySelector("[data-when]").textContent =
      `${words[kept.what]}. ${words.kept.replace("%(when)s", when.format(new Date(kept.at)))}`;
    const parsed = new DOMParser().parseFromString(kept.html, "text/html").querySelector("[data-keep]");
    if (parsed) {
      parsed.lang = kept.lang;
      shown.querySelector("[data-what]").append(document.adoptNode(parsed));
    }
    shown.querySelector("[data-delete]").addEventListener("click", () => {
      store.drop(kept.what);
      show();
      none.textContent = store.all().length ? none.textContent : words.deleted;
    });
    return shown;
  }));
}
show();
