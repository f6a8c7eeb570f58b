"""The unit of every expression, and of every bare number in one, found from the units of the symbols.

A number in an equation (24 hours a day, 1000 g in a kg) has the unit that makes the equation hold. Where no unit does,
the equations or the parameters' units are wrong, and that is said.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import TypeVar

from neomag.body.expression import CONDITIONS, Expression, Value, walk

# Exponents by base unit: mmol/kg/h is {"mmol": 1, "kg": -1, "h": -1}.
Unit = Mapping[str, Fraction]
# A number is known by the expression it stands in and its place there.
Place = tuple[int, int]
_BODY_SURFACE = "1.73 m2"  # a base unit of its own, beside m2
_ONE = Fraction(1)
K = TypeVar("K")
_NAMES = {"days": "d", "weeks": "week", "%": ""}


class UnitsError(ValueError):
    """The units of the equations do not agree."""


def unit(text: str) -> Unit:
    """The unit written in a parameter's entry, such as `mmol/kg/h` or `mL/min/1.73 m2`."""
    text = text.replace(_BODY_SURFACE, "bsa")
    found: dict[str, Fraction] = {}
    for sign, written in re.findall(r"(^|[ /])([^ /]+)", text):
        name = str(_NAMES.get(written, written))
        if name not in {"", "1"}:
            found[name] = found.get(name, Fraction(0)) + (-_ONE if sign == "/" else _ONE)
    return {name: power for name, power in found.items() if power}


@dataclass(slots=True)
class _Sum:
    """A unit still open: a known part times unknown ones to powers."""

    known: dict[str, Fraction] = field(default_factory=dict[str, Fraction])
    unknown: dict[int, Fraction] = field(default_factory=dict[int, Fraction])

    def plus(self, other: _Sum, by: Fraction = _ONE) -> _Sum:
        return _Sum(_added(self.known, other.known, by), _added(self.unknown, other.unknown, by))

    def times(self, by: Fraction) -> _Sum:
        return _Sum().plus(self, by)


class Dimensions:
    """The units of the expressions under `roots`, whose own units are given, as are those of all symbols.

    Raises UnitsError when they cannot hold.
    """

    def __init__(self, roots: Sequence[tuple[Value, Unit]], symbols: Mapping[str, Unit]):
        self._numbers: dict[Place, int] = {}
        self._units: dict[int, _Sum] = {}
        self._equal: list[tuple[_Sum, str]] = []
        for e in walk(root for root, _ in roots):
            self._units[id(e)] = _Sum(dict(symbols[e.args[0]])) if e.op == "symbol" else self._of(e)
        for root, wanted in roots:
            if isinstance(root, Expression):
                self._same(self._units[id(root)], _Sum(dict(wanted)), repr(root))
        self._solved = _solve(self._equal, len(self._numbers))

    def of(self, e: Expression) -> Unit:
        """The unit of an expression."""
        return self._final(self._units[id(e)])

    def number(self, inside: Expression, place: int) -> Unit:
        """The unit of the number that stands in an expression at a place."""
        return self._solved[self._numbers[id(inside), place]]

    def _final(self, given: _Sum) -> Unit:
        found = dict(given.known)
        for i, power in given.unknown.items():
            found = _added(found, self._solved[i], power)
        return found

    def _part(self, e: Expression, place: int) -> _Sum:
        a = e.args[place]
        if isinstance(a, Expression):
            return self._units[id(a)]
        number = self._numbers.setdefault((id(e), place), len(self._numbers))
        return _Sum(unknown={number: _ONE})

    def _of(self, e: Expression) -> _Sum:
        parts = [self._part(e, i) for i in range(len(e.args))]
        said = repr(e)
        if e.op in {"*", "/"}:
            return parts[0].plus(parts[1], _ONE if e.op == "*" else -_ONE)
        if e.op in {"+", "-", "min", "max"} or (e.op in CONDITIONS and e.op not in {"and", "or", "not"}):
            self._same(parts[0], parts[1], said)
            return _Sum() if e.op in CONDITIONS else parts[0]
        if e.op == "where":
            self._same(parts[1], parts[2], said)
            return parts[1]
        if e.op == "neg":
            return parts[0]
        if e.op == "sqrt":
            return parts[0].times(Fraction(1, 2))
        # Powers, exponentials and logarithms are of plain numbers.
        for part in parts:
            self._same(part, _Sum(), said)
        return _Sum()

    def _same(self, a: _Sum, b: _Sum, said: str) -> None:
        self._equal.append((a.plus(b, -_ONE), said))


def _added(a: Mapping[K, Fraction], b: Mapping[K, Fraction], by: Fraction) -> dict[K, Fraction]:
    found = dict(a)
    for key, power in b.items():
        found[key] = found.get(key, Fraction(0)) + by * power
    return {key: power for key, power in found.items() if power}


def _solve(equal: Iterable[tuple[_Sum, str]], count: int) -> list[Unit]:
    """The unknown units, those left free being plain numbers, by elimination."""
    rows: dict[int, _Sum] = {}
    for given, said in equal:
        row = given
        while row.unknown and (lead := next((i for i in row.unknown if i in rows), None)) is not None:
            row = row.plus(rows[lead], -row.unknown[lead])
        if row.unknown:
            lead = min(row.unknown)
            rows[lead] = row.times(1 / row.unknown[lead])
        elif row.known:
            raise UnitsError(f"units do not agree ({text(row.known)} left over) in {said[:200]}")
    found: list[Unit] = [{} for _ in range(count)]
    # A later row may hold unknowns that an earlier one leads, so the last is settled first.
    for lead, row in reversed(list(rows.items())):
        value = {name: -power for name, power in row.known.items()}
        for i, power in row.unknown.items():
            if i != lead:
                value = _added(value, found[i], -power)
        found[lead] = value
    return found


def text(given: Unit) -> str:
    """A unit as a name: `mmol_per_kg_per_h`; a plain number is `dimensionless`."""
    over = [_power(name, power) for name, power in sorted(given.items()) if power > 0]
    under = [_power(name, -power) for name, power in sorted(given.items()) if power < 0]
    return "_per_".join(["_".join(over) or "one", *under]) if given else "dimensionless"


def _power(name: str, power: Fraction) -> str:
    return name if power == 1 else f"{name}_to_{power}".replace("/", "_")
