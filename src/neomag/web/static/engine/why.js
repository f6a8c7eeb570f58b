/**
 * Whether a rule is true, false or unknown, the findings that decided it, and for unknown those that would settle it. As
 * `neomag.rules.why`.
 */

// Families of sets grow with the product of alternatives; beyond this many the smallest are kept.
const MOST_SETS = 64;

const OPS = {
  "=": (a, b) => a === b, "<>": (a, b) => a !== b, "<": (a, b) => a < b, "<=": (a, b) => a <= b, ">": (a, b) => a > b,
  ">=": (a, b) => a >= b,
};

/**
 * The trees of the rules from their compact form (`neomag.rules.javascript.compact`). A number is a finding by its place in
 * the row or, past the last, a rule; every other node is a list that starts with its kind.
 */
export function rulesOf(trees, findings) {
  let count = 0;
  function node(data) {
    const id = count;
    count += 1;
    if (typeof data === "number") {
      return data < findings ? { id, kind: "finding", names: [data] } : { id, kind: "rule", rule: data - findings };
    }
    const [kind, ...rest] = data;
    if (kind in OPS) {
      const [left, right] = rest;
      const paired = Array.isArray(right);
      return { id, kind: "compare", holds: OPS[kind], names: paired ? [left, ...right] : [left], right, paired };
    }
    if (kind === "known") return { id, kind, names: [rest[0]], negated: rest[1] === 1 };
    if (kind === "is") return { id, kind, items: [node(rest[0])], value: rest[1], negated: rest[2] === 1 };
    if (kind === "least") return { id, kind, count: rest[0], items: rest.slice(1).map(node) };
    if (!["not", "and", "or"].includes(kind)) throw new Error(`no node of a rule is called ${kind}`);
    return { id, kind, items: rest.map(node) };
  }
  const roots = trees.map(node);
  return { roots, named: roots.map((root) => [...named(root)]), count };
}

/** The findings that a tree names itself, not by way of other rules, each once. */
function named(node, found = new Set()) {
  for (const name of node.names || []) found.add(name);
  for (const item of node.items || []) named(item, found);
  return found;
}

/**
 * A set of findings is a text with a sign for each place, the highest first: of two as long, the greater text is the greater
 * number.
 */
const FIRST_SIGN = 0x100;
const sign = (place) => String.fromCharCode(FIRST_SIGN + place);

/** The places in a set, the lowest first. */
const places = (set) => Array.from(set, (one) => one.charCodeAt(0) - FIRST_SIGN).reverse();

function union(a, b) {
  let joined = "";
  let i = 0;
  let j = 0;
  while (i < a.length && j < b.length) {
    if (a[i] === b[j]) j += 1;
    if (j < b.length && a[i] < b[j]) {
      joined += b[j];
      j += 1;
    } else {
      joined += a[i];
      i += 1;
    }
  }
  return joined + a.slice(i) + b.slice(j);
}

function within(small, large) {
  let at = -1;
  for (const one of small) {
    at = large.indexOf(one, at + 1);
    if (at < 0) return false;
  }
  return true;
}

/** The sets that contain no other of them, smallest first, the smallest of these when there are too many. */
function minimal(sets) {
  if (sets.length < 2) return sets;
  const kept = [];
  const sorted = [...new Set(sets)].sort((a, b) => a.length - b.length || (a < b ? -1 : 1));
  for (const set of sorted) {
    if (set.length === 1 || !kept.some((small) => within(small, set))) {
      kept.push(set);
      if (kept.length === MOST_SETS) break;
    }
  }
  return kept;
}

// Families are minimal as they are made: one alone needs no more work.

/** The sets of any one of the families. */
function either(families) {
  const filled = families.filter((family) => family.length);
  return filled.length === 1 ? filled[0] : minimal(filled.flat());
}

/** The sets of one of each family, joined. */
function product(families) {
  if (families.some((family) => !family.length)) return [];
  const open = families.filter((family) => family.length > 1 || family[0] !== "");
  if (!open.length) return [""];
  return open.reduce((total, family) => minimal(total.flatMap((a) => family.map((b) => union(a, b)))));
}

const least = (family) => (family.length ? family[0].length : 1000);

/** Evaluates and explains rules (of `rulesOf`) over one row of findings. Rules and findings go by their places. */
export class Explainer {
  constructor(rules, row) {
    this.trees = rules.roots;
    this.named = rules.named;
    this.row = row;
    this.values = new Array(rules.count);
    this.families = { true: new Array(rules.count), false: new Array(rules.count) };
    this.grounded = new Array(rules.count);
  }

