/** What every kind of finding is made with: per kind of event, and once at the end. As `neomag.findings.kinds`. */

/** Collects what a plan does. Places of the row beyond the findings are scratch. */
export class Builder {
  constructor(knowledge) {
    this.knowledge = knowledge;
    this.row = [];
    this.onEvent = new Map();
    this.atEnd = [];
    this.shared = new Map();
  }

  /** A fresh place in the row that holds `start` before the first event. */
  place(start = null) {
    this.row.push(start);
    return this.row.length - 1;
  }

  /** Do something at each event with this key (`sign:apnoea`), in order of time. */
  on(key, act) {
    if (this.onEvent.has(key)) this.onEvent.get(key).push(act);
    else this.onEvent.set(key, [act]);
  }

  /** The place that `make` made for this name, once for all who share it. */
  once(name, make) {
    if (!this.shared.has(name)) this.shared.set(name, make());
    return this.shared.get(name);
  }

  /** A scratch place that holds the list of all events with these keys, or null when there is none. */
  collect(...keys) {
    return this.once(`collect ${keys}`, () => {
      const where = this.place();
      const add = (row, event) => {
        if (row[where] === null) row[where] = [event];
        else row[where].push(event);
      };
      for (const key of keys) this.on(key, add);
      return where;
    });
  }

  /** A scratch place that holds the last result of lab `code`: by time, then by place in the file; undated ones first. */
  last(code) {
    return this.once(`last ${code}`, () => {
      const where = this.place();
      this.on(`lab:${code}`, (row, event) => {
        row[where] = event;
      });
      return where;
    });
  }
}

/** The drugs, signs or labs of a parameter as keys of events. */
export const keys = (kind, codes) => codes.map((code) => `${kind}:${code}`);
