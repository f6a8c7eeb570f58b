"""A case or a FHIR record that was given as a file: read once, and not kept."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, cast

from neomag.answer import Answer
from neomag.assess import assess
from neomag.case import Case, CaseError
from neomag.case.documents import DocumentError, parse
from neomag.fhir import FhirInputError, Problem, read_case
from neomag.knowledge import Knowledge
from neomag.service.settings import Settings
from neomag.terminology import SourceError
from neomag.web.clinician.fields import Fields
from neomag.web.clinician.from_case import fill
from neomag.web.clinician.to_case import read
from neomag.web.languages import Language

# Of the reasons why a file cannot be read, so many are told.
_MOST = 20


class LoadError(ValueError):
    """A file that cannot be read; `reasons` holds each reason."""

    def __init__(self, reasons: list[str]) -> None:
        self.reasons = reasons[:_MOST]
        super().__init__("; ".join(self.reasons))


@dataclass(frozen=True, slots=True)
class File:
    """What a file held: the form of its case, and what of it was not used or is doubtful."""

    fields: Fields
    notes: list[str]


def load(data: bytes, name: str, settings: Settings, language: Language, knowledge: Knowledge) -> File:
    """The form of the one case, or of the FHIR Bundle or Parameters of one infant, in a file. Raises LoadError."""
    _ = language.gettext
    try:
        documents = parse(data, name=name)
    except DocumentError as error:
        raise LoadError([str(error)]) from None
    if len(documents) != 1:
        raise LoadError([_("The file holds %(n)s cases; load one infant at a time.") % {"n": len(documents)}])
    document = documents[0]
    if isinstance(document, DocumentError):
        raise LoadError([str(document)])
    if isinstance(document, dict) and "resourceType" in document:
        return _of_fhir(cast("Mapping[str, Any]", document), settings, language, knowledge)
    written = cast("Mapping[str, Any]", document)
    try:
        case = Case.from_dict(written, knowledge=knowledge)
    except CaseError as error:
        raise LoadError(list(error.problems)) from None
    return File(fill(case, language, knowledge, cast("Mapping[str, Any]", written.get("infant") or {})), [])


def _of_fhir(resource: Mapping[str, Any], settings: Settings, language: Language, knowledge: Knowledge) -> File:
    try:
        reading = read_case(resource, knowledge=knowledge, codes=settings.site_codes, zone=settings.zone or "UTC")
    except FhirInputError as error:
        raise LoadError([_placed(", ".join(issue.expression), issue.says) for issue in error.issues]) from None
    except SourceError as error:
        raise LoadError([str(error)]) from None
    fields = fill(reading.case, language, knowledge)
    return File(fields, [*notes(reading.problems, language), *differs(assess(reading.case), fields, language)])


def notes(problems: Iterable[Problem], language: Language) -> list[str]:
    """What of a record was not used, or is doubtful."""
    said = (_placed(language.say(problem.says), ", ".join(problem.expression)) for problem in problems)
    return list(dict.fromkeys(said))


def differs(answer: Answer, fields: Fields, language: Language) -> list[str]:
    """Says so when the form does not hold all that the answer to a record stood on."""
    case = read(fields, language, answer.rulebook.knowledge).case
    if case is not None and assess(case).values == answer.values:
        return []
    return [
        language.gettext("The form does not hold all of this record: its answer is not the same. Check it against the record.")
    ]


def _placed(one: str, other: str) -> str:
    return f"{one}: {other}" if one and other else one or other
