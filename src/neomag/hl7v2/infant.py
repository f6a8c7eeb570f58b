"""What a message says of the infant itself: sex, weights, gestation, and where it is."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction
from typing import Any

from neomag.case import Case, CaseError
from neomag.hl7v2.message import Segment
from neomag.hl7v2.observation import Observed
from neomag.hl7v2.problem import Problem, at
from neomag.hl7v2.terms import Terms
from neomag.hl7v2.values import said
from neomag.terminology import plain
from neomag.terminology.bindings import entries

_SEX = {"F": "female", "M": "male"}


def sex(pid: Segment) -> dict[str, str]:
    """PID-8, where it says female or male."""
    found = _SEX.get(pid.value(8))
    return {"sex": found} if found else {}


def setting(visit: Segment | None, terms: Terms) -> str | None:
    """Where the infant is, by the class of the visit (PV1-2); None when it does not tell."""
    place = None if visit is None else terms.ways["patient_class"].get(visit.value(2))
    return place if place in {"home", "clinic", "hospital"} else None


def traits(found: Sequence[Observed], terms: Terms) -> tuple[dict[str, str], list[Problem]]:
    """Weights and gestation among the results, as a case writes them; the last of each counts."""
    told: dict[str, str] = {}
    problems: list[Problem] = []
    for one in found:
        trait = one.binding.vocabulary if one.binding else ""
        written = _written(one.obx, trait, terms)
        if written is None:
            problems.append(at(one.obx, "trait-unit", terms.says("trait-unit"), 6))
            continue
        try:
            Case.from_dict({"now": "birth", "infant": {trait: written}}, knowledge=terms.knowledge)
        except CaseError:
            code = "gestation-suspect" if trait == "gestation" else "weight-suspect"
            problems.append(at(one.obx, code, terms.says(code), 5))
            continue
        told[trait] = written
    return told, problems


def _written(obx: Segment, trait: str, terms: Terms) -> str | None:
    given = said(obx, terms)
    factors: dict[str, Any] = entries(terms.bindings.records["ages" if trait == "gestation" else "weights"])
    unit = given.code or given.unit
    factor = {plain(name): Fraction(f) for name, f in factors.items()}.get(plain(unit)) if unit else None
    if factor is None or not isinstance(given.value, Decimal) or given.value < 0 or given.comparator:
        return None
    amount = Fraction(given.value) * factor
    if trait == "gestation":
        return f"{int(amount)}w{int((amount - int(amount)) * 7)}d"
    return f"{float(amount):.10g} g"
