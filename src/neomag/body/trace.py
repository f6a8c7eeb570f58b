"""Reads Python functions into expressions, so that the model's equations are written once and run by every engine.

A function's syntax tree is followed with expressions in place of numbers. Where an `if` hangs on an expression, both
ways are followed and joined by `where`. What the model's functions do not use is refused, never guessed.
"""

from __future__ import annotations

import ast
import builtins
import inspect
import math
import textwrap
from collections.abc import Mapping, Sequence
from functools import cache, partial, reduce
from itertools import pairwise
from types import FunctionType, MethodType
from typing import Any, cast

from neomag.body.expression import CONDITIONS, Expression, Value, make, where

_ROOM = "neomag.body"
_BINARY: Mapping[type[ast.operator], str] = {ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/", ast.Pow: "**"}
_COMPARE: Mapping[type[ast.cmpop], str] = {
    ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">=", ast.Eq: "==",
}  # fmt: skip


def _sum(given: Sequence[Value], start: Value = 0) -> Value:
    return reduce(partial(make, "+"), given, start)


def _least(*given: Value) -> Value:
    return reduce(partial(make, "min"), _many(given))


def _most(*given: Value) -> Value:
    return reduce(partial(make, "max"), _many(given))


# Functions that work on expressions as on numbers, by what takes their place.
_FUNCTIONS: Mapping[Any, Any] = {
    math.exp: partial(make, "exp"), math.log: partial(make, "log"), math.log1p: partial(make, "log1p"),
    math.sqrt: partial(make, "sqrt"), min: _least, max: _most, sum: _sum,
}  # fmt: skip
_AS_THEY_ARE: tuple[Any, ...] = (len, zip, range, enumerate, tuple, list, float, bool, pairwise)


class TraceError(RuntimeError):
    """The function does what cannot be read into expressions."""


class Held(ast.expr):
    """A value in a syntax tree: what a loop binds its variable to."""

    _fields = ()

    def __init__(self, value: Any):
        super().__init__()
        self.value = value


class Trace:
    """Follows functions. `guards` collects the conditions under which one would have raised an error."""

    def __init__(self) -> None:
        self.guards: list[Expression] = []
        # What an expression is called that a function gave or a variable held, for those who read what is made of it.
        self.names: dict[Expression, str] = {}

    def __call__(self, function: Any, *args: Any, **named: Any) -> Any:
        """What `function` (a function or bound method of this room) gives for arguments with expressions among them."""
        if isinstance(function, MethodType):
            return self(function.__func__, function.__self__, *args, **named)
        bound = inspect.signature(function).bind(*args, **named)
        bound.apply_defaults()
        tree = _tree(function)
        found = _Followed(self, function.__globals__, dict(bound.arguments)).body(tree.body)
        self.call_it(found, function.__name__)
        return found

    def call_it(self, value: Any, name: str) -> None:
        """Note what an expression is called; the first name stays."""
        if isinstance(value, Expression) and value.op != "symbol":
            self.names.setdefault(value, name.strip("_"))


class _Followed:
    """One call, with its local names."""

    def __init__(self, trace: Trace, outside: dict[str, Any], names: dict[str, Any]):
        self.trace, self.outside, self.names = trace, outside, names

    def body(self, statements: Sequence[ast.stmt]) -> Any:
        """What the statements return; None when they return nothing."""
        for i, s in enumerate(statements):
            rest = statements[i + 1 :]
            match s:
                case ast.Return(value=value):
                    return None if value is None else self.value(value)
                case ast.Assign(targets=targets, value=value):
                    given = self.value(value)
                    for target in targets:
                        self.bind(target, given)
                case ast.AnnAssign(target=target, value=ast.expr() as value):
                    self.bind(target, self.value(value))
                case ast.AugAssign(target=ast.Name(id=name), op=op, value=value):
                    self.names[name] = self.binary(op, self.names[name], self.value(value))
                case ast.If(test=test, body=then, orelse=other):
                    return self.branch(self.value(test), then, other, rest)
                case ast.For(target=target, iter=over, body=inner, orelse=[]):
                    turns = [[ast.Assign([target], Held(item)), *inner] for item in self.value(over)]
                    return self.body([*(line for turn in turns for line in turn), *rest])
                case ast.Expr(value=ast.Constant()) | ast.Pass():
                    continue
                case _:
                    raise TraceError(f"cannot be followed: {ast.unparse(s)}")
        return None

    def branch(self, test: Any, then: list[ast.stmt], other: list[ast.stmt], rest: Sequence[ast.stmt]) -> Any:
        """Goes the way of a plain test, or both ways of an expression's."""
        if not isinstance(test, Expression):
            return self.body([*(then if test else other), *rest])
        if isinstance(then[0], ast.Raise):
            self.trace.guards.append(test)
            return self.body([*other, *rest])
        ways = [_Followed(self.trace, self.outside, _copied(self.names)).body([*way, *rest]) for way in (then, other)]
        return where(_condition(test), *ways)

    def bind(self, target: ast.expr, value: Any) -> None:
        """Gives the value the name, names or place written on the left."""
        match target:
            case ast.Name(id=name):
                self.names[name] = value
                self.trace.call_it(value, name)
            case ast.Tuple(elts=parts):
                for part, one in zip(parts, value, strict=True):
                    self.bind(part, one)
            case ast.Subscript(value=of, slice=place):
                self.value(of)[self.value(place)] = value
            case _:
                raise TraceError(f"cannot be followed: {ast.unparse(target)} = …")

    def value(self, e: ast.expr) -> Any:
        """The value of a Python expression."""
        match e:
            case Held(value=value) | ast.Constant(value=value):
                return value
            case ast.Name(id=name):
                return self.named(name)
            case ast.Attribute(value=of, attr=name):
                return self.attribute(self.value(of), name)
            case ast.BinOp(left=a, op=op, right=b):
                return self.binary(op, self.value(a), self.value(b))
            case ast.UnaryOp(op=ast.USub(), operand=a):
                return -self.value(a)
            case ast.UnaryOp(op=ast.Not(), operand=a):
                given = self.value(a)
                return make("not", _condition(given)) if isinstance(given, Expression) else not given
            case ast.Compare(left=first, ops=ops, comparators=others):
                return self.compare(first, ops, others)
            case ast.BoolOp(op=op, values=[first, *more]):
                return self.either("and" if isinstance(op, ast.And) else "or", self.value(first), more)
            case ast.IfExp(test=test, body=a, orelse=b):
                held = self.value(test)
                if isinstance(held, Expression):
                    return where(_condition(held), self.value(a), self.value(b))
                return self.value(a if held else b)
            case ast.Subscript(value=of, slice=place):
                return self.value(of)[self.value(place)]
            case ast.Tuple(elts=parts):
                return tuple(self.value(part) for part in parts)
            case ast.List(elts=parts):
                return [self.value(part) for part in parts]
            case ast.GeneratorExp() | ast.ListComp():
                return self.each(e)
            case ast.Call(func=function, args=args, keywords=named):
                return self.call(
                    self.value(function), [self.value(a) for a in args], {k.arg or "": self.value(k.value) for k in named}
                )
            case _:
                raise TraceError(f"cannot be followed: {ast.unparse(e)}")

    def named(self, name: str) -> Any:
        """What a name stands for."""
        if name in self.names:
            return self.names[name]
        return self.outside[name] if name in self.outside else getattr(builtins, name)

    def attribute(self, of: Any, name: str) -> Any:
        """An attribute; a property of this room is followed."""
        found = inspect.getattr_static(of.__class__, name, None)
        return self.trace(found.fget, of) if isinstance(found, property) and _ours(found.fget) else getattr(of, name)

    def binary(self, op: ast.operator, a: Any, b: Any) -> Any:
        """An operation of arithmetic."""
        if type(op) not in _BINARY:
            raise TraceError(f"cannot be followed: {type(op).__name__}")
        return make(_BINARY[type(op)], a, b)

    def compare(self, first: ast.expr, ops: Sequence[ast.cmpop], others: Sequence[ast.expr]) -> Any:
        """A comparison, which may be a chain."""
        a, held = self.value(first), True
        for op, other in zip(ops, others, strict=True):
            b = self.value(other)
            if isinstance(op, ast.Is | ast.IsNot):
                one = (a is b) == isinstance(op, ast.Is)
            elif type(op) in _COMPARE:
                one = make(_COMPARE[type(op)], a, b)
            else:
                raise TraceError(f"cannot be followed: {type(op).__name__}")
            held, a = make("and", held, one), b
        return held

    def either(self, op: str, first: Any, more: Sequence[ast.expr]) -> Any:
        """`and` and `or`, the later ones looked at only when the first leaves it open."""
        for other in more:
            if not isinstance(first, Expression):
                first = self.value(other) if bool(first) == (op == "and") else first
            elif first.op in CONDITIONS:
                first = make(op, first, self.value(other))
            else:
                # Of numbers, Python gives back the one that settles it.
                ways = (self.value(other), first) if op == "and" else (first, self.value(other))
                first = where(_condition(first), *ways)
        return first

    def each(self, e: ast.GeneratorExp | ast.ListComp) -> list[Any]:
        """A comprehension over one plain sequence, without a condition."""
        (over,) = e.generators
        if over.ifs:
            raise TraceError(f"cannot be followed: {ast.unparse(e)}")
        found: list[Any] = []
        for item in self.value(over.iter):
            inner = _Followed(self.trace, self.outside, dict(self.names))
            inner.bind(over.target, item)
            found.append(inner.value(e.elt))
        return found

    def call(self, function: Any, args: list[Any], named: dict[str, Any]) -> Any:
        """A call: functions of this room are followed, known ones take expressions, classes and plain ones are called."""
        plain = function.__func__ if isinstance(function, MethodType) else function
        if isinstance(plain, FunctionType) and _ours(plain):
            return self.trace(function, *args, **named)
        if plain in _FUNCTIONS:
            return _FUNCTIONS[plain](*args, **named)
        if plain in _AS_THEY_ARE or (isinstance(plain, type) and _ours(plain)):
            return plain(*args, **named)
        raise TraceError(f"cannot be followed: a call of {getattr(function, '__name__', function)}")


def _ours(function: Any) -> bool:
    return str(getattr(function, "__module__", "")).startswith(_ROOM)


def _condition(test: Expression) -> Value:
    """A number is true unless it is nought."""
    return test if test.op in CONDITIONS else make("not", make("==", test, 0.0))


def _copied(names: dict[str, Any]) -> dict[str, Any]:
    """The names for one of two ways, so that what one way writes in a list does not reach the other."""
    return {name: [*cast("list[Any]", value)] if isinstance(value, list) else value for name, value in names.items()}


def _many(given: tuple[Any, ...]) -> Sequence[Any]:
    return given[0] if len(given) == 1 else given


@cache
def _tree(function: Any) -> ast.FunctionDef:
    (tree,) = ast.parse(textwrap.dedent(inspect.getsource(function))).body
    if not isinstance(tree, ast.FunctionDef):
        raise TraceError(f"{function.__name__}: is not a plain function")
    return tree
