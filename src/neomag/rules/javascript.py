"""Rules to JavaScript: one generated function from a row of findings to the values of all rules, and the trees to explain them.

The function is plain ES2020 that needs no `eval`: two expressions a rule (`neomag.rules.two_valued`). Unknown is null, never
undefined. The trees are compact lists, which the engine's `why.js` reads.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

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
    # No word of the language starts with a dollar, and no name of a finding can be one.
    name="${}".format,
    literal=json.dumps,
)


def source(findings: Sequence[str], rules: Mapping[str, Node], order: Sequence[str], counts: frozenset[str]) -> str:
    """JavaScript source of `evaluate(row)`: an array of findings to an array of true, false or null.

    `findings` names the places of the row; `rules` maps rule names to trees, in the order of the values returned; `order` lists
    the rules so that each stands after those it names; `counts` names the findings that are never unknown.
    """
    to = TwoValued(DIALECT, counts)
    lines = ["export function evaluate(row) {", f"const [{', '.join(map(DIALECT.name, findings))}] = row;"]
    for name in order:
        sure, maybe = to.certainly(rules[name]), to.possibly(rules[name])
        otherwise = "false" if sure == maybe else f"{maybe} ? null : false"
        lines.append(f"const {DIALECT.name(name)} = {sure} ? true : {otherwise};")
    lines += [f"return [{', '.join(map(DIALECT.name, rules))}];", "}"]
    return "\n".join(lines) + "\n"


def compact(node: Node, places: Mapping[str, int]) -> Any:
    """The tree as the engine's `why.js` reads it: a number for a finding or rule, by `places`; else a list that starts with its kind."""
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
