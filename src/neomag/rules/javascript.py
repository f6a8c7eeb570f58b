"""Rules to JavaScript: a module with one function from findings to the values of all rules; and trees for the browser.

The module is plain ES2020 that needs no `eval`: two expressions a rule (`neomag.rules.two_valued`). The browser's engine
explains every rule, for which it needs the trees anyway; as compact lists they are a fifth of the module, and it evaluates
these.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from textwrap import wrap
from typing import Any

from neomag.rules.selection import Selection
from neomag.rules.tree import And, AtLeast, Compare, Is, Known, Name, Node, Not, Or
from neomag.rules.two_valued import Dialect, TwoValued

DIALECT = Dialect(
    conjunction=" && ",
    disjunction=" || ",
    negation="!{}",
    is_unknown="({} === null)",
    is_known="({} !== null)",
    not_false="({} !== false)",
    one="({} ? 1 : 0)",
    signs={"=": "===", "<>": "!==", "<": "<", "<=": "<=", ">": ">", ">=": ">="},
    # No word of the language starts with a dollar.
    name="${}".format,
    literal=json.dumps,
)
_TYPES = {"truth": "boolean", "count": "whole number", "quantity": "number", "word": "string"}


def text(chosen: Selection, described: Mapping[str, str]) -> str:
    """An ES module whose `evaluate(findings)` takes an object of findings by name and gives true, false or null by rule id.

    `described` says what each finding is. A finding that is missing is unknown, a count 0.
    """
    return "\n".join(_lines(chosen, described)) + "\n"


def _lines(chosen: Selection, described: Mapping[str, str]) -> Iterator[str]:
    known, findings = chosen.knowledge, chosen.findings
    yield f"// neomag's rules, knowledge {known.version}, digest {known.digest}."
    yield "// Decision support for magnesium deficiency in infants, birth to 24 months. Not a substitute for a clinician."
    yield "//"
    yield "// evaluate(findings): an object with the properties below to one with true, false or null (unknown) by rule id."
    yield "// null is unknown, never NaN; a count is never null. What is missing is unknown, a count 0."
    for name, signature in findings.items():
        kind = " or ".join(map(json.dumps, signature.words)) if signature.words else _TYPES[signature.type]
        unit = f" [{signature.unit}]" if signature.unit else ""
        yield f"//   {name}, {kind}: {' '.join(described[name].split())}{unit}"
    to = TwoValued(DIALECT, frozenset(name for name, signature in findings.items() if signature.type == "count"))
    says, ids = {entry.name: entry.says for entry in chosen.entries}, chosen.ids
    yield "export function evaluate(findings) {"
    yield "  const {"
    for name in findings:
        yield f"    {name}: {DIALECT.name(name)} = {0 if name in to.counts else 'null'},"
    yield "  } = findings;"
    for name in chosen.order:
        yield from wrap(says[name], 120, initial_indent=f"  // {ids[name]}: ", subsequent_indent="  //   ")
        sure, maybe = to.certainly(chosen.trees[name]), to.possibly(chosen.trees[name])
        yield f"  const {DIALECT.name(name)} = {sure} ? true : {'false' if sure == maybe else f'{maybe} ? null : false'};"
    yield "  return {"
    for name, rule in ids.items():
        yield f"    {json.dumps(rule)}: {DIALECT.name(name)},"
    yield "  };"
    yield "}"


def compact(node: Node, places: Mapping[str, int]) -> Any:
    """The tree as the engine's `why.js` reads it.

    A number is a finding or rule, by `places`; all else a list that starts with its kind.
    """
    match node:
        case Name(name):
            return places[name]
        case Compare(op, left, right, _):
            return [op, places[left], [places[right.name]] if isinstance(right, Name) else right]
        case Known(name, negated):
            return ["known", places[name], int(negated)]
        case Is(item, value, negated):
            return ["is", compact(item, places), value, int(negated)]
        case AtLeast(count, items):
            return ["least", count, *(compact(i, places) for i in items)]
        case Not(item):
            return ["not", compact(item, places)]
        case And(items):
            return ["and", *(compact(i, places) for i in items)]
        case Or(items):
            return ["or", *(compact(i, places) for i in items)]
