"""The orders that a call asks about, what they are of, and whether a magnesium test is among what is ordered."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from neomag.fhir import Problem, Reading, own
from neomag.fhir.node import Node
from neomag.fhir.references import References, tail
from neomag.fhir.times import moment
from neomag.knowledge import Knowledge
from neomag.service.cds.asked import Asked
from neomag.service.cds.entries import Entries, Group
from neomag.service.problems import Fault, ProblemError
from neomag.terminology import Bindings, Coding, Concept, meaning, named

Json = Mapping[str, Any]
_NOT_STANDING = {"entered-in-error", "cancelled", "stopped", "revoked", "completed"}
# Who only proposes a test, as neomag does, has not asked for it.
_ONLY_SAID = {"proposal", "option"}


@dataclass(frozen=True, slots=True)
class Order:
    """A MedicationRequest that is asked about: its group and drug, what it is called (lower case), and its reference."""

    node: Node
    group: Group
    drug: str | None
    called: str
    reference: str | None


@dataclass(frozen=True, slots=True)
class Orders:
    """The orders asked about, groups of which the same was given or ordered before, and whether a magnesium test is ordered.

    `groups` are the words of `again`.
    """

    asked: tuple[Order, ...] = ()
    again: frozenset[str] = frozenset()
    test: bool = False


def orders_of(asked: Asked, had: Mapping[str, Json], reading: Reading, entries: Entries, knowledge: Knowledge) -> Orders:
    """The orders of a call. Raises ProblemError (422) for orders that are not FHIR, or of another patient."""
    faults: list[Problem] = []
    drafts = [Node(resource, pointer, faults) for pointer, resource in asked.drafts]
    before = list(_resources(had.get("orders"), "/prefetch/orders", faults))
    tests = list(_resources(had.get("tests"), "/prefetch/tests", faults))
    medications = list(_resources(had.get("medications"), "/prefetch/medications", faults))
    references = References((node, None) for node in (*drafts, *before, *medications))
    bindings = own.bindings(entries.codes, knowledge)
    _same_patient([*drafts, *before, *tests], asked)
    found = [order for node in drafts if (order := _order(node, references, bindings, entries))]
    known = {order.reference for order in found}
    earlier = {
        order.group.name
        for node in before
        if (order := _order(node, references, bindings, entries, over=True)) and order.reference not in known
    }
    given = {event.code for event in reading.case.events if event.kind == "given" and not event.absent}
    again = {group.name for group in entries.groups if group.drugs & given} | earlier
    last = _last_result(reading)
    test = any(_is_test(node, bindings) for node in drafts) or any(
        _is_test(node, bindings) and node.text("intent") not in _ONLY_SAID and not _answered(node, last) for node in tests
    )
    if faults:
        raise ProblemError.not_valid([Fault(", ".join(fault.expression), fault.says) for fault in faults])
    chosen = [order for order in found if asked.selections is None or order.reference in asked.selections]
    return Orders(tuple(chosen), frozenset(again), test)


def _resources(bundle: Json | None, where: str, faults: list[Problem]) -> Iterable[Node]:
    if bundle is not None:
        for entry in Node(bundle, where, faults).children("entry"):
            if (resource := entry.child("resource")) is not None:
                yield resource


def _same_patient(drafts: Sequence[Node], asked: Asked) -> None:
    for node in drafts:
        subject = node.child("subject")
        reference = subject.text("reference") if subject else None
        if reference and "Patient/" in reference and tail(reference) != f"Patient/{asked.patient}":
            where = node.at.replace("[", "/").replace("]", "").replace(".", "/")
            raise ProblemError.not_valid([Fault(f"{where}/subject", "an order for another patient than context.patientId")])


def _order(node: Node, references: References, bindings: Bindings, entries: Entries, *, over: bool = False) -> Order | None:
    """The order of a MedicationRequest that stands; with `over`, also of one that was completed."""
    status = node.text("status")
    if node.kind != "MedicationRequest" or node.truth("doNotPerform"):
        return None
    if status in _NOT_STANDING and not (over and status == "completed"):
        return None
    concept = _medication(node, references)
    found = meaning(concept, bindings)
    called = " ".join(concept.called.split())
    drug = found.binding.vocabulary if found.binding and found.binding.kind == "given" else named(called, "given", bindings)
    group = next((group for group in entries.groups if group.holds(drug, called)), None)
    key = node.text("id")
    return None if group is None else Order(node, group, drug, called, f"MedicationRequest/{key}" if key else None)


def _medication(node: Node, references: References) -> Concept:
    reference = node.child("medicationReference")
    if reference is None:
        return concept_of(node.child("medicationCodeableConcept"))
    found = references.find(reference.text("reference"), node)
    return concept_of(found.child("code")) if found else Concept((), reference.text("display"))


def concept_of(node: Node | None) -> Concept:
    """A CodeableConcept with its codings."""
    if node is None:
        return Concept()
    codings = tuple(Coding(c.text("system"), c.text("code"), c.text("display")) for c in node.children("coding"))
    return Concept(codings, node.text("text"))


def _last_result(reading: Reading) -> datetime | None:
    """When the last magnesium sample of the record was taken, where that is known."""
    times = [e.at for e in reading.case.events if e.key == "lab:magnesium" and e.at is not None]
    return moment(reading.now, UTC).at - timedelta(seconds=reading.case.now - max(times)) if times else None


def _answered(node: Node, last: datetime | None) -> bool:
    """Whether a sample was taken since a test was asked for: many records leave what was done `active`."""
    said = node.text("authoredOn")
    try:
        return last is not None and said is not None and len(said) > 10 and moment(said, UTC).at <= last
    except ValueError:
        return False


def _is_test(node: Node, bindings: Bindings) -> bool:
    """Whether a ServiceRequest that stands asks for total magnesium."""
    if node.kind != "ServiceRequest" or node.text("status") in _NOT_STANDING or node.truth("doNotPerform"):
        return False
    found = meaning(concept_of(node.child("code")), bindings)
    return found.binding is not None and (found.binding.kind, found.binding.vocabulary) == ("lab", "magnesium")
