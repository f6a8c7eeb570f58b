// What scripts for parents say: the words of the page, numbers as its language writes them.
const language = document.documentElement.lang;

export const words = JSON.parse(document.getElementById("words").textContent);

// Halves go to the even digit, as the service writes them.
export const digits = (value, places, least = places) => new Intl.NumberFormat(language, {
  minimumFractionDigits: least, maximumFractionDigits: places, roundingMode: "halfEven",
}).format(value);

export const fill = (text, values) => text.replace(/%\((\w+)\)s/g, (_, name) => values[name]);
