"""Observation.referenceRange: the interval of the laboratory that measured, where it says so beyond doubt."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from neomag import units
from neomag.case import Case, CaseError
from neomag.fhir.node import Node
from neomag.fhir.own import TERMINOLOGY
from neomag.fhir.record import Record
from neomag.terminology import Said
from neomag.terminology.results import the_unit

_MEANING = f"{TERMINOLOGY}referencerange-meaning"


def note_range(part: Node, lab: str, age: int | None, record: Record) -> None:
    """Take the limits of one result of `lab`, at an age in seconds; of several results the latest has the word.

    Used is the one range of normal values, for nobody in particular, whose numbers carry a unit. What else is written is noted
    and not used.
    """
    ranges = list(part.children("referenceRange"))
    if not ranges:
        return
    normal = [one for one in ranges if _is_normal(one)]
    limits = _limits(normal[0], record) if len(normal) == 1 else None
    if limits is None or not _possible(lab, limits, record):
        record.note("interval-refused", part.where("referenceRange"), lab)
        return
    record.ranges.add(lab, age, limits)


def _is_normal(one: Node) -> bool:
    """Whether a range is of normal values and not only for some: those of an age, a sex or a race are not held against them."""
    if one.has("appliesTo") or one.has("age"):
        return False
    kind = one.child("type")
    codings = list(kind.children("coding")) if kind else []
    return not codings or any((c.text("system"), c.text("code")) == (_MEANING, "normal") for c in codings)


def _limits(one: Node, record: Record) -> Mapping[str, Any] | None:
    found: dict[str, Any] = {}
    for side in ("low", "high"):
        quantity = one.child(side)
        if quantity is None:
            continue
        value = quantity.number("value")
        code, text = record.unit(quantity)
        unit, conflict = the_unit(Said(value, None, text, code), record.bindings, record.knowledge)
        if value is None or unit is None or conflict or found.setdefault("unit", unit) != unit:
            return None
        found[side] = value
    return found or None


def _possible(lab: str, limits: Mapping[str, Any], record: Record) -> bool:
    """Whether a case may have these limits: a range that only another unit would explain is none."""
    try:
        Case.from_dict({"now": "birth", "intervals": {lab: dict(limits)}}, knowledge=record.knowledge)
    except (CaseError, units.UnitError):
        return False
    return True
