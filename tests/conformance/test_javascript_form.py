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
from neomag.web.clinician.fields import Fields
from neomag.web.clinician.from_case import empty, fill
from neomag.web.clinician.to_case import read
from neomag.web.clinician.typed import decimal_comma
from neomag.web.languages import LANGUAGES

EXAMPLES = sorted((Path(__file__).parents[2] / "src/neomag/examples").glob("*.json"))
Pairs = list[tuple[str, str]]
# What people type, and what they do not.
TYPED = st.sampled_from([
    "", " ", "0", "0.45", "0,45", ".5", "007", "1.250", "1,250", "０．５", "12 h", "36h", "2 d 3 h", "birth", "Birth ", "x", "-1", "1e3",
    "<0.2", "999999999999", "1.2.3", "38+2", "38w2d", "44", "5 mo", "1/2", "٣", "mmol/L", "mg/dL", "mEq/L", "kg", "pending", "low", "absent",
    "magnesium", "seizure", "-seizure", "h", "wk",
])  # fmt: skip


def in_python(pairs: Pairs, code: str) -> dict[str, Any]:
    """The answer to a form, or the fields of its faults."""
    found = read(Fields(pairs), LANGUAGES[code], KNOWN)
    if found.case is None:
        return {"faults": [fault.field for fault in found.faults]}
    return {"answer": json.loads(json.dumps(assess(found.case).to_dict(), default=float))}


def compare(forms: list[tuple[Pairs, str]]) -> None:
    """Both say the same of every form."""
    said = run({"form": pairs, "comma": decimal_comma(LANGUAGES[code])} for pairs, code in forms)
    for (pairs, code), found in zip(forms, said, strict=True):
        expected = in_python(pairs, code)
        if "faults" in expected and "faults" in found and any(where.startswith("events[") for where in found["faults"]):
            # A fault that the case's reader finds is told by its place in the case; the page puts it at a field.
            assert len(found["faults"]) == len(expected["faults"]), pairs
        else:
            assert found == expected, pairs


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
    assert in_python(pairs, "en") == {"faults": ["age"]}
    compare([(pairs, "en")])


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
