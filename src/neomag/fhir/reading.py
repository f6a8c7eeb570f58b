"""A case from FHIR R4: the Parameters of `$assess`, or a Bundle, of one infant."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from neomag import ages
from neomag.case import SEXES, Case, CaseError
from neomag.fhir import own
from neomag.fhir.condition import read_condition
from neomag.fhir.contents import Contents, contents, each_kind
from neomag.fhir.encounter import setting_of
from neomag.fhir.medication import read_given, read_ordered
from neomag.fhir.observation import read_observation
from neomag.fhir.patient import Patient, find_patient
from neomag.fhir.problems import FhirInputError, Problem, problem, refusal
from neomag.fhir.record import Record, Row
from neomag.fhir.references import References
from neomag.fhir.times import FORM, moment, written
from neomag.fhir.versions import latest
from neomag.knowledge import Knowledge, load

# Each type is read in this order, since ties in time are broken by order: a cohort reads the same files in the same order.
_READERS = {
    "Observation": read_observation,
    "Condition": read_condition,
    "MedicationAdministration": read_given,
    "MedicationRequest": read_ordered,
}
# More reasons than these help nobody.
_MOST_FAULTS = 100
_ASIDE = {"Patient", "Encounter", "Specimen", "Medication"}


@dataclass(frozen=True, slots=True)
class Place:
    """Where an event comes from: FHIRPath in what was sent, and the reference to its resource, if it has an id."""

    expression: str
    reference: str | None


@dataclass(frozen=True, slots=True)
class Reading:
    """A case read from FHIR, and everything about it that was not used or is doubtful.

    `places` holds the origin of each event, by its `seq`. `patient` and `encounter` are references (`Patient/a`), `now` is the
    moment asked about. `unread` counts resources of types that are not read.
    """

    case: Case
    problems: tuple[Problem, ...]
    patient: str | None
    now: str
    encounter: str | None = None
    places: tuple[Place, ...] = ()
    unread: Mapping[str, int] = field(default_factory=dict[str, int])

    def place(self, event: int | None) -> Place | None:
        """Where the event with this `seq` comes from; None where that is not known."""
        return self.places[event] if event is not None and event < len(self.places) else None


def read_case(
    resource: Mapping[str, Any], *, now: str | None = None, setting: str | None = None, knowledge: Knowledge | None = None,
    codes: Sequence[Path] = (), zone: str = "UTC",
) -> Reading:  # fmt: skip
    """The case in a FHIR R4 Parameters or Bundle of one infant.

    `now` (an ISO 8601 moment) is the moment asked about; without it the parameter `now` is taken, else the present. `setting`
    likewise. `codes` are a site's own tables of codes, `zone` the IANA zone of days and times that carry none.
    Raises FhirInputError with every reason; SourceError for a table of codes that cannot be read.
    """
    known = knowledge or load()
    found = contents(resource)
    at = _now(found, now, zone)
    patient = find_patient(found, at, ZoneInfo(zone))
    _stop(found.faults)
    record = Record(
        patient=patient.names, born=patient.born, died=patient.died, now=at, zone=ZoneInfo(zone),
        references=References(found.resources), bindings=own.bindings(tuple(codes), known), knowledge=known,
    )  # fmt: skip
    unread = _read(found, record)
    setting = setting or found.setting
    encounters = [node for node, _ in found.resources if node.kind == "Encounter"]
    told, encounter = setting_of(encounters, record)
    _stop([*found.faults, *record.strangers])
    case = _case(patient, record, found, setting or told)
    return Reading(
        case=case,
        problems=(*found.problems, *patient.problems, *record.problems(), *_unread(unread)),
        patient=patient.reference,
        now=written(at),
        encounter=encounter,
        places=tuple(Place(row.node.at, row.reference) for row in record.rows),
        unread=unread,
    )


def _stop(faults: Sequence[Problem]) -> None:
    if faults:
        raise FhirInputError(list(dict.fromkeys(faults))[:_MOST_FAULTS])


def _now(found: Contents, now: str | None, zone: str) -> datetime:
    said, where = (now, "now") if now else found.now or (None, "")
    if said is None:
        return datetime.now(UTC).replace(microsecond=0)
    try:
        at = moment(said, ZoneInfo(zone))
        if at.trouble:
            raise ValueError
    except ValueError:
        raise FhirInputError([*found.faults, refusal(where, f"not a moment; write {FORM}", "value")]) from None
    return at.at


def _read(found: Contents, record: Record) -> dict[str, int]:
    """Read every resource of a type that is read; the number of the others by type."""
    kinds = dict(each_kind(found.resources))
    for kind, read in _READERS.items():
        for node in latest(kinds.get(kind, ()), record):
            read(node, record)
    return {kind: len(nodes) for kind, nodes in kinds.items() if kind not in _READERS and kind not in _ASIDE}


def _unread(counts: Mapping[str, int]) -> list[Problem]:
    return [problem("unread-type", (), kind, count=count) for kind, count in sorted(counts.items())]


def _case(patient: Patient, record: Record, found: Contents, setting: str | None) -> Case:
    infant: dict[str, Any] = {"sex": patient.sex} if patient.sex in SEXES else {}
    gestation = record.traits.first("gestation")
    low, high = record.knowledge.settings["gestation_possible_weeks"]["between"]
    if gestation is not None and low <= gestation <= high:
        # Completed days; a gestation rounded to decimals of a week is a hair below its day.
        weeks, days = divmod(int(gestation * 7 + 0.05), 7)
        infant["gestation"] = f"{weeks}w{days}d"
    elif gestation is not None:
        record.note("gestation-suspect", "Observation.value")
    for trait, grams in (("birth_weight", record.traits.first("birth_weight")), ("weight", record.traits.last("weight"))):
        if grams is not None:
            infant[trait] = f"{grams:f} g"
    given = {
        "case": patient.key or "patient",
        "infant": infant,
        "now": ages.written(patient.age),
        "setting": setting,
        # What was said for the whole counts for more than what stood beside a result.
        "intervals": {**record.ranges.latest(), **found.intervals},
        "events": [dict(row.event) for row in record.rows],
    }
    try:
        case = Case.from_dict(given, knowledge=record.knowledge, numberless=True)
    except CaseError as error:
        raise FhirInputError([_placed(said, record.rows) for said in error.problems]) from None
    # As a cohort has it: the decimals of the record, not the completed days.
    return replace(case, infant=replace(case.infant, gestation=gestation)) if "gestation" in infant else case


_EVENT = re.compile(r"events\[(\d+)\][\w.]*: ?")


def _placed(said: str, rows: Sequence[Row]) -> Problem:
    """A refusal of the case reader, at the resource it comes from."""
    where = _EVENT.match(said)
    if where:
        return refusal(rows[int(where[1])].node.at, said[where.end() :], "value")
    place, _, why = said.partition(": ")
    if place.startswith("intervals"):
        return refusal("Parameters.parameter.where(name = 'interval')", why or said, "value")
    if place == "setting":
        return refusal("Parameters.parameter.where(name = 'setting')", why, "value")
    return refusal(place, why or said, "value")
