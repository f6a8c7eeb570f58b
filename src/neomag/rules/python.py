"""Rules to Python: one generated function from a row of findings to the values of all rules.

Three-valued logic is compiled to two-valued: each rule asks `certainly` (true whatever the unknowns turn out to be) and
`possibly` (not certainly false); it is true, false, or unknown when possible and not certain. Both are plain Python
that stops at the first decision, which is why one infant takes microseconds.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from neomag.rules.tree import And, AtLeast, Compare, Is, Known, Name, Node, Not, Or

Evaluate = Callable[[Sequence[Any]], tuple[bool | None, ...]]

_OPS = {"=": "==", "<>": "!=", "<": "<", "<=": "<=", ">": ">", ">=": ">="}


def certainly(node: Node, counts: frozenset[str]) -> str:
    """Python text that is true when `node` is true. `counts` names the findings that are never unknown."""
    match node:
        case Name(name):
            return name
        case Compare(op, left, right, _):
            other = right.name if isinstance(right, Name) else repr(right)
            known = [f"{n} is not None" for n in _nullable(node, counts)]
            return f"({' and '.join([*known, f'{left} {_OPS[op]} {other}'])})"
        case Known(name, negated):
            return f"{name} is {'not ' if negated else ''}None"
        case Not(item):
            return f"(not {possibly(item, counts)})"
        case And(items):
            return f"({' and '.join(certainly(i, counts) for i in items)})"
        case Or(items):
            return f"({' or '.join(certainly(i, counts) for i in items)})"
        case Is():
            return _is(node, counts)
        case AtLeast(count, items):
            return f"({' + '.join(f'(1 if {certainly(i, counts)} else 0)' for i in items)} >= {count})"


def possibly(node: Node, counts: frozenset[str]) -> str:
    """Python text that is true when `node` is not false."""
    match node:
        case Name(name):
            return f"{name} is not False"
        case Compare(op, left, right, _):
            other = right.name if isinstance(right, Name) else repr(right)
            unknown = [f"{n} is None" for n in _nullable(node, counts)]
            return f"({' or '.join([*unknown, f'{left} {_OPS[op]} {other}'])})"
        case Not(item):
            return f"(not {certainly(item, counts)})"
        case And(items):
            return f"({' and '.join(possibly(i, counts) for i in items)})"
        case Or(items):
            return f"({' or '.join(possibly(i, counts) for i in items)})"
        case Known() | Is():
            return certainly(node, counts)
        case AtLeast(count, items):
            return f"({' + '.join(f'(1 if {possibly(i, counts)} else 0)' for i in items)} >= {count})"


def _nullable(node: Compare, counts: frozenset[str]) -> list[str]:
    named = [node.left, *([node.right.name] if isinstance(node.right, Name) else [])]
    return [name for name in named if name not in counts]


def _is(node: Is, counts: frozenset[str]) -> str:
    if node.value is True:
        text = certainly(node.item, counts)
    elif node.value is False:
        text = f"not {possibly(node.item, counts)}"
    else:
        text = f"({possibly(node.item, counts)} and not {certainly(node.item, counts)})"
    return f"(not ({text}))" if node.negated else f"({text})"


def source(findings: Sequence[str], rules: Mapping[str, Node], order: Sequence[str], counts: frozenset[str]) -> str:
    """Python source of `evaluate(row)`.

    `findings` names the places of the row; `rules` maps rule names to trees, in the order of the values returned;
    `order` lists the rules so that each stands after those it names.
    """
    lines = ["def evaluate(row):", f"    ({', '.join(findings)},) = row"]
    for name in order:
        sure, maybe = certainly(rules[name], counts), possibly(rules[name], counts)
        if sure == maybe:
            lines.append(f"    {name} = True if {sure} else False")
        else:
            lines.append(f"    {name} = True if {sure} else None if {maybe} else False")
    lines.append(f"    return ({', '.join(rules)},)")
    return "\n".join(lines) + "\n"


def compile_source(text: str) -> Evaluate:
    """The `evaluate` function of generated source. The source comes from checked rules only, never from a user's text."""
    scope: dict[str, Any] = {}
    exec(compile(text, "<neomag rules>", "exec"), scope)
    return scope["evaluate"]
