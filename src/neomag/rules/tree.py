"""The tree of a rule: a handful of node types, the same for every engine.

`trees are plain data`: `to_data` and `from_data` turn them into nested lists for the build, so that a run needs no parser.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, cast


@dataclass(frozen=True, slots=True)
class Name:
    """A truth: a finding of type truth, or another rule."""

    name: str


@dataclass(frozen=True, slots=True)
class Compare:
    """A finding against a literal, or against another finding (`right` is then a Name)."""

    op: str
    left: str
    right: float | int | str | Name
    shown: str


@dataclass(frozen=True, slots=True)
class Known:
    """`finding is [not] null`, for findings that are not truths."""

    name: str
    negated: bool


@dataclass(frozen=True, slots=True)
class Not:
    """Negation."""

    item: Node


@dataclass(frozen=True, slots=True)
class And:
    """Conjunction."""

    items: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Or:
    """Disjunction."""

    items: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Is:
    """Two-valued test of a truth: `item is [not] true | false | null`; `value` is True, False or None."""

    item: Node
    value: bool | None
    negated: bool


@dataclass(frozen=True, slots=True)
class AtLeast:
    """`at_least(n, …)`: n or more of the items are true."""

    count: int
    items: tuple[Node, ...]


Node = Name | Compare | Known | Not | And | Or | Is | AtLeast


def children(node: Node) -> tuple[Node, ...]:
    """The nodes directly under `node`."""
    if isinstance(node, And | Or | AtLeast):
        return node.items
    if isinstance(node, Not | Is):
        return (node.item,)
    return ()


def names(node: Node) -> Iterator[str]:
    """Every finding and rule named in `node`, in order, repeats included."""
    if isinstance(node, Name | Known):
        yield node.name
    elif isinstance(node, Compare):
        yield node.left
        if isinstance(node.right, Name):
            yield node.right.name
    for child in children(node):
        yield from names(child)


def to_data(node: Node) -> list[Any]:
    """The tree as nested lists that JSON can hold."""
    match node:
        case Name(name):
            return ["name", name]
        case Compare(op, left, right, shown):
            return ["compare", op, left, to_data(right) if isinstance(right, Name) else right, shown]
        case Known(name, negated):
            return ["known", name, negated]
        case Not(item):
            return ["not", to_data(item)]
        case And(items):
            return ["and", *map(to_data, items)]
        case Or(items):
            return ["or", *map(to_data, items)]
        case Is(item, value, negated):
            return ["is", to_data(item), value, negated]
        case AtLeast(count, items):
            return ["at_least", count, *map(to_data, items)]


def from_data(data: list[Any]) -> Node:
    """The tree that `to_data` wrote."""
    match data:
        case ["name", name]:
            return Name(name)
        case ["compare", op, left, right, shown]:
            other = cast("list[str] | float | int | str", right)
            return Compare(op, left, Name(other[1]) if isinstance(other, list) else other, shown)
        case ["known", name, negated]:
            return Known(name, negated)
        case ["not", item]:
            return Not(from_data(item))
        case ["and", *items]:
            return And(tuple(map(from_data, items)))
        case ["or", *items]:
            return Or(tuple(map(from_data, items)))
        case ["is", item, value, negated]:
            return Is(from_data(item), value, negated)
        case ["at_least", count, *items]:
            return AtLeast(count, tuple(map(from_data, items)))
        case _:
            raise ValueError(f"not a rule tree: {data}")


def text(node: Node) -> str:
    """The tree as rule text again, for people."""
    match node:
        case Name(name):
            return name
        case Compare(op, left, right, shown):
            return f"{left} {op} {right.name if isinstance(right, Name) else shown}"
        case Known(name, negated):
            return f"{name} is {'not ' if negated else ''}null"
        case Not(item):
            return f"not {_bracketed(item)}"
        case And(items):
            return " and ".join(map(_bracketed, items))
        case Or(items):
            return " or ".join(map(_bracketed, items))
        case Is(item, value, negated):
            word = "null" if value is None else str(value).lower()
            return f"{_bracketed(item)} is {'not ' if negated else ''}{word}"
        case AtLeast(count, items):
            return f"at_least({count}, {', '.join(map(text, items))})"


def _bracketed(node: Node) -> str:
    return f"({text(node)})" if isinstance(node, And | Or | Is | Compare | Known) else text(node)
