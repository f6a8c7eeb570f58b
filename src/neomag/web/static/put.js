// `replaceChildren`, for browsers that are older than it.

/** Puts these parts in place of all that `place` holds. */
export function put(place, ...parts) {
  place.textContent = "";
  place.append(...parts);
}
