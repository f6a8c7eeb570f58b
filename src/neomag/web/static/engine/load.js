/** The knowledge in force, ready for `assess`: the generated rules beside this file, and the words of a language. */

import { knowledge } from "./knowledge.js";
import * as rules from "./rules.js";

/** The knowledge with the words of `language` (`en`, `zh`, `es`). Rejects when the words cannot be loaded. */
export async function load(language) {
  const answer = await fetch(new URL(`words-${language}.json`, import.meta.url));
  if (!answer.ok) throw new Error(`words of ${language}: ${answer.status}`);
  return knowledge(rules, await answer.json());
}
