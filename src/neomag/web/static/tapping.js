// How often a second, from the times of taps in milliseconds: the same arithmetic as tapped.py, which makes the sheet.

/** The quantile `share` of sorted numbers, between the two nearest. */
function quantile(sorted, share) {
  const at = (sorted.length - 1) * share;
  const low = Math.floor(at);
  const high = Math.ceil(at);
  return sorted[low] + (sorted[high] - sorted[low]) * (at - low);
}

/** A count: taps, seconds of film, rate a second with its middle half, and the names of its notes. `speed` null: not known. */
export function counted(times, speed, { fewest, fastest, widest }) {
  const seconds = times.length ? (times[times.length - 1] - times[0]) / 1000 : 0;
  const count = { taps: times.length, seconds, rate: null, low: null, high: null, notes: [] };
  if (times.length < fewest || seconds <= 0) return { ...count, notes: ["few"] };
  const gaps = times.slice(1).map((time, i) => (time - times[i]) / 1000).sort((a, b) => a - b);
  const [first, middle, third] = [0.25, 0.5, 0.75].map((share) => quantile(gaps, share));
  const tapped = gaps.length / seconds;
  if (tapped >= fastest) count.notes.push("fast");
  if (third - first > widest * middle) count.notes.push("uneven");
  if (speed === null) return { ...count, notes: [...count.notes, "no_rate"] };
  return { ...count, rate: tapped * speed, low: third > 0 ? speed / third : null, high: first > 0 ? speed / first : null };
}
