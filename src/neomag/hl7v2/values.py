"""The value of a result (OBX-5, OBX-6, OBX-8, OBX-7) as it is written: a number, its comparator, unit, flag, and range."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

from neomag import units
from neomag.case import Case, CaseError
from neomag.hl7v2.message import Segment
from neomag.hl7v2.terms import Terms, coded, concept
from neomag.knowledge import Knowledge
from neomag.terminology import Said

_COMPARATOR = re.compile(r"(<=|>=|<|>|≤|≥)\s*")
_SIGNS = {"≤": "<=", "≥": ">="}
_NUMBER = re.compile(r"[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d{1,3})?", re.ASCII)
_RANGE = re.compile(r"(?P<low>\d+(?:\.\d+)?)\s*(?:-|–|to)\s*(?P<high>\d+(?:\.\d+)?)", re.ASCII)
_LIMIT = re.compile(r"(?P<sign><=?|>=?|≤|≥)\s*(?P<limit>\d+(?:\.\d+)?)", re.ASCII)
_FLAGS = "v3-ObservationInterpretation"


def said(obx: Segment, terms: Terms) -> Said:
    """A result as it is written. Text that is no number stays text."""
    value, comparator = _structured(obx) if obx.value(2) == "SN" else _plain(obx)
    unit, code = _unit(obx)
    return Said(value, comparator, unit, code, flag(obx, terms))


def flag(obx: Segment, terms: Terms) -> str | None:
    """What OBX-8 says: low, normal or high; None when it says something else, or nothing."""
    for told in coded(obx, 8):
        for coding in told.codings:
            found = terms.bindings.by_code.get((_FLAGS, coding.code or ""))
            if found is not None:
                return found.vocabulary
    return None


def _plain(obx: Segment) -> tuple[object, str | None]:
    text = obx.written(5).strip()
    if not text:
        return None, None
    match = _COMPARATOR.match(text)
    if match is None:
        return _number(text), None
    return _number(text[match.end() :]), _SIGNS.get(match[1], match[1])


def _structured(obx: Segment) -> tuple[object, str | None]:
    """SN: comparator, number, separator, number. A range or a ratio is no number."""
    repetitions = obx.repetitions(5)
    if not repetitions:
        return None, None
    parts = [part.strip() for part in obx.parts(repetitions[0])] + [""] * 4
    comparator, first, separator, second = parts[:4]
    if len(repetitions) > 1 or separator or second or comparator not in {"", "=", "<", ">", "<=", ">=", "≤", "≥"}:
        return "structured", None
    return _number(first), None if comparator in {"", "="} else _SIGNS.get(comparator, comparator)


def _number(text: str) -> object:
    text = text.strip()
    return Decimal(text) if len(text) <= 40 and _NUMBER.fullmatch(text) else text or None


def _unit(obx: Segment) -> tuple[str | None, str | None]:
    """The unit as text, and as a code of UCUM where it is said to be one.

    Identifier and text of one coding often differ only in kind: where the first is of no system, it is the text.
    """
    codings = concept(obx, 6).codings
    text = next((c.code or c.display for c in codings if (c.system or "").upper() != "UCUM"), None)
    ucum = next((c for c in codings if (c.system or "").upper() == "UCUM"), None)
    if ucum is None:
        return text, None
    return text or ucum.display, ucum.code


def interval(obx: Segment, code: str, unit: str | None, knowledge: Knowledge) -> tuple[dict[str, Any] | None, bool]:
    """The laboratory's own reference range (OBX-7), as a case holds it; and whether one is written that cannot be used."""
    text = obx.written(7).strip()
    if not text or (unit is None and not knowledge.analytes[code].unitless):
        return None, False
    limits: dict[str, Any] = {}
    if found := _RANGE.fullmatch(text):
        limits = {"low": Decimal(found["low"]), "high": Decimal(found["high"])}
    elif found := _LIMIT.fullmatch(text):
        limits = {"low" if found["sign"] in {">", ">=", "≥"} else "high": Decimal(found["limit"])}
    if not limits:
        return None, True
    limits["unit"] = unit
    try:
        Case.from_dict({"now": "birth", "intervals": {code: limits}}, knowledge=knowledge)
    except (CaseError, units.UnitError):
        return None, True
    return limits, False
