"""What decided each rule of a case, and what would settle it, kept by the state of what the rule reads.

To explain a rule from its tree costs far more than to evaluate it. But an explanation depends on little: of each finding
that the rule reads, on which side of the rules' limits it lies; of each rule, how that one is explained. The same states
come back from infant to infant, so each is explained once.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import count
from operator import itemgetter
from typing import Any

from neomag.rules import tree
from neomag.rules.rulebook import Rulebook
from neomag.rules.tree import Compare, Name, Node
from neomag.rules.why import Explainer

# All are forgotten when there are more: some ten megabytes, and memory stays flat over any number of cases.
_MOST_STATES = 20_000


@dataclass(frozen=True, slots=True, eq=False)
class Explained:
    """One rule on a case: the names of the findings that decided it, and of those that would settle it when it is unknown.

    There is one of these for a rule and state, and the rule's value is the same wherever it is.
    """

    grounds: tuple[str, ...]
    missing: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Rule:
    """A rule, and how to take what it reads from the states: findings, then pairs of findings, then rules."""

    name: str
    place: int
    slot: int
    reads: Callable[[Sequence[Any]], Any]


class Explanations:
    """Explains the rules of one rulebook, case after case."""

    def __init__(self, book: Rulebook):
        self._book = book
        self._names = tuple(book.findings)
        places = {name: place for place, name in enumerate(self._names)}
        compared = [node for root in book.trees.values() for node in _compares(root)]
        limits: dict[str, set[float]] = {}
        for node in compared:
            if isinstance(node.right, int | float):
                limits.setdefault(node.left, set()).add(node.right)
        self._limits = [sorted(limits.get(name, ())) for name in self._names]
        both = {(node.left, node.right.name): None for node in compared if isinstance(node.right, Name)}
        self._pairs = [(places[left], places[right]) for left, right in both]
        places |= {pair: len(self._names) + n for n, pair in enumerate(both)}
        places |= {name: len(self._names) + len(both) + n for n, name in enumerate(book.order)}
        self._size = len(self._names) + len(both) + len(book.order)
        of_entry = {entry.name: n for n, entry in enumerate(book.entries)}
        self._rules = [_Rule(n, of_entry[n], places[n], itemgetter(*_read(book.trees[n], places))) for n in book.order]
        self._known: list[dict[Any, tuple[int, Explained]]] = [{} for _ in self._rules]
        self._outcomes: list[dict[Any, int]] = [{} for _ in self._rules]
        self._numbers, self._states = count(), 0

    def of(self, row: Sequence[Any]) -> list[Explained]:
        """Each rule of the case with the findings `row`, in the order of the knowledge."""
        if self._states > _MOST_STATES:
            self._forget()
        states: list[Any] = [None] * self._size
        for n, value in enumerate(row):
            if value is None or value is True or value is False or isinstance(value, str):
                states[n] = value
            elif limits := self._limits[n]:
                at = bisect_left(limits, value)
                states[n] = 2 * at + (at < len(limits) and limits[at] == value)
            else:
                states[n] = True
        for n, (left, right) in enumerate(self._pairs, start=len(self._names)):
            have, want = row[left], row[right]
            states[n] = None if have is None or want is None else (have > want) - (have < want)
        found: list[Any] = [None] * len(self._rules)
        explainer: Explainer | None = None
        for rule, known, outcomes in zip(self._rules, self._known, self._outcomes, strict=True):
            key = rule.reads(states)
            kept = known.get(key)
            if kept is None:
                explainer = explainer or Explainer(self._book.trees, dict(zip(self._names, row, strict=True)))
                # Rules above see of this one only its outcome: states with the same one are the same to them.
                number = outcomes.setdefault(explainer.outcome(rule.name), next(self._numbers))
                explained = Explained(tuple(explainer.grounds(rule.name)), tuple(explainer.missing(rule.name)))
                kept = known[key] = (number, explained)
                self._states += 1
            states[rule.slot], found[rule.place] = kept
        return found

    def _forget(self) -> None:
        # New tables and not emptied ones: another thread may be in the middle of them.
        self._known = [{} for _ in self._rules]
        self._outcomes = [{} for _ in self._rules]
        self._states = 0


def _compares(node: Node) -> Iterator[Compare]:
    if isinstance(node, Compare):
        yield node
    for child in tree.children(node):
        yield from _compares(child)


def _read(node: Node, places: Mapping[Any, int]) -> list[int]:
    """The places of all that `node` reads. One is given twice, so that every key is a tuple."""
    pairs = [(c.left, c.right.name) for c in _compares(node) if isinstance(c.right, Name)]
    read = list(dict.fromkeys(places[name] for name in (*tree.names(node), *pairs)))
    return read if len(read) > 1 else read * 2


@cache
def explanations(book: Rulebook) -> Explanations:
    """The explanations of `book`."""
    return Explanations(book)
