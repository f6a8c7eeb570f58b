/** Assess a case: findings, then rules, then what follows from the true ones. As `neomag.assess`. */

import { advice, magnesium, problems, ruleResults } from "./answer.js";
import { parse } from "./documents.js";
import { readCase } from "./reader.js";
import { Refusal, sentence } from "./refusal.js";
import { Explainer } from "./why.js";

// What rules can set, the gravest first (urgency: last).
const URGENCIES = ["routine", "soon", "urgent", "emergency"];
const STATUSES = ["uninterpretable", "deficient", "grey", "high", "normal"];
const GRADES = ["critical", "severe", "low", "borderline"];
const SUSPICIONS = ["confirmed", "strong", "possible", "unlikely"];
const LISTS = ["actions", "blocks", "causes", "consider", "caveats"];
const OUT_OF_SCOPE = "out-of-scope";

/**
 * The answer to a case, or why it is refused.
 *
 * @param {object} caseObject a case as the format describes it: from `parse` of documents.js (numbers exactly as written),
 *   or plain values
 * @param {object} knowledge what `knowledge` of knowledge.js made ready
 * @param {{numberless?: boolean}} how `numberless`: a result may have neither value nor flag
 * @returns {{answer: object} | {refusals: {where: string, code: string, says: string}[]}}
 */
export function assess(caseObject, knowledge, how = {}) {
  const read = readCase(caseObject, knowledge, how);
  if (read.refused) return { refusals: read.refused.map(({ where, why }) => told(where, why, knowledge)) };
  return { answer: answerTo(read.case, knowledge) };
}

/** The answer to each case in the text or bytes of a file called `name`, or why it is refused. */
export function assessFile(data, name, knowledge) {
  let documents;
  try {
    documents = parse(data, name);
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    documents = [error];
  }
  return documents.map((document) =>
    document instanceof Refusal ? { refusals: [told("", document, knowledge)] } : assess(document, knowledge),
  );
}

function told(where, why, { words }) {
  return { where, code: why.code === "of" ? why.fields.why.code : why.code, says: sentence(why, words) };
}

/** The answer to a case that was read. */
export function answerTo(kase, knowledge) {
  const row = knowledge.plan(kase);
  const explainer = new Explainer(knowledge.trees, row);
  const values = explainer.rules();
  const outOfScope = values[knowledge.rules.findIndex((rule) => rule.id === OUT_OF_SCOPE)] === true;
  const inForce = knowledge.rules.filter((rule, place) => values[place] && (rule.any_age || !outOfScope));

  const set = (name) => new Set(inForce.map((rule) => rule[name]));
  const gravest = (name, names) => {
    const found = set(name);
    return names.find((one) => found.has(one)) || null;
  };
  const lines = (name) => {
    const found = new Map();
    for (const rule of inForce) {
      for (const code of rule[name] || []) {
        if (found.has(code)) found.get(code).push(rule);
        else found.set(code, [rule]);
      }
    }
    const codes = Object.keys(knowledge.lists[name]).filter((code) => found.has(code));
    return codes.map((code) => advice(name, code, found.get(code), knowledge));
  };
  const [actions, blocked, causes, consider, caveats] = LISTS.map(lines);
  // A line that is both advised and blocked is blocked, and one that is done is not advised again.
  const dropped = new Set([...inForce.flatMap((rule) => rule.done || []), ...blocked.map((line) => line.code)]);
  return {
    case: kase.name,
    knowledge: knowledge.version,
    urgency: gravest("urgency", [...URGENCIES].reverse()) || URGENCIES[0],
    magnesium: magnesium(kase, gravest("status", STATUSES), gravest("grade", GRADES), caveats, knowledge),
    suspicion: gravest("suspicion", SUSPICIONS) || "not-assessable",
    causes,
    consider,
    actions: actions.filter((line) => !dropped.has(line.code)),
    blocked,
    rules: ruleResults(explainer, values, knowledge),
    problems: problems(kase, inForce.flatMap((rule) => rule.problem || []), knowledge),
  };
}
