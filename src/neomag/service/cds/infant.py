"""The infant of a call: whether it is one that neomag speaks of, and its case, read from everything that was had."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from neomag import ages
from neomag.fhir import FhirInputError, Problem, Reading, read_case
from neomag.fhir.times import moment, written
from neomag.knowledge import Knowledge
from neomag.service.cds.asked import Asked
from neomag.service.problems import Fault, ProblemError

Json = Mapping[str, Any]
# What read_case is given; the others are read by the orders.
READ = ("patient", "observations", "conditions", "given", "encounters", "specimens", "medications")
_PLACE = re.compile(r"Bundle\.entry\[(\d+)\]\.resource((?:\.entry\[\d+\]\.resource)?)(.*)")


def concerned(patient: Json, asked: Asked, now: datetime, knowledge: Knowledge, zone: str = "UTC") -> bool:
    """Whether a Patient lives and is not older than neomag's range. One whose age is not known is left to the reading.

    Raises ProblemError (422) for another patient than the one that the call is about.
    """
    if patient.get("id") is not None and patient["id"] != asked.patient:
        says = "another patient than context.patientId"
        raise ProblemError.not_valid([Fault("/prefetch/patient/id", says)])
    if patient.get("deceasedBoolean") is True or patient.get("deceasedDateTime") is not None:
        return False
    try:
        born = moment(str(patient.get("birthDate")), ZoneInfo(zone))
    except (ValueError, OverflowError):
        return True
    return (now - born.at).total_seconds() <= _until(knowledge)


def _until(knowledge: Knowledge) -> int:
    return ages.seconds(knowledge.settings["scope"]["until"])


def read_infant(
    asked: Asked, had: Mapping[str, Json], now: datetime, knowledge: Knowledge, codes: Sequence[Path] = (), zone: str = "UTC"
) -> Reading | None:
    """The case; None for an infant older than neomag's range. Raises ProblemError (422) for FHIR that cannot be read."""
    keys = [key for key in READ if key in had]
    patient = had["patient"] if had["patient"].get("id") else {**had["patient"], "id": asked.patient}
    entries = [{"resource": patient if key == "patient" else had[key]} for key in keys]
    bundle = {"resourceType": "Bundle", "type": "collection", "entry": entries}
    try:
        reading = read_case(bundle, now=written(now), knowledge=knowledge, codes=codes, zone=zone)
    except FhirInputError as error:
        raise ProblemError.not_valid(list(_faults(error.issues, keys))) from None
    if reading.case.now > _until(knowledge):
        return None
    return replace(reading, encounter=f"Encounter/{asked.encounter}") if asked.encounter else reading


def _faults(issues: Iterable[Problem], keys: list[str]) -> Iterable[Fault]:
    for issue in issues:
        place = _PLACE.fullmatch(issue.expression[0]) if issue.expression else None
        if place is None:
            yield Fault("/prefetch", issue.says)
            continue
        entry = place[2].replace("[", "/").replace("].", "/").replace(".entry", "/entry")
        yield Fault(f"/prefetch/{keys[int(place[1])]}{entry}", f"{place[3].lstrip('.')}: {issue.says}".lstrip(": "))
