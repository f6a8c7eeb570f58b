"""Arithmetic kept instead of done: the expressions that the model's equations are read into.

Equal expressions are one object, so that what occurs twice is worked out once. Numbers alone are worked out at once.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from typing import Any, cast

Value = Any  # an Expression, or a plain number


def _and(a: Value, b: Value) -> Value:
    return a and b


def _or(a: Value, b: Value) -> Value:
    return a or b


def _chosen(test: Value, a: Value, b: Value) -> Value:
    return a if test else b


_python: Any = operator
# Each operation and what it does to plain numbers. `where` takes a condition and the two values it chooses between.
OPERATIONS: Mapping[str, Any] = {
    "+": _python.add, "-": _python.sub, "*": _python.mul, "/": _python.truediv, "**": _python.pow, "neg": _python.neg,
    "<": _python.lt, "<=": _python.le, ">": _python.gt, ">=": _python.ge, "==": _python.eq,
    "and": _and, "or": _or, "not": _python.not_,
    "exp": math.exp, "log": math.log, "log1p": math.log1p, "sqrt": math.sqrt, "min": min, "max": max, "where": _chosen,
}  # fmt: skip
CONDITIONS = frozenset({"<", "<=", ">", ">=", "==", "and", "or", "not"})


class Expression:
    """A symbol (`op` is `symbol`, its name the only argument) or an operation on expressions and numbers.

    Python's operators make new ones. As an expression has no value yet, it cannot decide an `if`.
    """

    __slots__ = ("args", "op")
    __hash__ = object.__hash__

    def __init__(self, op: str, args: tuple[Value, ...]):
        self.op, self.args = op, args

    def __repr__(self) -> str:
        return str(self.args[0]) if self.op == "symbol" else f"{self.op}({', '.join(map(repr, self.args))})"

    def __bool__(self) -> bool:
        raise TypeError("an expression has no value yet")

    def __add__(self, other: Value) -> Value:
        return make("+", self, other)

    def __radd__(self, other: Value) -> Value:
        return make("+", other, self)

    def __sub__(self, other: Value) -> Value:
        return make("-", self, other)

    def __rsub__(self, other: Value) -> Value:
        return make("-", other, self)

    def __mul__(self, other: Value) -> Value:
        return make("*", self, other)

    def __rmul__(self, other: Value) -> Value:
        return make("*", other, self)

    def __truediv__(self, other: Value) -> Value:
        return make("/", self, other)

    def __rtruediv__(self, other: Value) -> Value:
        return make("/", other, self)

    def __pow__(self, other: Value) -> Value:
        return make("**", self, other)

    def __neg__(self) -> Value:
        return make("neg", self)


_made: dict[tuple[Any, ...], Expression] = {}


def symbol(name: str) -> Expression:
    """The symbol of a name."""
    return _one("symbol", (name,))


def make(op: str, *args: Value) -> Value:
    """The operation on the arguments: a number when all are numbers, else an expression."""
    if not any(isinstance(a, Expression) for a in args):
        return OPERATIONS[op](*args)
    found = _shortcut(op, args)
    return _one(op, args) if found is None else found


def _shortcut(op: str, args: tuple[Value, ...]) -> Value | None:
    """What an operation with nought or a settled condition comes to; None when there is no shortcut."""
    if op == "where" and not isinstance(args[0], Expression):
        return args[1] if args[0] else args[2]
    if op == "where" and args[1] is args[2]:
        return args[1]
    if op == "not" and args[0].op == "not":
        return args[0].args[0]
    a, b = (args[0], args[1]) if len(args) == 2 else (None, None)
    if op in {"and", "or"}:
        settled, rest = (a, b) if isinstance(b, Expression) else (b, a)
        if not isinstance(settled, Expression):
            return rest if bool(settled) == (op == "and") else settled
    if op == "*" and (_is(a, 0) or _is(b, 0)):
        return 0.0
    if op == "+" and _is(a, 0):
        return b
    # One is kept as a factor: it may stand for a unit, such as the kg in a litre of water.
    if op in "+-" and _is(b, 0):
        return a
    return 0.0 if op == "/" and _is(a, 0) else None


def _is(value: Value | None, number: float) -> bool:
    return isinstance(value, int | float) and value == number


def _one(op: str, args: tuple[Value, ...]) -> Expression:
    key: tuple[Any, ...] = (op, *(id(a) if isinstance(a, Expression) else (a.__class__, a) for a in args))
    return _made.setdefault(key, Expression(op, args))


def where(test: Value, a: Value, b: Value) -> Value:
    """`a` when the test holds, else `b`; lists and tuples item by item."""
    if not isinstance(a, list | tuple):
        return make("where", test, a, b)
    both = [where(test, x, y) for x, y in zip(cast("Sequence[Value]", a), b, strict=True)]
    return both if isinstance(a, list) else tuple(both)


def walk(roots: Iterable[Value], known: Container[Expression] = ()) -> Iterator[Expression]:
    """Every expression under the roots once, each after those it is made of; what is `known` is not looked into."""
    seen: set[int] = set()
    for root in roots:
        stack: list[tuple[Value, bool]] = [(root, False)]
        while stack:
            at, ready = stack.pop()
            if not isinstance(at, Expression) or id(at) in seen or at in known:
                continue
            if ready:
                seen.add(id(at))
                yield at
            else:
                stack.append((at, True))
                stack.extend((a, False) for a in reversed(at.args))


def symbols(roots: Iterable[Value]) -> frozenset[str]:
    """The names of all symbols under the roots."""
    return frozenset(e.args[0] for e in walk(roots) if e.op == "symbol")


def decided(roots: Sequence[Value], values: Mapping[str, float], names: dict[Expression, str]) -> list[Value]:
    """The roots with every choice made that hangs on `values` alone; what an expression is called goes over to its heir."""
    became: dict[Expression, Value] = {}
    known: dict[Expression, Value] = {}

    def heir(a: Value) -> Value:
        return became[a] if isinstance(a, Expression) else a

    for e in walk(roots):
        if e.op == "symbol":
            became[e], known[e] = e, values.get(e.args[0])
            continue
        inner = [known[a] if isinstance(a, Expression) else a for a in e.args]
        chosen = e.op == "where" and inner[0] is not None
        known[e] = None if any(i is None for i in inner) else _number(e.op, inner)
        became[e] = heir(e.args[1 if inner[0] else 2]) if chosen else make(e.op, *map(heir, e.args))
        if e in names and isinstance(became[e], Expression):
            names.setdefault(became[e], names[e])
    return [heir(root) for root in roots]


def _number(op: str, args: Sequence[float]) -> float:
    """The operation on numbers; nan where it has none, as in the branch that is not taken."""
    try:
        return OPERATIONS[op](*args)
    except (ZeroDivisionError, OverflowError, ValueError):
        return math.nan
