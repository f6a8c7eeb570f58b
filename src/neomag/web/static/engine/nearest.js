/** The nearest name to one that there is not, by the share of signs in common blocks (Ratcliff and Obershelp). */

function longest(a, b, [fromA, toA, fromB, toB]) {
  let best = [fromA, fromB, 0];
  let lengths = new Map();
  for (let i = fromA; i < toA; i += 1) {
    const next = new Map();
    for (let j = fromB; j < toB; j += 1) {
      if (a[i] === b[j]) {
        const length = (lengths.get(j - 1) || 0) + 1;
        next.set(j, length);
        if (length > best[2]) best = [i - length + 1, j - length + 1, length];
      }
    }
    lengths = next;
  }
  return best;
}

function inCommon(a, b) {
  let total = 0;
  const open = [[0, a.length, 0, b.length]];
  while (open.length) {
    const span = open.pop();
    const [i, j, length] = longest(a, b, span);
    if (length) {
      total += length;
      open.push([span[0], i, span[2], j], [i + length, span[1], j + length, span[3]]);
    }
  }
  return total;
}

/** The one of `names` most like `name`; null when none is as like as `cutoff` (0 anything, 1 the same). */
export function nearest(name, names, cutoff = 0.6) {
  const wanted = [...name].slice(0, 200);
  let found = null;
  let best = cutoff;
  for (const other of names) {
    const signs = [...other];
    const all = signs.length + wanted.length;
    const likeness = all ? (2 * inCommon(signs, wanted)) / all : 1;
    if (likeness > best || (likeness === best && (found === null || other > found))) [found, best] = [other, likeness];
  }
  return found;
}
