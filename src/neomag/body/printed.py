"""Expressions as Python functions over arrays, for a compiler to compile. What an infant's numbers fix is worked out once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import inf

from neomag.body.expression import Expression, Value, walk

_CALLS = {"exp", "log", "log1p", "sqrt", "min", "max"}


class Printed:
    """Lines of a function body in which each expression has a name of its own. `given` says how a symbol is written."""

    def __init__(self, given: Mapping[str, str], ready: Mapping[Expression, str] | None = None):
        self.given, self.ready = given, dict(ready or {})
        self.lines: list[str] = []
        self.logs: dict[str, str] = {}

    def add(self, roots: Sequence[Value]) -> list[str]:
        """Write what the roots need, and give how each is written."""
        for e in walk(roots, self.ready):
            if e.op == "symbol":
                self.ready[e] = self.given[e.args[0]]
            else:
                self.ready[e] = self._line(self._text(e))
        return [self.word(root) for root in roots]

    def word(self, value: Value) -> str:
        """How a value that is written already is written."""
        if isinstance(value, Expression):
            return self.ready[value]
        return "inf" if value == inf else repr(value)

    def _line(self, text: str) -> str:
        name = f"v{len(self.lines)}"
        self.lines.append(f"{name} = {text}")
        return name

    def _text(self, e: Expression) -> str:
        args = [self.word(a) for a in e.args]
        if e.op in _CALLS:
            return f"{e.op}({', '.join(args)})"
        if e.op == "where":
            return f"{args[1]} if {args[0]} else {args[2]}"
        if e.op in {"neg", "not"}:
            return f"{'-' if e.op == 'neg' else 'not '}{args[0]}"
        if e.op == "**":
            # Powers of one base share its logarithm. The base, a serum level, is above nought.
            if args[0] not in self.logs:
                self.logs[args[0]] = self._line(f"log({args[0]})")
            return f"exp({args[1]} * {self.logs[args[0]]})"
        return f"{args[0]} {e.op} {args[1]}"


def parted(roots: Sequence[Value], fixed: frozenset[str]) -> list[Expression]:
    """The largest expressions under the roots that turn on `fixed` symbols alone."""
    under: dict[Expression, bool] = {}
    found: dict[Expression, None] = {}
    for e in walk(roots):
        inner = [a for a in e.args if isinstance(a, Expression)]
        under[e] = e.args[0] in fixed if e.op == "symbol" else all(under[a] for a in inner)
        if not under[e]:
            found |= {a: None for a in inner if under[a]}
    found |= {root: None for root in roots if isinstance(root, Expression) and under[root]}
    return list(found)


def function(name: str, args: str, lines: Sequence[str], out: str, written: Sequence[str], gives: str = "") -> str:
    """A function that writes `written` into the array `out`."""
    body = [*lines, *(f"{out}[{i}] = {text}" for i, text in enumerate(written)), *([f"return {gives}"] if gives else [])]
    return f"def {name}({args}):\n" + "\n".join(f"    {line}" for line in body) + "\n"


def numbered(names: Sequence[str], array: str) -> dict[str, str]:
    """How each of the names is written when they stand in an array in that order."""
    return {name: f"{array}[{i}]" for i, name in enumerate(names)}
