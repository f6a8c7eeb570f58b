"""Condition, medications, encounters and specimens."""

from __future__ import annotations

import re
from typing import Any

from neomag import ages, units
from neomag.case.events import dose_unit
from neomag.case.model import SETTINGS
from neomag.fhir.node import Node
from neomag.fhir.record import Record
from neomag.terminology import Concept, meaning, named
from neomag.terminology.results import tags_in

_GIVEN = {"completed", "in-progress", "stopped"}
_UNDER_WAY = {"arrived", "triaged", "in-progress", "onleave"}
_PERCENT = re.compile(r"(?<![\d.])(\d{1,3}(?:\.\d{1,6})?) ?%")


def read_condition(node: Node, record: Record) -> None:
    """Add the events of a Condition: its onset, and its end where it has one. One refuted is absent."""
    verified = _code(node.child("verificationStatus"))
    if verified == "entered-in-error":
        record.note("entered-in-error", node.where("verificationStatus"))
        return
    if not record.about(node):
        return
    if verified in {"unconfirmed", "provisional", "differential"}:
        record.note("unconfirmed", node.where("verificationStatus"), verified)
        return
    means = meaning(record.concept(node.child("code")), record.bindings)
    if means.binding is None or means.binding.kind not in {"sign", "condition"}:
        detail = ", ".join(filter(None, (means.source_code, means.detail)))
        record.note(means.trouble or "excluded-code", node.where("code"), detail)
        return
    kind, word = means.binding.kind, means.binding.vocabulary
    over = _code(node.child("clinicalStatus")) in {"inactive", "remission", "resolved"}
    begun = node.has("onsetDateTime") or node.has("onsetPeriod")
    ended = _moment_said(node, "abatementDateTime", "abatementPeriod.end", "onsetPeriod.end")
    if over and not begun and not ended:
        record.note("ended-unknown", node.where("clinicalStatus"), word)
        return
    counts, age = record.age(node, "onsetDateTime", "onsetPeriod.start", "recordedDate")
    if not counts:
        return
    event: dict[str, Any] = {kind: word}
    if verified == "refuted":
        record.add(node, event | {"absent": True}, age)
        return
    grade = re.search("mild|moderate|severe", record.concept(node.child("severity")).called)
    if kind == "condition" and grade:
        event["grade"] = grade[0]
    record.add(node, event, age)
    if begun and ended and age is not None:
        counts, end = record.age(node, *ended)
        if counts and end is not None and end > age:
            last: dict[str, Any] = {"absent": True} if kind == "sign" else {"for": ages.written(end - age)}
            record.add(node, event | last, end)


def _moment_said(node: Node, *names: str) -> tuple[str, ...]:
    """The names of those elements that are there; `x.end` is the end of the period x."""

    def there(name: str) -> bool:
        outer, _, inner = name.partition(".")
        holder = node.child(outer) if inner else node
        return holder is not None and holder.has(inner or outer)

    return tuple(name for name in names if there(name))


def _code(concept: Node | None) -> str | None:
    return next((c.text("code") for c in concept.children("coding")), None) if concept else None


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
    if age is not None and _moment_said(node, "effectivePeriod.end"):
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


def setting_of(nodes: list[Node], record: Record) -> tuple[str | None, str | None]:
    """Where the infant is, and the encounter that is under way, as a reference.

    The setting is that of the encounters under way at the moment asked about, else of all encounters; None when they differ.
    """
    every: dict[str, str] = {}
    on: dict[str, str] = {}
    for node in nodes:
        status = node.text("status")
        if status in {"entered-in-error", "planned", "cancelled", "unknown"}:
            record.note("entered-in-error" if status == "entered-in-error" else "not-final", node.where("status"))
            continue
        kind = node.child("class")
        if not record.about(node) or kind is None:
            continue
        short = record.bindings.systems().get(kind.text("system") or "", kind.text("system") or "")
        found = record.bindings.by_code.get((short, kind.text("code") or ""))
        if found is None or found.kind != "setting" or found.vocabulary not in SETTINGS:
            record.note("unbound-code", node.where("class"), f"{short} {kind.text('code') or ''}".strip())
            continue
        every[node.at] = found.vocabulary
        if _under_way(node, record):
            on[node.text("id") or node.at] = found.vocabulary
    words = set((on or every).values())
    if len(words) > 1:
        record.note("setting-differs", "Encounter.class")
    key = next(iter(on)) if len(on) == 1 else None
    there = key if key and any(node.value.get("id") == key for node in nodes) else None
    return words.pop() if len(words) == 1 else None, f"Encounter/{there}" if there else None


def _under_way(node: Node, record: Record) -> bool:
    """Whether an encounter holds at the moment asked about: by its period, else by its status."""
    period = node.child("period")
    begun, ended = (record.moment(period, name) if period else None for name in ("start", "end"))
    if begun and begun > record.now:
        return False
    return ended >= record.now if ended else node.text("status") in _UNDER_WAY


def tags_of(node: Node, record: Record) -> list[str]:
    """The tags of an Observation's specimen: by the codes of its conditions, or by words of its type and container."""
    reference = node.child("specimen")
    if reference is None:
        return []
    specimen = record.references.find(reference.text("reference"), node)
    if specimen is None:
        record.note("unresolved", node.where("specimen"))
        return []
    conditions = list(specimen.children("condition"))
    parts = [*conditions, specimen.child("type")]
    said: list[str] = []
    for container in specimen.children("container"):
        said.append((container.text("description") or "").lower())
        parts += [container.child("type"), container.child("additiveCodeableConcept")]
    coded = [tag for part in parts if part and (tag := record.word(part, "specimen"))]
    called = " ".join([*said, *(record.concept(part).called for part in parts if part)])
    return sorted({*coded, *tags_in(called, record.bindings)})
