"""OperationOutcome: problems of a reading, refusals, and problems of an answer, each at its place."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from neomag.answer import Answer
from neomag.fhir.elements import Resource, plain
from neomag.fhir.own import system
from neomag.fhir.problems import FhirInputError, Problem, problem
from neomag.fhir.reading import Reading


def outcome(problems: Iterable[Problem]) -> Resource | None:
    """The OperationOutcome of problems; None when there is none, since it cannot be empty."""
    issues = [_issue(p) for p in problems]
    return {"resourceType": "OperationOutcome", "issue": issues} if issues else None


def refused(error: FhirInputError) -> Resource:
    """The OperationOutcome of a refusal."""
    return {"resourceType": "OperationOutcome", "issue": [_issue(p) for p in error.issues]}


def all_problems(answer: Answer, reading: Reading) -> list[Problem]:
    """The problems of a reading, then those of the answer at the resources they come from."""
    return [*reading.problems, *(_of_answer(said, reading) for said in answer.problems)]


def _of_answer(said: dict[str, Any], reading: Reading) -> Problem:
    place = reading.place(said["event"])
    return problem(said["code"], [place.expression] if place else [], says=said["says"])


def _issue(said: Problem) -> Resource:
    # A problem may quote what was sent.
    text = plain(said.says if said.count == 1 else f"{said.says}: {said.count}")
    found: dict[str, Any] = {
        "severity": said.severity,
        "code": said.type,
        "details": {"coding": [{"system": system("problem"), "code": said.code}], "text": text},
        "diagnostics": text,
    }
    if said.expression:
        found["expression"] = list(said.expression)
    return found
