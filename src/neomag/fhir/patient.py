"""The Patient: who the infant is, when it was born, and whether it lives at the moment asked about."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo

from neomag.fhir.contents import Contents
from neomag.fhir.node import Node
from neomag.fhir.problems import FhirInputError, Problem, problem, refusal
from neomag.fhir.references import means, names, same_url
from neomag.fhir.times import Moment, moment

BIRTH_TIME = "http://hl7.org/fhir/StructureDefinition/patient-birthTime"


@dataclass(frozen=True, slots=True)
class Patient:
    """The infant: names by which references call it, `age` at the moment asked about in seconds."""

    key: str | None
    reference: str | None
    names: list[str]
    sex: str | None
    born: datetime
    died: datetime | None
    age: int
    problems: tuple[Problem, ...]


def find_patient(found: Contents, now: datetime, zone: tzinfo) -> Patient:
    """The one Patient that was sent. Raises FhirInputError when there is none, several, or one without a day of birth."""
    nodes = [(node, url) for node, url in found.resources if node.kind == "Patient"]
    if not nodes:
        says = "a Patient resource with birthDate is needed: ages are counted from birth"
        raise FhirInputError([*found.faults, refusal("Patient", says, "required")])
    chosen = nodes[0]
    if found.patient is not None:
        named = [(node, url) for node, url in nodes if _is(found.patient, node, url)]
        if not named:
            says = "the patient named is not among the resources; send its Patient resource"
            raise FhirInputError([*found.faults, refusal("Parameters.parameter.where(name = 'patient')", says, "not-found")])
        chosen = named[0]
    strangers = [node for node, url in nodes if not _same(chosen, (node, url))]
    if strangers:
        says = "a second Patient; send the resources of one infant"
        raise FhirInputError([*found.faults, *(refusal(node.at, says, "business-rule") for node in strangers[:1])])
    found.problems += [problem("duplicate-id", [node.at]) for node, _ in nodes if node.value != chosen[0].value]
    return _patient(*chosen, found, now, zone)


def _is(wanted: str, node: Node, url: str | None) -> bool:
    return means(wanted if "/" in wanted or ":" in wanted else f"Patient/{wanted}", names(node, url))


def _same(one: tuple[Node, str | None], other: tuple[Node, str | None]) -> bool:
    """Whether two Patients are the same: word for word, or by address, or by id where an address does not tell."""
    if one[0].value == other[0].value:
        return True
    if one[1] and other[1]:
        return same_url(one[1]) == same_url(other[1])
    return one[0].value.get("id") is not None and one[0].value.get("id") == other[0].value.get("id")


def _patient(node: Node, url: str | None, found: Contents, now: datetime, zone: tzinfo) -> Patient:
    problems: list[Problem] = []
    born = _born(node, zone, problems)
    died = _died(node, now, zone)
    known = names(node, url)
    gender = node.text("gender")
    if gender not in {None, "female", "male", "unknown"}:
        problems.append(problem("unknown-word", [node.where("gender")]))
    if born is None or born > now:
        if born is not None:
            says = "birth is after the moment asked about (`now`)"
            node.faults.append(refusal(node.where("birthDate"), says, "business-rule"))
        raise FhirInputError(list(dict.fromkeys(found.faults)))
    key = node.text("id")
    return Patient(
        key=key,
        reference=f"Patient/{key}" if key else url,
        names=known,
        sex=gender,
        born=born,
        died=died,
        age=round((now - born).total_seconds()),
        problems=tuple(problems),
    )


def _born(node: Node, zone: tzinfo, problems: list[Problem]) -> datetime | None:
    """The moment of birth; None, with a fault, when not even the day is known."""
    where = node.where("birthDate")
    day = _moment(node, "birthDate", zone)
    hour = None
    if (element := node.child("_birthDate")) is not None:
        for extension in element.children("extension"):
            if extension.text("url") == BIRTH_TIME:
                hour = _moment(extension, "valueDateTime", zone)
    if hour and not hour.trouble:
        if day and abs(hour.at - day.at) > timedelta(days=2):
            node.faults.append(refusal(where, "birthDate and birthTime are days apart; correct one of them", "conflict"))
        return hour.at
    if day is None or day.trouble == "imprecise-time":
        if not node.faults:
            node.faults.append(refusal(where, "the day of birth is needed, such as 2026-01-03: ages count from it", "required"))
        return None
    problems.append(problem("birth-day-only", [where]))
    return day.at


def _died(node: Node, now: datetime, zone: tzinfo) -> datetime | None:
    died = _moment(node, "deceasedDateTime", zone)
    at = died.at if died else None
    if node.truth("deceasedBoolean") or (at and at <= now):
        says = "the patient has died; ask about a moment before, with deceasedDateTime given"
        node.faults.append(refusal(node.where("deceasedDateTime"), says, "business-rule"))
    return at


def _moment(node: Node, name: str, zone: tzinfo) -> Moment | None:
    said = node.text(name)
    if said is None:
        return None
    try:
        return moment(said, zone)
    except ValueError as error:
        node.faults.append(refusal(node.where(name), f"not a date; {error}", "value"))
        return None
