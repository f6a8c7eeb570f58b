/**
 * Text of JSON or JSON Lines to plain values, strictly and in bounded memory; numbers stay as they were written. As
 * `neomag.case.documents`, which also reads YAML.
 */

import { Numeral } from "./decimal.js";
import { Refusal } from "./refusal.js";

const MAX_BYTES = 4 * 1024 * 1024;
const MAX_LINES_BYTES = 64 * 1024 * 1024;
const MAX_DEPTH = 20;
const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][-+]?\d+)?/y;
const STRING = /"[^"\\\u0000-\u001f]*(?:\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})[^"\\\u0000-\u001f]*)*"/y;
const LINE_END = /\r\n|[\n-\r\x1c-\x1e\x85\u2028\u2029]/;
const SPACE = /[ \t\n\r]*/y;
// An exponent of more digits than any decimal arithmetic knows.
const BEYOND = /[eE][-+]?0*[1-9]\d{18}/;
const NOT_A_NUMBER = /NaN|-?Infinity/y;

/** The text of a file's bytes. Throws Refusal when they are not UTF-8. */
function decoded(bytes) {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (error) {
    throw new Refusal("file-not-utf-8");
  }
}

/**
 * The documents in `data`, text or bytes: one for JSON, one a line for JSON Lines. `name` is the file's name; its suffix
 * decides the format, else the text does. A line that cannot be read stands in the list as its Refusal. Throws Refusal when
 * nothing can be read.
 */
export function parse(data, name = "") {
  const content = (typeof data === "string" ? data : decoded(data)).replace(/^\ufeff/, "");
  const suffix = name.slice(name.lastIndexOf(".") + 1).toLowerCase();
  const lines = suffix === "jsonl" || suffix === "ndjson" || (suffix !== "json" && looksLikeLines(content));
  const most = lines ? MAX_LINES_BYTES : MAX_BYTES;
  if (content.length > most) throw new Refusal("file-too-large", { most: most / 1024 / 1024 });
  if (content.includes("\0")) throw new Refusal("file-not-text");
  if (!content.trim()) throw new Refusal("file-empty");
  if (!lines) return [json(content)];
  return content.split(LINE_END).flatMap((line, place) => {
    if (!line.trim()) return [];
    try {
      return [json(line)];
    } catch (error) {
      if (error instanceof Refusal) return [new Refusal("file-line", { line: place + 1, why: error })];
      throw error;
    }
  });
}

function looksLikeLines(text) {
  const trimmed = text.trim();
  const end = trimmed.indexOf("\n");
  if (end < 0) return false;
  const first = trimmed.slice(0, end).trim();
  return first.startsWith("{") && first.endsWith("}") && trimmed.slice(end).trim().startsWith("{");
}

/** The value of one JSON text. Objects have no prototype, so that no key of theirs is anything but a key. Throws Refusal. */
export function json(text) {
  let at = 0;

  function take(pattern) {
    pattern.lastIndex = at;
    const found = pattern.exec(text);
    if (!found) return null;
    at += found[0].length;
    return found[0];
  }

  function unreadable() {
    const before = text.slice(0, at).split("\n");
    return new Refusal("file-not-json", { line: before.length, column: before[before.length - 1].length + 1 });
  }

  function expect(sign) {
    if (text[at] !== sign) throw unreadable();
    at += 1;
  }

  function string() {
    const found = take(STRING);
    if (found === null) throw unreadable();
    return JSON.parse(found);
  }

  /** The items up to the closing sign, each read by `item`. */
  function several(close, item) {
    at += 1;
    take(SPACE);
    if (text[at] === close) {
      at += 1;
      return;
    }
    for (;;) {
      take(SPACE);
      item();
      take(SPACE);
      if (text[at] === close) break;
      expect(",");
    }
    at += 1;
  }

  function value(depth) {
    const sign = text[at];
    if (depth > MAX_DEPTH) throw new Refusal("file-too-deep", { most: MAX_DEPTH });
    if (sign === "{") {
      const found = Object.create(null);
      several("}", () => {
        const key = string();
        take(SPACE);
        expect(":");
        take(SPACE);
        const inner = value(depth + 1);
        if (key in found) throw new Refusal("file-key-twice", { key: key.slice(0, 40) });
        found[key] = inner;
      });
      return found;
    }
    if (sign === "[") {
      const found = [];
      several("]", () => found.push(value(depth + 1)));
      return found;
    }
    if (sign === '"') return string();
    for (const [word, meant] of [["true", true], ["false", false], ["null", null]]) {
      if (text.startsWith(word, at)) {
        at += word.length;
        return meant;
      }
    }
    const odd = take(NOT_A_NUMBER);
    if (odd !== null) throw new Refusal("file-no-number", { number: odd });
    const number = take(NUMBER);
    if (number === null) throw unreadable();
    if (BEYOND.test(number)) throw new Refusal("file-number-size");
    return new Numeral(number);
  }

  take(SPACE);
  const found = value(1);
  take(SPACE);
  if (at < text.length) throw unreadable();
  return found;
}
