"""Rules to DuckDB SQL: one SELECT over a table with a row an infant and a column a finding."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from neomag.knowledge import Signature
from neomag.rules.tree import And, AtLeast, Compare, Is, Known, Name, Node, Not, Or
from neomag.sql import literal, quoted

TYPES = {"truth": "BOOLEAN", "count": "BIGINT", "quantity": "DOUBLE", "word": "VARCHAR"}


def expression(node: Node) -> str:
    """SQL text of `node`; SQL's own logic is three-valued."""
    match node:
        case Name(name):
            return quoted(name)
        case Compare(op, left, right, _):
            return f"({quoted(left)} {op} {_side(right)})"
        case Known(name, negated):
            return f"({quoted(name)} IS {'NOT ' if negated else ''}NULL)"
        case Not(item):
            return f"(NOT {expression(item)})"
        case And(items):
            return f"({' AND '.join(map(expression, items))})"
        case Or(items):
            return f"({' OR '.join(map(expression, items))})"
        case Is(item, value, negated):
            word = "NULL" if value is None else str(value).upper()
            return f"({expression(item)} IS {'NOT ' if negated else ''}{word})"
        case AtLeast(count, items):
            # True once enough are true, false once enough cannot be, else unknown.
            sure = " + ".join(f"(CASE WHEN {expression(i)} THEN 1 ELSE 0 END)" for i in items)
            maybe = " + ".join(f"(CASE WHEN NOT {expression(i)} THEN 0 ELSE 1 END)" for i in items)
            return f"(CASE WHEN {sure} >= {count} THEN TRUE WHEN {maybe} < {count} THEN FALSE ELSE NULL END)"


def _side(value: float | int | str | Name) -> str:
    return quoted(value.name) if isinstance(value, Name) else literal(value)


def columns(signatures: Mapping[str, Signature]) -> str:
    """The column definitions of the findings table."""
    return ", ".join(f"{quoted(name)} {TYPES[signature.type]}" for name, signature in signatures.items())


def query(rules: Mapping[str, Node], order: Sequence[str], table: str) -> str:
    """A SELECT of all rules over `table`, in the order of `rules`."""
    return f"SELECT {', '.join(map(quoted, rules))} FROM {layers(rules, order, quoted(table))}"


def layers(rules: Mapping[str, Node], order: Sequence[str], text: str) -> str:
    """The table or subquery `text` with the columns of all rules added, as a subquery.

    Rules build on rules: each layer of the query adds those whose grounds the layers below hold, so that no rule's
    text is written out twice.
    """
    from neomag.rules.tree import names

    depth: dict[str, int] = {}
    for name in order:
        depth[name] = 1 + max((depth[n] for n in names(rules[name]) if n in depth), default=0)
    for layer in range(1, max(depth.values(), default=0) + 1):
        added = ", ".join(f"{expression(rules[n])} AS {quoted(n)}" for n in order if depth[n] == layer)
        text = f"(SELECT *, {added} FROM {text})"
    return text
