"""What decided each rule of a case, and what would settle it, kept by the state of what the rule reads.

To explain a rule from its tree costs far more than to evaluate it. But an explanation depends on little: of each finding
that the rule reads, on which side of the rules' limits it lies; of each rule, how that one is explained. The same states
come back from infant to infant, so each is explained once; and so do those of a few rules together, so that most rules are
not even looked up one by one.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from itertools import chain, count
from operator import attrgetter, itemgetter
from typing import Any

from neomag.rules import tree
from neomag.rules.rulebook import Rulebook
from neomag.rules.tree import Compare, Name, Node
from neomag.rules.why import Explainer

# All are forgotten when there are more: some ten megabytes, and memory stays flat over any number of cases.
_MOST_STATES = 20_000
# What rules that are looked up together read, at most. The more rules, the fewer look-ups, and the rarer a state that was seen:
# over some thousand varied infants 24 was the cheapest.
_MOST_READ = 24


@dataclass(frozen=True, slots=True, eq=False)
class Explained:
    """One rule on a case: the names of the findings that decided it, and of those that would settle it when it is unknown.

    There is one of these for a rule and state, and the rule's value is the same wherever it is. So is that of every finding
    among the grounds, but for quantities, of which only the side of the limits is the same.
    """

    grounds: tuple[str, ...]
    missing: tuple[str, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Together:
    """A few rules on a case, each explained; there is one of these for these rules and their state.

    `places` are those of the rules in the knowledge. `numbers` stand for what other rules take from them.
    """

    places: tuple[int, ...]
    explained: tuple[Explained, ...]
    numbers: tuple[int, ...]


@dataclass(slots=True)
class _Rule:
    """A rule, how to take what it reads from the states, and how it was explained in each state so far."""

    name: str
    place: int
    reads: Callable[[Sequence[Any]], Any]
    known: dict[Any, tuple[int, Explained]] = field(default_factory=dict[Any, Any])
    outcomes: dict[Any, int] = field(default_factory=dict[Any, int])


@dataclass(slots=True)
class _Run:
    """Rules that follow each other, and how to take from the states what they read of others."""

    rules: tuple[_Rule, ...]
    reads: Callable[[Sequence[Any]], Any]
    known: dict[Any, Together] = field(default_factory=dict[Any, Together])


class Explanations:
    """Explains the rules of one rulebook, case after case. Safe to share between threads."""

    def __init__(self, book: Rulebook):
        self._book = book
        self._names = tuple(book.findings)
        places = {name: place for place, name in enumerate(self._names)}
        compared = [node for root in book.trees.values() for node in _compares(root)]
        limits: dict[str, set[float]] = {}
        for node in compared:
            if isinstance(node.right, int | float):
                limits.setdefault(node.left, set()).add(node.right)
        # Of truths, words and counts the value itself is the state: there are few.
        self._measured = frozenset(name for name, of in book.findings.items() if of.type == "quantity")
        self.quantities = tuple(sorted(places[name] for name in self._measured))
        self._limits = [(place, sorted(limits.get(self._names[place], ()))) for place in self.quantities]
        both = {(node.left, node.right.name): None for node in compared if isinstance(node.right, Name)}
        self._pairs = [(places[left], places[right]) for left, right in both]
        places |= {pair: len(self._names) + n for n, pair in enumerate(both)}
        # Rules stand after what they read, in the order in which they are explained.
        self._first = len(self._names) + len(both)
        self._places = places | {name: self._first + n for n, name in enumerate(book.order)}
        self._runs, self._states, self._numbers = list(self._made()), 0, count()
        placed = [rule.place for run in self._runs for rule in run.rules]
        self.in_order = itemgetter(*(placed.index(place) for place in range(len(placed))))

    def _made(self) -> Iterator[_Run]:
        """The rules in runs that read little of others, with nothing known of them yet."""
        of_entry = {entry.name: n for n, entry in enumerate(self._book.entries)}
        rules: list[_Rule] = []
        read: dict[int, None] = {}
        start = self._first
        for name in self._book.order:
            reads = _read(self._book.trees[name], self._places)
            more = [place for place in reads if place < start and place not in read]
            if rules and len(read) + len(more) > _MOST_READ:
                yield _Run(tuple(rules), _taking(list(read)))
                start, rules, more, read = start + len(rules), [], reads, {}
            read |= dict.fromkeys(more)
            rules.append(_Rule(name, of_entry[name], _taking(reads)))
        yield _Run(tuple(rules), _taking(list(read)))

    def of(self, row: Sequence[Any]) -> tuple[Explained, ...]:
        """Each rule of the case with the findings `row`, in the order of the knowledge."""
        return self.in_order(tuple(chain.from_iterable(map(attrgetter("explained"), self.together(row)))))

    def together(self, row: Sequence[Any]) -> list[Together]:
        """All rules of the case with the findings `row`, a few together. `in_order` puts what is made of each rule, one after
        the other as they stand here, into the order of the knowledge.
        """
        if self._states > _MOST_STATES:
            # New tables and not emptied ones: another thread may be in the middle of them.
            self._runs, self._states = list(self._made()), 0
        states: list[Any] = [*row]
        for n, limits in self._limits:
            if (value := row[n]) is not None:
                at = bisect_left(limits, value)
                states[n] = 2 * at + (at < len(limits) and limits[at] == value)
        for left, right in self._pairs:
            have, want = row[left], row[right]
            states.append(None if have is None or want is None else (have > want) - (have < want))
        found: list[Together] = []
        for run in self._runs:
            key = run.reads(states)
            kept = run.known.get(key)
            if kept is None:
                kept = run.known[key] = self._explained(run, states, row)
                self._states += 1
            states += kept.numbers
            found.append(kept)
        return found

    def _explained(self, run: _Run, states: Sequence[Any], row: Sequence[Any]) -> Together:
        states, found, numbers = [*states], list[Explained](), list[int]()
        explainer: Explainer | None = None
        for rule in run.rules:
            key = rule.reads(states)
            kept = rule.known.get(key)
            if kept is None:
                explainer = explainer or Explainer(self._book.trees, dict(zip(self._names, row, strict=True)))
                # Rules above see of this one only its outcome: states with the same one are the same to them.
                outcome = explainer.outcome(rule.name)
                values = tuple(explainer.findings[name] for name in outcome.grounds if name not in self._measured)
                number = rule.outcomes.setdefault((outcome, values), next(self._numbers))
                explained = Explained(tuple(explainer.grounds(rule.name)), tuple(explainer.missing(rule.name)))
                kept = rule.known[key] = (number, explained)
                self._states += 1
            states.append(kept[0])
            numbers.append(kept[0])
            found.append(kept[1])
        return Together(tuple(rule.place for rule in run.rules), tuple(found), tuple(numbers))


def _compares(node: Node) -> Iterator[Compare]:
    if isinstance(node, Compare):
        yield node
    for child in tree.children(node):
        yield from _compares(child)


def _read(node: Node, places: Mapping[Any, int]) -> list[int]:
    """The places of all that `node` reads."""
    pairs = [(c.left, c.right.name) for c in _compares(node) if isinstance(c.right, Name)]
    return list(dict.fromkeys(places[name] for name in (*tree.names(node), *pairs)))


def _taking(places: Sequence[int]) -> Callable[[Sequence[Any]], Any]:
    """Takes what stands at these places, as a tuple: one place is given twice."""
    return itemgetter(*(places if len(places) > 1 else [*places, *places]))


@cache
def explanations(book: Rulebook) -> Explanations:
    """The explanations of `book`."""
    return Explanations(book)
