"""Rules to Python: one generated function from a row of findings to the values of all rules.

Two plain expressions a rule (`neomag.rules.two_valued`) that stop at the first decision, which is why one infant takes
microseconds.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from neomag.rules.tree import Node
from neomag.rules.two_valued import Dialect, TwoValued

Evaluate = Callable[[Sequence[Any]], tuple[bool | None, ...]]

DIALECT = Dialect(
    conjunction=" and ",
    disjunction=" or ",
    negation="not {}",
    is_unknown="{} is None",
    is_known="{} is not None",
    not_false="{} is not False",
    one="(1 if {} else 0)",
    signs={"=": "==", "<>": "!=", "<": "<", "<=": "<=", ">": ">", ">=": ">="},
    name=str,
    literal=repr,
)


def source(findings: Sequence[str], rules: Mapping[str, Node], order: Sequence[str], counts: frozenset[str]) -> str:
    """Python source of `evaluate(row)`.

    `findings` names the places of the row; `rules` maps rule names to trees, in the order of the values returned;
    `order` lists the rules so that each stands after those it names.
    """
    to = TwoValued(DIALECT, counts)
    lines = ["def evaluate(row):", f"    ({', '.join(findings)},) = row"]
    for name in order:
        sure, maybe = to.certainly(rules[name]), to.possibly(rules[name])
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
