// The panel "what a level does not tell": sliders over runs that were worked out beforehand. Nothing is simulated here.

import { numbers } from "./numbers.js";
import { put } from "./put.js";

const SVG = "http://www.w3.org/2000/svg";
const QUIET = 400; // ms after the last move of a slider before the words below it change
const TICKS = [0.05, 0.1, 0.2, 0.25, 0.5, 1, 2, 5, 7, 10, 20, 50];

/** A straight scale from values to places in the picture. */
const scale = (low, high, start, end) => (value) => start + ((value - low) / (high - low)) * (end - start);

/** Round numbers from low to high, about five steps apart. */
export function ticks(low, high) {
  const step = TICKS.find((size) => size >= ((high - low) / 5) * 0.999) || TICKS[TICKS.length - 1];
  const first = Math.ceil(low / step - 1e-9);
  const count = Math.floor(high / step + 1e-9) - first + 1;
  return Array.from({ length: count }, (_, i) => Number(((first + i) * step).toFixed(6)));
}

/** The number of a run from the places of its sliders, the last one fastest. */
export function numberOf(sizes, places) {
  return places.reduce((sum, place, i) => sum * sizes[i] + place, 0);
}

/** What the axes of a topic span, over all of its runs, so that a slider moves the lines and not the axes. */
export function ranges(topic) {
  const serum = [...topic.runs.flatMap((run) => run.serum), ...topic.intervals.flat().flatMap((one) => one.slice(2))];
  const stores = topic.runs.flatMap((run) => [...run.muscle, ...run.bone]);
  return {
    days: [topic.t[0] / 24, topic.t[topic.t.length - 1] / 24],
    serum: [0, Math.ceil(Math.max(...serum) / 100) / 10],
    stores: [Math.floor(Math.min(...stores) / 100) * 10, Math.ceil(Math.max(...stores) / 100) * 10],
  };
}

/** Where a level lies at an hour: `below`, `inside` or `above` the interval, with its limits; `none` where none holds. */
export function placeOf(serum, hour, stretches) {
  // At an edge the later stretch holds, as it does in the run.
  const found = stretches.filter(([from, to]) => from <= hour && hour <= to).pop();
  if (!found) return { place: "none" };
  const [, , low, high] = found;
  return { place: serum < low ? "below" : serum > high ? "above" : "inside", low: low / 1000, high: high / 1000 };
}

/** A text with its holes, as in `{day}`, filled. */
export function filled(text, holes) {
  return text.replace(/\{(\w+)\}/g, (hole, name) => (name in holes ? holes[name] : hole));
}

function element(name, fields, text) {
  const made = document.createElementNS(SVG, name);
  for (const [field, value] of Object.entries(fields)) made.setAttribute(field, value);
  if (text !== undefined) made.textContent = text;
  return made;
}

class Panel {
  constructor(section, topics) {
    this.section = section;
    this.topics = new Map(topics.map((topic) => [topic.name, topic]));
    this.plain = numbers({ maximumFractionDigits: 2 });
    this.level = numbers({ minimumFractionDigits: 2, maximumFractionDigits: 2 });
    this.whole = numbers({ maximumFractionDigits: 0 });
    this.share = numbers({ maximumFractionDigits: 0, style: "percent" });
    this.form = section.querySelector("form");
    this.day = section.querySelector("#panel-day");
    this.picture = section.querySelector(".panel-figure > svg");
    this.said = section.querySelector(".panel-said");
    this.form.addEventListener("input", (event) => this.moved(event.target));
    this.form.addEventListener("submit", (event) => event.preventDefault());
    this.form.hidden = false;
    this.said.hidden = false;
    section.querySelector(".panel-table").open = false;
    // Each topic says what it is above its sliders; the line for those without a script is said twice then.
    section.querySelector(".panel-tells").hidden = true;
    this.changed();
    this.say();
  }

  get topic() {
    return this.topics.get(this.form.elements["panel-topic"].value);
  }

  get sliders() {
    return [...this.form.querySelectorAll(`[data-topic="${this.topic.name}"] input`)];
  }

  get run() {
    const sizes = this.topic.sliders.map((slider) => slider.values.length);
    return this.topic.runs[numberOf(sizes, this.sliders.map((input) => Number(input.value)))];
  }

  moved(input) {
    if (input === this.day) this.moment();
    else this.changed(input.type === "radio");
    clearTimeout(this.later);
    this.later = setTimeout(() => this.say(), QUIET);
  }

  /** A slider or the topic has changed: the lines, the words beside the sliders and the table. */
  changed(other = true) {
    const topic = this.topic;
    for (const set of this.form.querySelectorAll("[data-topic]")) set.hidden = set.dataset.topic !== topic.name;
    this.sliders.forEach((input, i) => {
      this.tell(input, `${this.plain.format(topic.sliders[i].values[Number(input.value)])} ${input.dataset.shown}`);
    });
    if (other) {
      this.day.max = topic.t.length - 1;
      this.day.value = Math.floor((topic.t.length - 1) / 2);
      const { near, missed } = topic.held;
      const { held, unheld } = this.section.dataset;
      this.section.querySelector(".panel-held").textContent = near
        ? filled(held, { near: this.whole.format(near), missed: this.whole.format(missed) })
        : unheld;
    }
    this.draw(topic, this.run);
    this.tabulate(topic, this.run);
    this.moment();
  }

