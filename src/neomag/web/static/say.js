// What scripts for parents say: the words of the page, numbers as its language writes them.
import { numbers } from "./numbers.js";

export const words = JSON.parse(document.getElementById("words").textContent);

export const digits = (value, places, least = places) =>
  numbers({ minimumFractionDigits: least, maximumFractionDigits: places }).format(value);

export const fill = (text, values) => text.replace(/%\((\w+)\)s/g, (_, name) => values[name]);
