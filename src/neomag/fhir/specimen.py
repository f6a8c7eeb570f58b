"""Specimen: tags of the results that come from it, and whether it is the one that their codes mean."""

from __future__ import annotations

from neomag.fhir.node import Node
from neomag.fhir.record import Record
from neomag.terminology import Concept
from neomag.terminology.specimens import noted_haemolysis, other_specimen, tags_in


def tags_of(concept: Concept, whole: Node, lab: str, record: Record) -> list[str] | None:
    """The tags of a result of `lab`; None when its specimen contradicts the code.

    They stand in the codes of the specimen's conditions, in words of its type and container and of the result's own name
    (`concept`), and, for haemolysis, in notes.
    """
    tags = set(tags_in(concept.called, record.bindings))
    reference = whole.child("specimen")
    if reference is not None:
        kinds, coded, called = _read(reference, whole, record)
        if other_specimen(lab, kinds, record.bindings):
            return None
        tags |= {*coded, *tags_in(called, record.bindings)}
    notes = (text for note in whole.children("note") if (text := note.text("text")))
    if any(noted_haemolysis(note, record.bindings) for note in notes):
        tags.add("haemolysed")
    return sorted(tags)


def _read(reference: Node, whole: Node, record: Record) -> tuple[Concept, set[str], str]:
    """The kind of a specimen, the tags that its codes give, and what it is called, in lower case."""
    display = reference.text("display")
    specimen = record.references.find(reference.text("reference"), whole)
    if specimen is None:
        record.note("unresolved", whole.where("specimen"))
        return Concept((), display), set(), (display or "").lower()
    kind = record.concept(specimen.child("type"))
    parts = [*specimen.children("condition"), specimen.child("type")]
    said = [(display or "").lower()]
    for container in specimen.children("container"):
        said.append((container.text("description") or "").lower())
        parts += [container.child("type"), container.child("additiveCodeableConcept")]
    coded = {tag for part in parts if part and (tag := record.word(part, "specimen"))}
    called = " ".join([*said, *(record.concept(part).called for part in parts if part)])
    return Concept(kind.codings, " ".join(filter(None, (kind.text, display))) or None), coded, called
