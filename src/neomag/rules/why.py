"""Why a rule is true, false or unknown: the tree of what decided it, and for unknown what would settle it."""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from neomag.rules import tree
from neomag.rules.tree import And, AtLeast, Compare, Is, Known, Name, Node, Not, Or

Truth = bool | None
# A family of sets of unknown findings, each set a bit mask over their places: unions and subset tests are one operation.
Family = list[int]

_OPS: dict[str, Callable[[Any, Any], bool]] = {
    "=": operator.eq, "<>": operator.ne, "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge,
}  # fmt: skip
# Families of sets grow with the product of alternatives; beyond this many the smallest are kept.
_MOST_SETS = 64


@dataclass(frozen=True, slots=True)
class Why:
    """One node of the explanation: its text, its value, the finding's value where it is one, and what decided it."""

    text: str
    value: Truth
    finding: str | None = None
    found: Any = None
    rule: str | None = None
    because: tuple[Why, ...] = ()


class Outcome(NamedTuple):
    """What other rules see of one: its value, the smallest sets of findings that could make it true or false, its grounds."""

    value: Truth
    to_true: tuple[int, ...]
    to_false: tuple[int, ...]
    grounds: tuple[str, ...]


class Explainer:
    """Explains rules over one infant's findings. `rules` maps rule names to trees."""

    def __init__(self, rules: Mapping[str, Node], findings: Mapping[str, Any]):
        self.rules, self.findings = rules, findings
        self._named = list(findings)
        # By place among all findings, so that the families of two infants can be compared.
        self._bit = {name: 1 << place for place, name in enumerate(self._named) if findings[name] is None}
        # By identity of the node: trees live as long as the rulebook, and hashing them would cost more than the answer.
        self._values: dict[int, Truth] = {}
        self._families: dict[tuple[int, bool], Family] = {}
        self._grounds: dict[int, dict[str, Any]] = {}

    def value(self, node: Node) -> Truth:
        """The three-valued truth of `node`; the plain reading of the language that the compilers are tested against."""
        key = id(node)
        if key not in self._values:
            self._values[key] = self._value(node)
        return self._values[key]

    def _value(self, node: Node) -> Truth:
        match node:
            case Name(name):
                return self.value(self.rules[name]) if name in self.rules else self.findings[name]
            case Compare(op, left, right, _):
                have = self.findings[left]
                want = self.findings[right.name] if isinstance(right, Name) else right
                return None if have is None or want is None else _OPS[op](have, want)
            case Known(name, negated):
                return (self.findings[name] is None) != negated
            case Not(item):
                inner = self.value(item)
                return None if inner is None else not inner
            case And(items):
                values = [self.value(i) for i in items]
                return False if False in values else None if None in values else True
            case Or(items):
                values = [self.value(i) for i in items]
                return True if True in values else None if None in values else False
            case Is(item, value, negated):
                return (self.value(item) is value) != negated
            case AtLeast(count, items):
                values = [self.value(i) for i in items]
                sure, maybe = values.count(True), values.count(True) + values.count(None)
                return True if sure >= count else False if maybe < count else None

    def explain(self, name: str) -> Why:
        """The tree of what decided rule `name`: of an `or` that is true only its true parts, and so on down."""
        node = self.rules[name]
        return Why(tree.text(node), self.value(node), rule=name, because=(self._why(node),))

    def _why(self, node: Node) -> Why:
        value, text = self.value(node), tree.text(node)
        match node:
            case Name(name) if name in self.rules:
                return self.explain(name)
            case Name(name) | Known(name, _):
                return Why(text, value, finding=name, found=self.findings[name])
            case Compare(_, left, right, _):
                other = right.name if isinstance(right, Name) else None
                also = () if other is None else (Why(other, None, finding=other, found=self.findings[other]),)
                return Why(text, value, finding=left, found=self.findings[left], because=also)
            case _:
                return Why(text, value, because=tuple(self._why(i) for i in self._deciding(node)))

    def _deciding(self, node: Node) -> Iterable[Node]:
        """The children that decide the value of `node`."""
        items, value = tree.children(node), self.value(node)
        if isinstance(node, AtLeast) or value is None or (isinstance(node, And | Or) and value is isinstance(node, Or)):
            return [i for i in items if self.value(i) is value] or items
        return items

    def grounds(self, name: str) -> dict[str, Any]:
        """The known findings that decided rule `name`, by name; for an unknown rule, those it names that are known."""
        node = self.rules[name]
        if self.value(node) is not None:
            return self._decided_by(node)
        named = dict.fromkeys(n for n in tree.names(node) if n not in self.rules)
        return {n: self.findings[n] for n in named if self.findings[n] is not None}

    def _decided_by(self, node: Node) -> dict[str, Any]:
        key = id(node)
        if key not in self._grounds:
            found: dict[str, Any] = {}
            if isinstance(node, Name) and node.name in self.rules:
                found = self._decided_by(self.rules[node.name])
            elif isinstance(node, Name | Known | Compare):
                found = {n: self.findings[n] for n in tree.names(node) if self.findings[n] is not None}
            else:
                for item in self._deciding(node):
                    found.update(self._decided_by(item))
            self._grounds[key] = found
        return self._grounds[key]

    def settling(self, name: str) -> list[frozenset[str]]:
        """For an unknown rule, the smallest sets of unknown findings of which one set, once known, can settle it."""
        return sorted((frozenset(self._names(mask)) for mask in self._settling(name)), key=sorted)

    def missing(self, name: str) -> list[str]:
        """The findings that would settle rule `name`: all that stand in one of its smallest settling sets."""
        total = 0
        for mask in self._settling(name):
            total |= mask
        return self._names(total)

    def _names(self, mask: int) -> list[str]:
        found: list[str] = []
        while mask:
            low = mask & -mask
            found.append(self._named[low.bit_length() - 1])
            mask ^= low
        return found

    def outcome(self, name: str) -> Outcome:
        """All that the explanation of another rule takes from rule `name`: where it is the same, so is that explanation."""
        node = self.rules[name]
        ways = tuple(self._to(node, True)), tuple(self._to(node, False))
        return Outcome(self.value(node), *ways, tuple(self._decided_by(node)))

    def _settling(self, name: str) -> Family:
        node = self.rules[name]
        if self.value(node) is not None:
            return []
        both = _minimal(self._to(node, True) + self._to(node, False))
        return [mask for mask in both if mask.bit_count() == both[0].bit_count()]

    def _to(self, node: Node, want: bool) -> Family:
        """Minimal sets of unknown findings that could make `node` become `want`; none when nothing could."""
        value = self.value(node)
        if value is not None:
            return [0] if value is want else []
        key = (id(node), want)
        if key not in self._families:
            self._families[key] = self._family(node, want)
        return self._families[key]

    def _family(self, node: Node, want: bool) -> Family:
        match node:
            case Name(name):
                return self._to(self.rules[name], want) if name in self.rules else [self._bit[name]]
            case Compare():
                mask = 0
                for name in tree.names(node):
                    mask |= self._bit.get(name, 0)
                return [mask]
            case Not(item):
                return self._to(item, not want)
            case And(items) | Or(items):
                families = [self._to(item, want) for item in items]
                if want is isinstance(node, And):
                    return _product(families)
                return _minimal([mask for family in families for mask in family])
            case AtLeast(count, items):
                need = count if want else len(items) - count + 1
                need -= sum(self.value(i) is want for i in items)
                families = sorted((self._to(i, want) for i in items if self.value(i) is None), key=_least)
                # Any `need` of the unknown items will do; when one is enough all of them are alternatives.
                if need == 1:
                    return _minimal([mask for family in families for mask in family])
                return _product(families[:need])
            case Known() | Is():
                return []


def _least(family: Family) -> int:
    return family[0].bit_count() if family else 1_000


def _product(families: Iterable[Family]) -> Family:
    total: Family = [0]
    for family in families:
        total = _minimal([a | b for a in total for b in family])
    return total


def _minimal(masks: Family) -> Family:
    """The sets that contain no other of them, smallest first, the smallest of these when there are too many."""
    kept: Family = []
    for mask in sorted(set(masks), key=lambda m: (m.bit_count(), m)):
        if mask.bit_count() == 1 or not any(k & mask == k for k in kept):
            kept.append(mask)
            if len(kept) == _MOST_SETS:
                break
    return kept
