"""A case or a FHIR record that was given as a file: read once, and not kept."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
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
from neomag.web.clinician.refused import told
from neomag.web.clinician.to_case import read
from neomag.web.languages import Language

# Of the reasons why a file cannot be read, so many are told.
_MOST = 20
_EVENT = re.compile(r"events\[(\d+)\]")


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a file cannot be read: the place in it (empty for the whole), and what is said of it in the page's language.

    `event` is the number of the event, from 1, in a case; `english` as in `Told`.
    """

    says: str
    where: str = ""
    event: int | None = None
    english: str = ""


class LoadError(ValueError):
    """A file that cannot be read; `reasons` holds each reason."""

    def __init__(self, reasons: Sequence[Reason]) -> None:
        self.reasons = tuple(reasons[:_MOST])
        super().__init__("; ".join(reason.says for reason in self.reasons))


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
        raise LoadError([_reason(str(error), language, knowledge)]) from None
    if len(documents) != 1:
        raise LoadError([Reason(_("The file holds %(n)s cases; load one infant at a time.") % {"n": len(documents)})])
    document = documents[0]
    if isinstance(document, DocumentError):
        raise LoadError([_reason(str(document), language, knowledge)])
    if isinstance(document, dict) and "resourceType" in document:
        return _of_fhir(cast("Mapping[str, Any]", document), settings, language, knowledge)
    written = cast("Mapping[str, Any]", document)
    try:
        case = Case.from_dict(written, knowledge=knowledge)
    except CaseError as error:
        pairs = islice(zip(error.problems, error.places, strict=True), _MOST)
        raise LoadError(
            [_reason(said.removeprefix(f"{place}: "), language, knowledge, place) for said, place in pairs]
        ) from None
    return File(fill(case, language, knowledge, cast("Mapping[str, Any]", written.get("infant") or {})), [])


def _of_fhir(resource: Mapping[str, Any], settings: Settings, language: Language, knowledge: Knowledge) -> File:
    try:
        reading = read_case(resource, knowledge=knowledge, codes=settings.site_codes, zone=settings.zone or "UTC")
    except FhirInputError as error:
        raise LoadError(
            [_reason(issue.says, language, knowledge, language.listed(issue.expression)) for issue in error.issues[:_MOST]]
        ) from None
    except SourceError as error:
        raise LoadError([_reason(str(error), language, knowledge)]) from None
    fields = fill(reading.case, language, knowledge)
    return File(fields, [*notes(reading.problems, language), *differs(assess(reading.case), fields, language)])


def _reason(said: str, language: Language, knowledge: Knowledge, where: str = "") -> Reason:
    found, event = told(said, language, knowledge), _EVENT.match(where)
    return Reason(found.says, where, int(event[1]) + 1 if event else None, found.english)


def notes(problems: Iterable[Problem], language: Language) -> list[str]:
    """What of a record was not used, or is doubtful."""
    said = (_placed(_said(problem.says, language), language.listed(problem.expression), language.colon) for problem in problems)
    return list(dict.fromkeys(said))


def _said(says: str, language: Language) -> str:
    """A problem of a record; what stands in brackets after it is as the record has it."""
    text, bracket, detail = says.partition(" (")
    while bracket and not language.knows(text) and " (" in detail:
        more, _, detail = detail.partition(" (")
        text = f"{text} ({more}"
    return language.say(says) if language.knows(says) or not bracket else f"{language.say(text)} ({detail}"


def differs(answer: Answer, fields: Fields, language: Language) -> list[str]:
    """Says so when the form does not hold all that the answer to a record stood on."""
    case = read(fields, language, answer.rulebook.knowledge).case
    if case is not None and assess(case).values == answer.values:
        return []
    return [
        language.gettext("The form does not hold all of this record: its answer is not the same. Check it against the record.")
    ]


def _placed(one: str, other: str, colon: str) -> str:
    return f"{one}{colon}{other}" if one and other else one or other
