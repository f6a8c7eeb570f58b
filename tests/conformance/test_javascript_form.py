"""The clinician's form read in the browser: the same case, the same answer and the same faults as the service gives."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.conformance.javascript import run
from tests.strategies import KNOWN, cases

from neomag.assess import assess
from neomag.case import Case
from neomag.web.clinician.away import away_words
from neomag.web.clinician.fields import Fields
from neomag.web.clinician.from_case import empty, fill
from neomag.web.clinician.to_case import read
from neomag.web.languages import LANGUAGES

EXAMPLES = sorted((Path(__file__).parents[2] / "src/neomag/examples").glob("*.json"))
Pairs = list[tuple[str, str]]
# What an answer says in no language.
_SAME = ("urgency", "suspicion")
# What people type, and what they do not.
TYPED = st.sampled_from([
    "", " ", "0", "0.45", "0,45", ".5", "007", "1.250", "1,250", "０．５", "12 h", "36h", "2 d 3 h", "birth", "Birth ", "x", "-1", "1e3",
    "<0.2", "999999999999", "1.2.3", "38+2", "38w2d", "44", "5 mo", "1/2", "٣", "mmol/L", "mg/dL", "mEq/L", "kg", "pending", "low", "absent",
    "magnesium", "seizure", "-seizure", "h", "wk", "1,250 min", "1.250 h", "0,5 h", "44.5", "999999999", "mg/L", "mL/kg/x",
])  # fmt: skip


def in_python(pairs: Pairs, code: str) -> dict[str, Any]:
    """The answer to a form, or its faults: the field of each and what is said there."""
    found = read(Fields(pairs), LANGUAGES[code], KNOWN)
    if found.case is None:
        return {"faults": [{"field": fault.field, "says": fault.says} for fault in found.faults]}
    return {"answer": json.loads(json.dumps(assess(found.case).to_dict(), default=float))}


def compare(forms: list[tuple[Pairs, str]]) -> list[dict[str, Any]]:
    """Both say the same of every form; what was said of those with faults."""
    told: list[dict[str, Any]] = []
    for code, language in LANGUAGES.items():
        mine = [pairs for pairs, of in forms if of == code]
        faults = away_words(KNOWN, language)["faults"]
        said = run(({"form": pairs, "commas": language.commas, "faults": faults} for pairs in mine), language=code)
        for pairs, found in zip(mine, said, strict=True):
            expected = in_python(pairs, code)
            if "faults" in expected or code == "en":
                assert found == expected, pairs
            else:
                # The answer of the engine is in the language of the page, Python's is put into it as it is shown.
                assert "answer" in found, pairs
                assert {name: found["answer"][name] for name in _SAME} == {name: expected["answer"][name] for name in _SAME}
            told.append(found)
    return told


def test_the_published_examples_through_the_form() -> None:
    forms: list[tuple[Pairs, str]] = []
    for path in EXAMPLES:
        raw = json.loads(path.read_text("utf-8"))
        for code in LANGUAGES:
            fields = fill(Case.from_dict(raw, knowledge=KNOWN), LANGUAGES[code], KNOWN, raw.get("infant"))
            forms.append((fields.pairs(), code))
    compare(forms)
    assert all("answer" in in_python(pairs, code) for pairs, code in forms)


def test_an_empty_form_asks_for_the_age() -> None:
    pairs = empty(KNOWN).pairs()
    told = compare([(pairs, code) for code in LANGUAGES])
    assert [[fault["field"] for fault in one["faults"]] for one in told] == [["age"]] * len(LANGUAGES)


# Faults that the case's reader finds after the form has found none: field by field what is typed, and where it is told.
LATE = [
    ({"intervals.0.low": "0.05", "intervals.0.unit": "mmol/L"}, "intervals.0.low"),
    ({"intervals.0.high": "7", "intervals.0.unit": "mmol/L"}, "intervals.0.high"),
    ({"intervals.0.low": "70", "intervals.0.unit": "mmol/L"}, "intervals.0.low"),
    ({"samples.0.results.0.value": "1", "samples.0.results.0.unit": "mg/L"}, "samples.0.results.0.unit"),
    ({"samples.0.results.1.value": "1", "samples.0.results.1.unit": "U/L"}, "samples.0.results.1.unit"),
]


@pytest.mark.parametrize("code", LANGUAGES)
def test_what_only_the_reader_of_cases_finds_is_told_at_its_field_and_in_the_language_of_the_page(code: str) -> None:
    forms: list[tuple[Pairs, str]] = []
    for typed, _ in LATE:
        fields = empty(KNOWN)
        for name, value in {"age": "3", **typed}.items():
            fields.set(name, value)
        forms.append((fields.pairs(), code))
    told = compare(forms)
    english = [in_python(pairs, "en") for pairs, _ in forms]
    for (_, field), said, plain in zip(LATE, told, english, strict=True):
        assert [fault["field"] for fault in said["faults"]] == [field]
        assert (said["faults"][0]["says"] == plain["faults"][0]["says"]) is (code == "en")


@pytest.mark.slow
def test_forms_of_random_infants() -> None:
    forms: list[tuple[Pairs, str]] = []

    @settings(max_examples=200)
    @given(cases(), st.sampled_from(sorted(LANGUAGES)))
    def draw(raw: dict[str, Any], code: str) -> None:
        fields = fill(Case.from_dict(raw, knowledge=KNOWN), LANGUAGES[code], KNOWN, raw.get("infant"))
        forms.append((fields.pairs(), code))

    draw()
    compare(forms)
    assert len(forms) > 50


def test_what_people_type_is_read_and_refused_alike() -> None:
    forms: list[tuple[Pairs, str]] = []
    raws = [json.loads(path.read_text("utf-8")) for path in EXAMPLES[:12]]

    @settings(max_examples=300)
    @given(st.sampled_from(raws), st.sampled_from(sorted(LANGUAGES)), st.data())
    def draw(raw: dict[str, Any], code: str, data: st.DataObject) -> None:
        fields = fill(Case.from_dict(raw, knowledge=KNOWN), LANGUAGES[code], KNOWN, raw.get("infant"))
        names = sorted({name for name, _ in fields.pairs()})
        for name in data.draw(st.lists(st.sampled_from(names), min_size=1, max_size=3)):
            fields.set(name, data.draw(TYPED))
        forms.append((fields.pairs(), code))

    draw()
    compare(forms)
    told = [in_python(pairs, code) for pairs, code in forms]
    assert any("answer" in one for one in told)
    assert any("faults" in one for one in told)
