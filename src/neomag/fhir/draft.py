"""The resources of one answer while they are made: who they are about, their addresses, and where each comes from."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import cached_property
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

from neomag import __version__
from neomag.answer import Answer
from neomag.fhir.elements import Resource, hl7, identifier
from neomag.fhir.reading import Reading
from neomag.fhir.times import written
from neomag.knowledge import RuleEntry
from neomag.knowledge.tables import fhir_file, read_toml

# The participant types of Provenance, and how an entity was used: HL7's own codes.
_ASSEMBLER, _SOURCE, _DERIVATION = "assembler", "source", "derivation"


class Draft:
    """Collects the entries of the bundle of one answer. Addresses are made of the answer: the same answer has the same ones."""

    def __init__(self, answer: Answer, reading: Reading, recorded: datetime):
        self.answer = answer
        self.reading = reading
        self.knowledge = answer.rulebook.knowledge
        self.recorded = written(recorded)
        self.settings = read_toml(fhir_file("resources.toml"))
        # References to the resources that were read as events.
        found = dict.fromkeys(place.reference for place in reading.places)
        self.basis: list[Resource] = [{"reference": reference} for reference in found if reference]
        self.entries: list[Resource] = []

    @cached_property
    def _space(self) -> UUID:
        """What addresses are made of: what decides the answer; to write out why takes a hundred times longer."""
        answer, reading = self.answer, self.reading
        said = [answer.knowledge, answer.row, answer.values, answer.magnesium.to_dict(), reading.patient, reading.now]
        return uuid5(NAMESPACE_URL, f"urn:neomag:answer:{said!r}")

    @cached_property
    def device(self) -> Resource:
        """A reference to neomag itself, added when it is first named."""
        return self._put({
            "resourceType": "Device",
            "status": "active",
            "deviceName": [{"name": "neomag", "type": "model-name"}],
            "version": [{"value": __version__}],
        }, "device")  # fmt: skip

    @property
    def subject(self) -> Resource:
        """The infant."""
        if self.reading.patient is None:
            return {"type": "Patient", "display": "the patient that was sent"}
        return {"reference": self.reading.patient, "type": "Patient"}

    @property
    def encounter(self) -> Resource:
        """`encounter`, where it is known, as keys of a resource."""
        return {"encounter": {"reference": self.reading.encounter}} if self.reading.encounter else {}

    @property
    def priority(self) -> str:
        """How soon, in FHIR's words."""
        return self.settings["priority"][self.answer.urgency]

    @property
    def severity(self) -> str:
        """How grave, in FHIR's words."""
        return self.settings["severity"][self.answer.urgency]

    @property
    def level(self) -> list[Resource]:
        """A reference to the magnesium result that was judged, where it has an identifier."""
        events = [e for e in self.reading.case.events if e.key == "lab:magnesium"]
        place = self.reading.place(events[-1].seq) if events else None
        return [{"reference": place.reference}] if place and place.reference else []

    def true(self, sets: str, to: str) -> list[RuleEntry]:
        """The true rules that set something (urgency, status, suspicion) to a word."""
        both = zip(self.answer.rulebook.entries, self.answer.values, strict=True)
        return [rule for rule, value in both if value and getattr(rule, sets) == to]

    def put(
        self, resource: Resource, name: str, because: Sequence[str], sources: Sequence[str] = (), read: Sequence[Resource] = ()
    ) -> Resource:
        """Add a resource with its Provenance: the rules and sources behind it, and what was `read` for it.

        Returns a reference to it.
        """
        reference = self._put(resource, name)
        self._put(self._provenance(reference, because, sources, read), f"provenance:{name}")
        return reference

    def _put(self, resource: Resource, name: str) -> Resource:
        key = str(uuid5(self._space, f"{resource['resourceType']}:{name}"))
        self.entries.append({"fullUrl": f"urn:uuid:{key}", "resource": {"resourceType": "", "id": key} | resource})
        return {"reference": f"urn:uuid:{key}", "type": resource["resourceType"]}

    def outcome(self, resource: Resource) -> Resource:
        """Add an OperationOutcome, which has no provenance of its own."""
        return self._put(resource, "outcome")

    def parameters(self, resource: Resource) -> Resource:
        """Add the Parameters of the answer."""
        return self._put(resource, "parameters")

    def _provenance(
        self, target: Resource, because: Sequence[str], sources: Sequence[str], read: Sequence[Resource]
    ) -> Resource:
        entities: list[dict[str, Any]] = [
            {"role": _DERIVATION, "what": identifier("knowledge", self.answer.knowledge)},
            *({"role": _DERIVATION, "what": identifier("rule", rule)} for rule in dict.fromkeys(because)),
            *({"role": _SOURCE, "what": identifier("source", key)} for key in dict.fromkeys(sources)),
            *({"role": _SOURCE, "what": reference} for reference in read),
        ]
        return {
            "resourceType": "Provenance",
            "target": [target],
            "recorded": self.recorded,
            "agent": [{"type": hl7("provenance-participant-type", _ASSEMBLER), "who": self.device}],
            "entity": entities,
        }
