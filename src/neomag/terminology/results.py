"""A laboratory result as a record writes it, to the event of a case: the number, its unit, and what of it cannot be used.

Nothing is guessed. A result whose number cannot be used stays as measured, its value unknown.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from neomag import units
from neomag.intervals import extremes
from neomag.knowledge import Analyte, Knowledge
from neomag.terminology.bindings import Bindings

_PROPERTY = {
    "mass-concentration": "mass",
    "substance-concentration": "moles",
    "charge-concentration": "moles",
}


@dataclass(frozen=True, slots=True)
class Said:
    """A result as it is written: a number (text is none), its comparator, unit as text, unit as UCUM code, and flag.

    `code` is a code of UCUM and of no other system. `flag` is low, normal or high.
    """

    value: object = None
    comparator: str | None = None
    unit: str | None = None
    code: str | None = None
    flag: str | None = None


@dataclass(frozen=True, slots=True)
class Trouble:
    """What is doubtful, by its code in the tables of problems, and a detail without names."""

    code: str
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Result:
    """The result as keys of an event of a case (`lab`, and value and unit, or flag, or neither), and its troubles."""

    event: Mapping[str, Any]
    troubles: tuple[Trouble, ...] = ()


def read_result(code: str, said: Said, bindings: Bindings, knowledge: Knowledge, *, stated: str = "") -> Result:
    """The result of lab `code`; `stated` is what its own code says of the unit (mass, moles or nothing).

    A number without a unit, with one the analyte cannot have, with two that differ, negative, or no number: unknown. With a
    comparator the number is not used: the flag is, and without one, low at or below the lowest default lower limit of any
    age, high at or above the highest upper one.
    """
    event: dict[str, Any] = {"lab": code}
    if said.value is None:
        return Result(event | ({"flag": said.flag} if said.flag else {}))
    analyte = knowledge.analytes[code]
    troubles: list[Trouble] = []
    unit, conflict = the_unit(said, bindings, knowledge)
    if said.code and said.unit and not conflict and _known(said.code, bindings, knowledge) is None:
        troubles.append(Trouble("unknown-ucum", said.code))
    if not conflict and unit and stated and _property(unit, knowledge) not in {None, stated}:
        troubles.append(Trouble("code-unit-conflict", f"{stated} {unit}"))
    unusable = _unusable(said.value, unit, conflict, analyte, knowledge)
    if unusable:
        troubles.append(Trouble(unusable, " ".join(filter(None, (code, unit)))))
    if said.comparator:
        if not unusable:
            troubles.append(Trouble("comparator", f"{code} {said.comparator} {said.value} {unit or ''}".strip()))
        flag = said.flag or (None if unusable else _told(said, unit, analyte, knowledge))
        return Result(event | ({"flag": flag} if flag else {}), tuple(troubles))
    if unusable:
        return Result(event, tuple(troubles))
    return Result(event | {"value": said.value, "unit": unit}, tuple(troubles))


def the_unit(said: Said, bindings: Bindings, knowledge: Knowledge) -> tuple[str | None, bool]:
    """The unit of a result in neomag's spelling where it is known, and whether its code and its text differ."""
    coded, text = _known(said.code, bindings, knowledge), _known(said.unit, bindings, knowledge)
    if coded and text and _size(coded, knowledge) != _size(text, knowledge):
        return f"{coded} | {text}", True
    return coded or text or said.code or said.unit or None, False


def _known(unit: str | None, bindings: Bindings, knowledge: Knowledge) -> str | None:
    if not unit:
        return None
    key = ("unit", unit)
    found: str | None = bindings.known.get(key)
    if found is None:
        try:
            found = units.dimension(bindings.spelling(unit), knowledge)[1]
        except units.UnitError:
            # Of those that are not known there is no end.
            return None
        bindings.remember(key, found)
    return found


def _size(unit: str, knowledge: Knowledge) -> tuple[str, object]:
    kind, spelt = units.dimension(unit, knowledge)
    return kind, knowledge.units[kind][spelt]


def _property(unit: str, knowledge: Knowledge) -> str | None:
    try:
        return _PROPERTY.get(units.dimension(unit, knowledge)[0])
    except units.UnitError:
        return None


def _unusable(value: object, unit: str | None, conflict: bool, analyte: Analyte, knowledge: Knowledge) -> str | None:
    """Why the number is not used, or None."""
    if isinstance(value, str | bool):
        return "not-a-number"
    try:
        units.number(value)
    except units.UnitError:
        return "negative" if _below_zero(value) else "not-a-number"
    if conflict:
        return "unit-text-conflict"
    try:
        units.accepted_unit(analyte, unit, knowledge)
    except units.UnitError:
        return "unknown-unit" if unit else "no-unit"
    return None


def _below_zero(value: object) -> bool:
    if isinstance(value, Decimal):
        return value.is_signed() and not value.is_nan()
    return isinstance(value, int | float) and value < 0


def _told(said: Said, unit: str | None, analyte: Analyte, knowledge: Knowledge) -> str | None:
    """The flag that a comparator and its number stand for, where they leave no doubt."""
    reading = units.read(analyte, said.value, unit, knowledge)
    if not reading.plausible:
        return None
    low, high = extremes(analyte.code, knowledge)
    below, above = (said.comparator or "").startswith("<"), (said.comparator or "").startswith(">")
    if below and low is not None and reading.value <= low:
        return "low"
    return "high" if above and high is not None and reading.value >= high else None