  tell(input, text) {
    input.setAttribute("aria-valuetext", text);
    input.parentElement.querySelector("output").textContent = text;
  }

  scales(topic) {
    const { left, right, above, below } = this.picture.dataset;
    const span = ranges(topic);
    const [top, bottom] = above.split(" ").map(Number);
    const [high, low] = below.split(" ").map(Number);
    return {
      span,
      x: scale(...span.days, Number(left), Number(right)),
      y: scale(...span.serum, bottom, top),
      z: scale(...span.stores, low, high),
      foot: [bottom, low],
    };
  }

  draw(topic, run) {
    const { span, x, y, z, foot } = this.scales(topic);
    const line = (name, to) => {
      const points = run[name].map((value, i) => `${x(topic.t[i] / 24).toFixed(1)},${to(value).toFixed(1)}`);
      this.picture.querySelector(`polyline.panel-${name}`).setAttribute("points", points.join(" "));
    };
    line("serum", (value) => y(value / 1000));
    line("muscle", (value) => z(value / 10));
    line("bone", (value) => z(value / 10));
    const boxes = topic.intervals[run.interval].map(([from, to, low, high]) =>
      element("rect", {
        x: x(from / 24), y: y(high / 1000), width: x(to / 24) - x(from / 24), height: y(low / 1000) - y(high / 1000),
      }),
    );
    put(this.picture.querySelector(".panel-boxes"), ...boxes);
    const [left, right] = [x(span.days[0]), x(span.days[1])];
    const across = (tick, at) => [
      element("line", { x1: left, x2: right, y1: at, y2: at }),
      element("text", { x: left - 8, y: at + 4, "text-anchor": "end" }, this.plain.format(tick)),
    ];
    const under = (tick) =>
      foot.map((bottom) => element("text", { x: x(tick), y: bottom + 16, "text-anchor": "middle" }, this.plain.format(tick)));
    put(
      this.picture.querySelector(".panel-ticks"),
      ...ticks(...span.serum).flatMap((tick) => across(tick, y(tick))),
      ...ticks(...span.stores).flatMap((tick) => across(tick, z(tick))),
      ...ticks(...span.days).flatMap(under),
    );
  }

  /** The line and the dot at the moment shown. */
  moment() {
    const topic = this.topic;
    const i = Number(this.day.value);
    const { x, y } = this.scales(topic);
    const at = x(topic.t[i] / 24);
    const [line, dot] = [this.picture.querySelector(".panel-moment"), this.picture.querySelector(".panel-dot")];
    for (const [name, value] of [["x1", at], ["x2", at], ["visibility", "visible"]]) line.setAttribute(name, value);
    for (const [name, value] of [["cx", at], ["cy", y(this.run.serum[i] / 1000)], ["visibility", "visible"]]) dot.setAttribute(name, value);
    this.tell(this.day, filled(this.day.dataset.shown, { day: this.plain.format(topic.t[i] / 24) }));
  }

  say() {
    const [topic, run, words, i] = [this.topic, this.run, this.section.dataset, Number(this.day.value)];
    const { place, low, high } = placeOf(run.serum[i], topic.t[i], topic.intervals[run.interval]);
    const ends = place === "none" ? {} : { low: this.level.format(low), high: this.level.format(high) };
    this.said.textContent = filled(words.said, {
      day: this.plain.format(topic.t[i] / 24),
      serum: this.level.format(run.serum[i] / 1000),
      place: filled(words[place], ends),
      muscle: this.share.format(run.muscle[i] / 1000),
      bone: this.share.format(run.bone[i] / 1000),
    });
  }

  tabulate(topic, run) {
    const rows = topic.t.flatMap((hour, i) => {
      if (hour % 24) return [];
      const row = document.createElement("tr");
      const head = document.createElement("th");
      head.scope = "row";
      head.textContent = this.plain.format(hour / 24);
      row.append(head);
      for (const text of [this.level.format(run.serum[i] / 1000), this.whole.format(run.muscle[i] / 10), this.whole.format(run.bone[i] / 10)]) {
        const cell = document.createElement("td");
        cell.textContent = text;
        row.append(cell);
      }
      return [row];
    });
    put(this.section.querySelector(".panel-table tbody"), ...rows);
  }
}

/** Bring every panel of the page to life. Where the runs cannot be loaded, what stands there stays. */
export async function start() {
  for (const section of document.querySelectorAll("section.panel[data-runs]")) {
    const answer = await fetch(section.dataset.runs);
    if (answer.ok) new Panel(section, (await answer.json()).topics);
  }
}

start().catch(() => {});
