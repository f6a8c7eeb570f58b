/**
 * A refusal or other message of the engine: a code and what it is filled with. The sentence itself is looked up by the
 * code in the words of a language, so that the engine holds none.
 */

/** Something that cannot be used, thrown by a reader; `fields` may hold further messages. */
export class Refusal extends Error {
  constructor(code, fields = {}) {
    super(code);
    this.code = code;
    this.fields = fields;
  }
}

/** The sentence of a message in the words of a language; what stands in {braces} is filled in. */
export function sentence(message, words) {
  const template = words.messages[message.code];
  if (template === undefined) throw new Error(`the words have no message ${message.code}`);
  return template.replace(/\{(\w+)\}/g, (_, name) => {
    const value = message.fields[name];
    if (value instanceof Refusal) return sentence(value, words);
    return Array.isArray(value) ? value.join(words.list_mark) : String(value);
  });
}
