"""Why something is refused, in the language of the page: what readers say is known there, and what is not is told as such."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Any

import pytest
from tests.strategies import KNOWN
from tools.fuzz import inputs

from neomag.case import Case, CaseError
from neomag.case.documents import DocumentError, parse
from neomag.dosing import DoseInputError
from neomag.dosing.asked import dose_asked
from neomag.fhir import FhirInputError, read_case
from neomag.web.clinician.refusals import ALSO, DOSES, FILES, RECORDS
from neomag.web.clinician.refused import Told, told
from neomag.web.engine.messages import MESSAGES
from neomag.web.languages import LANGUAGES, Language

TRANSLATED = [language for language in LANGUAGES.values() if language.code != "en"]
in_every_language = pytest.mark.parametrize("language", TRANSLATED, ids=lambda language: language.code)
# What is said of a refusal that no catalogue knows.
UNKNOWN = "This cannot be used as it stands: correct it, or leave it out."
# What libraries say of a file or a date that they cannot read is not translated.
LIBRARIES = ("not JSON: ", "not YAML: ", "not a date; month must be in ")

PATIENT = {"resourceType": "Patient", "id": "a", "birthDate": "2026-01-01"}
OBSERVATION = {"resourceType": "Observation", "id": "o", "status": "final", "subject": {"reference": "Patient/a"}}
INTERVAL = {"name": "interval", "part": [{"name": "analyte", "valueCode": "magnesium"}]}


def bundle(*resources: Any) -> dict[str, Any]:
    return {"resourceType": "Bundle", "type": "collection", "entry": [{"resource": one} for one in resources]}


def parameters(*given: Any, infant: Any = PATIENT) -> dict[str, Any]:
    return {"resourceType": "Parameters", "parameter": [{"name": "resource", "resource": infant}, *given]}


NOW = {"name": "now", "valueDateTime": "2026-01-03T04:10:00Z"}
MADE_UP: list[Any] = [
    [], {}, {"resourceType": "Observation"}, bundle(), bundle(PATIENT, {**PATIENT, "id": "b"}), {**bundle(PATIENT), "type": "message"},
    bundle({**PATIENT, "birthDate": "2026"}), bundle({**PATIENT, "birthDate": "soon"}), bundle({**PATIENT, "birthDate": "2026-13-41"}),
    bundle({**PATIENT, "birthDate": 3}), bundle({**PATIENT, "deceasedBoolean": True}), bundle({**PATIENT, "deceasedBoolean": "yes"}),
    bundle(PATIENT, {"id": "x"}), bundle(PATIENT, {**OBSERVATION, "subject": {"reference": "Patient/z"}}),
    bundle(PATIENT, {**OBSERVATION, "subject": "a", "code": []}), bundle(PATIENT, {**OBSERVATION, "status": "", "code": {"coding": {}}}),
    bundle(PATIENT, {**OBSERVATION, "code": {"coding": ["x"]}, "valueQuantity": {"value": "3"}}), {**bundle(PATIENT), "entry": {}},
    parameters({"name": "nwo", "valueDateTime": "2026-01-03"}), parameters({"name": "zzzz", "valueString": "x"}),
    parameters({"name": "now", "valueDateTime": "tomorrow"}), parameters({"name": "now", "valueDateTime": "2025-01-03T00:00:00Z"}),
    parameters(NOW, {"name": "resource"}), parameters(NOW, {"name": "setting", "valueCode": "moon"}), parameters(NOW, INTERVAL),
    parameters(NOW, {"name": "interval"}), parameters(NOW, {"name": "patient", "valueString": "z"}), parameters(NOW, {"name": "setting"}),
    parameters(NOW, infant=None), parameters(NOW, {"name": "bundle", "resource": PATIENT}),
]  # fmt: skip
ASKED: list[dict[str, Any]] = [
    {"amount": "0.2mmol/kg", "regimen": "neomag-iv"}, {"regimen": "neomag-iv", "route": "oral"}, {"product": "mg-glycerophosphate-1", "route": "iv", "amount": "1mmol"},
    {"amount": "1mmol", "route": "im", "over": "60 min"}, {"amount": "1mmol", "over": "0 min"}, {"route": "oral"}, {"amount": "x"}, {"amount": "1 spoon"},
    {"amount": "0mmol"}, {"amount": "1mmol", "over": "long"}, {"amount": "-1mmol"}, {},
]  # fmt: skip


def of_files() -> Iterator[str]:
    for _, data, name in islice(inputs(seed=2), 600):
        try:
            documents = parse(data, name=name)
        except DocumentError as error:
            yield str(error)
            continue
        for document in documents:
            if isinstance(document, DocumentError):
                yield str(document)
                continue
            try:
                Case.from_dict(document, knowledge=KNOWN)
            except CaseError as error:
                yield from (said.removeprefix(f"{place}: ") for said, place in zip(error.problems, error.places, strict=True))


def of_records() -> Iterator[str]:
    for document in MADE_UP:
        try:
            read_case(document, knowledge=KNOWN)
        except FhirInputError as error:
            yield from (issue.says for issue in error.issues)


def of_doses() -> Iterator[str]:
    for asked in ASKED:
        infant = {"weight": "4 kg"} if asked else {}
        try:
            dose_asked(asked, Case.from_dict({"now": "20 d", "infant": infant}, knowledge=KNOWN), KNOWN, str)
        except DoseInputError as error:
            yield from error.problems


@pytest.mark.parametrize(("reasons", "least"), [(of_files, 300), (of_records, 25), (of_doses, len(ASKED) - 1)])
def test_what_readers_refuse_is_told_in_the_language(reasons: Any, least: int) -> None:
    found = list(reasons())
    assert len(found) >= least
    for language in TRANSLATED:
        for reason in set(found):
            said = told(reason, language, KNOWN)
            assert said.says != language.gettext(UNKNOWN), reason
            assert said.says != reason
            assert bool(said.english) == any(library in reason for library in LIBRARIES), reason


@in_every_language
def test_every_sentence_is_found_by_its_words(language: Any) -> None:
    for text in (*MESSAGES.values(), *FILES, *RECORDS, *DOSES):
        if "{" not in text:
            assert told(text, language, KNOWN) == Told(language.gettext(text))


def test_what_a_reader_words_otherwise_is_a_sentence_of_the_catalogues() -> None:
    assert set(ALSO.values()) <= {*MESSAGES.values(), *FILES, *RECORDS}


@in_every_language
def test_what_was_refused_stands_as_it_was_written_and_lists_have_the_marks_of_the_language(language: Any) -> None:
    said = told("`sneezing: write true or false` is not accepted; write one of home, clinic, hospital", language, KNOWN)
    assert "`sneezing: write true or false`" in said.says
    assert language.listed(["home", "clinic", "hospital"]) in said.says


@in_every_language
def test_of_a_refusal_that_is_not_known_the_english_is_there(language: Any) -> None:
    for reason in ("the moon is full", "write the moon", "x" * 100_000):
        assert told(reason, language, KNOWN) == Told(language.gettext(UNKNOWN), reason)


def test_in_english_a_refusal_is_as_the_reader_says_it() -> None:
    assert told("the moon is full", LANGUAGES["en"], KNOWN) == Told("the moon is full")


@in_every_language
def test_a_refusal_of_many_within_one_another_is_told_at_once(language: Language) -> None:
    """As deep as a text can make it: worked out in full, each further one would take twice as long."""
    for deep in ("line 1: " * 40 + "x", "write " * 100 + "x", "not a date; " * 40 + "write " * 40 + "x"):
        assert told(deep, language, KNOWN).english == deep