  /** The value of every rule: true, false or null (unknown). */
  rules() {
    return this.trees.map((node) => this.value(node));
  }

  /** The three-valued truth of a node; the plain reading of the language. */
  value(node) {
    if (this.values[node.id] === undefined) this.values[node.id] = this.valued(node);
    return this.values[node.id];
  }

  valued(node) {
    switch (node.kind) {
      case "finding":
        return this.row[node.names[0]];
      case "rule":
        return this.value(this.trees[node.rule]);
      case "compare": {
        const [have, want] = [this.row[node.names[0]], node.paired ? this.row[node.names[1]] : node.right];
        return have === null || want === null ? null : node.holds(have, want);
      }
      case "known":
        return (this.row[node.names[0]] === null) !== node.negated;
      case "not": {
        const inner = this.value(node.items[0]);
        return inner === null ? null : !inner;
      }
      case "is":
        return (this.value(node.items[0]) === node.value) !== node.negated;
      case "least": {
        const sure = this.tally(node.items, true);
        if (sure >= node.count) return true;
        return sure + this.tally(node.items, null) < node.count ? false : null;
      }
      default: {
        const decisive = node.kind === "or";
        let value = !decisive;
        for (const item of node.items) {
          const one = this.value(item);
          if (one === decisive) return decisive;
          if (one === null) value = null;
        }
        return value;
      }
    }
  }

  tally(items, value) {
    return items.reduce((total, item) => total + (this.value(item) === value ? 1 : 0), 0);
  }

  /** The places of the known findings that decided a rule; for an unknown rule, those it names that are known. */
  grounds(rule) {
    const node = this.trees[rule];
    if (this.value(node) !== null) return [...this.decidedBy(node)];
    return this.named[rule].filter((place) => this.row[place] !== null);
  }

  /** The children that decide the value of a node. */
  deciding(node) {
    const value = this.value(node);
    const decisive = (node.kind === "or" && value === true) || (node.kind === "and" && value === false);
    if (node.kind !== "least" && value !== null && !decisive) return node.items;
    const same = node.items.filter((item) => this.value(item) === value);
    return same.length ? same : node.items;
  }

  decidedBy(node) {
    let found = this.grounded[node.id];
    if (found === undefined) {
      if (node.kind === "rule") found = this.decidedBy(this.trees[node.rule]);
      else if (node.names) found = new Set(node.names.filter((place) => this.row[place] !== null));
      else {
        found = new Set();
        for (const item of this.deciding(node)) for (const place of this.decidedBy(item)) found.add(place);
      }
      this.grounded[node.id] = found;
    }
    return found;
  }

  /** For an unknown rule, the smallest sets of unknown findings (places) of which one set, once known, can settle it. */
  settling(rule) {
    return this.settlingSets(rule).map(places);
  }

  /** The places of the findings that would settle a rule: all that stand in one of its smallest settling sets. */
  missing(rule) {
    return places(this.settlingSets(rule).reduce(union, ""));
  }

  settlingSets(rule) {
    const node = this.trees[rule];
    if (this.value(node) !== null) return [];
    const both = minimal([...this.to(node, true), ...this.to(node, false)]);
    return both.filter((set) => set.length === both[0].length);
  }

  /** Minimal sets of unknown findings that could make a node become `want`; none when nothing could. */
  to(node, want) {
    const value = this.value(node);
    if (value !== null) return value === want ? [""] : [];
    const families = this.families[want];
    if (families[node.id] === undefined) families[node.id] = this.family(node, want);
    return families[node.id];
  }

  family(node, want) {
    switch (node.kind) {
      case "rule":
        return this.to(this.trees[node.rule], want);
      case "finding":
        return [sign(node.names[0])];
      case "compare":
        return [node.names.filter((place) => this.row[place] === null).map(sign).reduce(union, "")];
      case "not":
        return this.to(node.items[0], !want);
      case "least": {
        const unknown = node.items.filter((item) => this.value(item) === null);
        const need = (want ? node.count : node.items.length - node.count + 1) - this.tally(node.items, want);
        const families = unknown.map((item) => this.to(item, want)).sort((a, b) => least(a) - least(b));
        // Any `need` of the unknown items will do; when one is enough all of them are alternatives.
        return need === 1 ? either(families) : product(families.slice(0, need));
      }
      case "and":
      case "or": {
        const families = node.items.map((item) => this.to(item, want));
        return want === (node.kind === "and") ? product(families) : either(families);
      }
      default: // a test that is never unknown
        return [];
    }
  }
}
