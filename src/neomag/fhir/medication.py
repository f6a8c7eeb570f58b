"""MedicationAdministration: a drug given. MedicationRequest: an order, which is no dose."""

from __future__ import annotations

import re
from typing import Any

from neomag import ages, units
from neomag.case.events import dose_unit
from neomag.fhir.node import Node
from neomag.fhir.record import Record
from neomag.terminology import Concept, meaning, named

_GIVEN = {"completed", "in-progress", "stopped"}
_PERCENT = re.compile(r"(?<![\d.])(\d{1,3}(?:\.\d{1,6})?) ?%")


def medication(node: Node, record: Record) -> Concept:
    """The concept of the medication of a resource, that of a referenced Medication where it was sent or is contained."""
    reference = node.child("medicationReference")
    if reference is None:
        return record.concept(node.child("medicationCodeableConcept"))
    found = record.references.find(reference.text("reference"), node)
    if found is None:
        record.note("unresolved", node.where("medicationReference"))
        display = reference.text("display")
        return Concept((), display)
    return record.concept(found.child("code"))


def read_given(node: Node, record: Record) -> None:
    """Add the event of a MedicationAdministration: a drug given. Only completed, in-progress and stopped ones were given."""
    status = node.text("status")
    if status not in _GIVEN:
        record.note("entered-in-error" if status == "entered-in-error" else "not-given", node.where("status"))
        return
    if not record.about(node):
        return
    concept = medication(node, record)
    drug = _drug(concept, node, record)
    counts, age = record.age(node, "effectiveDateTime", "effectivePeriod.start") if drug else (False, None)
    if not counts or drug is None:
        return
    event: dict[str, Any] = {"given": drug} | _dosage(node.child("dosage"), record)
    if strength := _PERCENT.search(concept.called):
        event["concentration"] = f"{strength[1]} %"
    if age is not None and node.there("effectivePeriod.end"):
        _, end = record.age(node, "effectivePeriod.end")
        if end is not None and end > age:
            event["over"] = ages.written(end - age)
    record.add(node, event, age)


def _drug(concept: Concept, node: Node, record: Record) -> str | None:
    """The drug by its codes, else by a name that the table of codes binds; None, noted, where it is not known."""
    means = meaning(concept, record.bindings)
    if means.binding is not None and means.binding.kind == "given":
        return means.binding.vocabulary
    if means.trouble == "unbound-code" and (drug := named(concept.called, "given", record.bindings)):
        return drug
    detail = ", ".join(filter(None, (means.source_code, means.detail)))
    record.note(means.trouble or "excluded-code", node.where("medicationCodeableConcept"), detail)
    return None


def _dosage(dosage: Node | None, record: Record) -> dict[str, Any]:
    """Route and dose. A dose whose unit is not known, or said in two ways, counts as given, its amount unknown."""
    if dosage is None or not record.understood(dosage):
        return {}
    found: dict[str, Any] = {}
    said = dosage.child("route")
    route = record.word(said, "route") or named(record.concept(said).called, "route", record.bindings, whole=True)
    if route:
        found["route"] = route
    dose = dosage.child("dose")
    value = dose.number("value") if dose else None
    if dose is None or value is None:
        return found
    code, text = record.unit(dose)
    spelt = [unit for unit in (_dose_unit(code), _dose_unit(text)) if unit]
    try:
        units.number(value)
    except units.UnitError:
        record.note("negative" if value < 0 else "not-a-number", dose.where("value"), "dose")
        return found
    if not spelt or len(set(spelt)) > 1:
        record.note("dose-unit", dose.at, " | ".join(dict.fromkeys(spelt)))
        return found
    return found | {"dose": value, "unit": spelt[0]}


def _dose_unit(unit: str | None) -> str | None:
    try:
        return dose_unit(unit) if unit else None
    except units.UnitError:
        return None


def read_ordered(node: Node, record: Record) -> None:
    """Note a MedicationRequest: an order is not a dose."""
    if node.text("status") == "entered-in-error":
        record.note("entered-in-error", node.where("status"))
    elif record.about(node):
        concept = medication(node, record)
        drug = named(concept.called, "given", record.bindings)
        means = meaning(concept, record.bindings)
        known = means.binding is not None or drug is not None
        record.note("ordered-not-given" if known else "unbound-code", node.where("medication"), drug or means.source_code)
