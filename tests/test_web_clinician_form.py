"""The form and the case are the same thing: what a case holds the form holds, and read again it gives the same answer."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.strategies import KNOWN, a_tenth, cases

from neomag.assess import assess
from neomag.case import Case
from neomag.web.clinician.fields import Fields
from neomag.web.clinician.from_case import empty, fill
from neomag.web.clinician.layout import KINDS, layout
from neomag.web.clinician.to_case import read
from neomag.web.languages import LANGUAGES

EXAMPLES = sorted((Path(__file__).parent.parent / "src/neomag/examples").glob("*.json"))
EN = LANGUAGES["en"]


def again(case: Case, said: dict[str, Any] | None = None, code: str = "en") -> Case:
    """The case after it went through the form, as a browser would post it."""
    language = LANGUAGES[code]
    posted = Fields(fill(case, language, KNOWN, said).pairs())
    found = read(posted, language, KNOWN)
    assert found.faults == []
    assert found.case is not None
    return found.case


def content(case: Case) -> Any:
    """All that a case says, without the places of its events in a file."""
    # A set is written in any order: its members stand apart.
    events = sorted((repr(replace(event, seq=0, specimen=frozenset())), sorted(event.specimen)) for event in case.events)
    problems = sorted((problem.code, problem.detail) for problem in case.problems)
    return (
        (case.name, case.now, case.infant, case.setting, case.intervals, case.age_assumed, case.times_assumed),
        events,
        problems,
    )


def written(said: Any, code: str) -> str:
    """As text; where a number that could be a thousand is written with a further 0, without it."""
    return repr(said) if code != "es" else re.sub(r"(\.\d*?)0+(?=\D)", r"\1", repr(said))


def answer(case: Case) -> dict[str, Any]:
    """The answer, without the places of events."""
    said = assess(case).to_dict()
    return said | {"problems": sorted((p["code"], p["says"]) for p in said["problems"])}


@a_tenth
@given(cases(), st.sampled_from(sorted(LANGUAGES)))
def test_a_case_goes_through_the_form_and_comes_back(given_: dict[str, Any], code: str) -> None:
    case = Case.from_dict(given_, knowledge=KNOWN)
    back = again(case, given_.get("infant"), code)
    assert written(content(back), code) == written(content(case), code)
    assert written(answer(back), code) == written(answer(case), code)


def test_the_last_result_of_a_moment_stays_the_last() -> None:
    """Two results of unknown time in different tubes: the one that counts is the last of the file."""
    raw: dict[str, Any] = {
        "now": "birth",
        "events": [
            {"lab": "calcium", "flag": "low"},
            {"lab": "magnesium", "flag": "low", "specimen": ["haemolysed"]},
            {"lab": "magnesium", "flag": "low"},
        ],
    }
    case = Case.from_dict(raw, knowledge=KNOWN)
    assert answer(again(case)) == answer(case)


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_a_published_example_has_the_same_answer_through_the_form(path: Path) -> None:
    raw = json.loads(path.read_text("utf-8"))
    case = Case.from_dict(raw, knowledge=KNOWN)
    assert answer(again(case, raw.get("infant"))) == answer(case)


def test_what_is_empty_is_unknown() -> None:
    """A form that says nothing but the age is a case that says nothing but the age."""
    fields = Fields(empty(KNOWN).pairs())
    fields.set("age", "5")
    found = read(fields, EN, KNOWN)
    assert found.faults == []
    assert found.given == {"case": "case", "infant": {}, "now": "5 d", "events": []}
    fields.add("given.0.given", "calcium-gluconate-10")
    assert read(fields, EN, KNOWN).given["events"] == [{"given": "calcium-gluconate-10"}]


def test_every_code_of_the_vocabulary_has_one_place_in_the_form() -> None:
    found = layout(KNOWN)
    for kind in (*KINDS, "lab"):
        assert set(found.short[kind]) == set(KNOWN.vocabulary[kind])
    for kind in KINDS:
        codes = [chip.code for group in found.of(kind) for chip in group.chips]
        asked = {code.removeprefix("-") for ask in found.asks for code, _ in ask.options} if kind == "sign" else set()
        assert len(codes) == len(set(codes))
        assert set(codes) | asked == set(KNOWN.vocabulary[kind])
        assert not asked & set(codes)
    assert all(lab in KNOWN.vocabulary["lab"] for lab in found.first_sample)
