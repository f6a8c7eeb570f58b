"""Specimen: tags of the results that come from it."""

from __future__ import annotations

from neomag.fhir.node import Node
from neomag.fhir.record import Record
from neomag.terminology.results import tags_in


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
