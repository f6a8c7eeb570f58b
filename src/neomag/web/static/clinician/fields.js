/** The fields of the form by name, in order, and the rows among them. As `neomag.web.clinician.fields`. */

export const MOST = 12000;

export class Fields {
  /** `pairs`: (name, value) as a browser posts them. */
  constructor(pairs) {
    this.values = new Map();
    for (const [name, value] of pairs) {
      if (this.values.has(name)) this.values.get(name).push(value);
      else this.values.set(name, [value]);
    }
  }

  /** The first value of a field, empty when there is none. */
  get(name) {
    return (this.values.get(name) || [""])[0];
  }

  has(name, value) {
    return (this.values.get(name) || []).includes(value);
  }

  /** Each [name, value] of `name` itself and of `name.…`, in order. */
  under(name) {
    return this.pairs().filter(([key]) => key === name || key.startsWith(`${name}.`));
  }

  /** The names of the rows `name.0`, `name.1`…, in their order. */
  rows(name) {
    const places = new Set();
    for (const key of this.values.keys()) {
      const place = key.startsWith(`${name}.`) ? key.slice(name.length + 1).split(".", 1)[0] : "";
      if (/^\d{1,5}$/.test(place)) places.add(Number(place));
    }
    return [...places].sort((a, b) => a - b).map((place) => `${name}.${place}`);
  }

  pairs() {
    return [...this.values].flatMap(([name, values]) => values.map((value) => [name, value]));
  }
}
