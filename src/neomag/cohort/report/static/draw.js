// Draws each chart where the page has a place for it, without eval (the page's policy forbids it) and without the network.
"use strict";
const specs = JSON.parse(document.getElementById("specs").textContent);
const options = { renderer: "svg", ast: true, actions: { export: true, source: false, compiled: false, editor: false } };
const drawn = Object.entries(specs).map(([name, spec]) => vegaEmbed(document.getElementById(`chart-${name}`), spec, options));
// What is folded away on the screen is wanted on paper.
const folded = [];
addEventListener("beforeprint", () => {
  for (const part of document.querySelectorAll("details:not([open])")) {
    part.open = true;
    folded.push(part);
  }
});
addEventListener("afterprint", () => {
  while (folded.length) folded.pop().open = false;
});
Promise.all(drawn).then(
  () => document.documentElement.setAttribute("data-charts", "drawn"),
  (error) => document.documentElement.setAttribute("data-charts", `failed: ${error}`),
);
