"""What codes, names and units of records mean, without DuckDB: the same tables for cohorts, FHIR and HL7 v2."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from neomag.knowledge import Knowledge, load
from neomag.knowledge.loader import DATA
from neomag.terminology import Coding, Concept, Said, load_bindings, loinc_sound, meaning, named, read_result

BINDINGS = load_bindings()
PAGE = (DATA.parents[3] / "docs" / "fhir.md").read_text("utf-8")


def concept(*codes: str, text: str | None = None, system: str = "http://loinc.org") -> Concept:
    return Concept(tuple(Coding(system, code) for code in codes), text)


@pytest.mark.parametrize(
    ("said", "means"),
    [
        (concept("2601-3"), "magnesium"),
        (concept("2601-3", system="LN"), "magnesium"),
        (concept("2601-3", system="urn:oid:2.16.840.1.113883.6.1"), "magnesium"),
        (concept("2601-3", "19123-9"), "magnesium"),
        (concept("2601-3", text="Magnesium, serum"), "magnesium"),
        (Concept((Coding("http://local", "x"), Coding("http://loinc.org", "2601-3"))), "magnesium"),
        (concept("2598-1", text="Magnesium, urine"), "urine-magnesium"),
        (concept("1994-3", text="Calcium, ionised"), "calcium-ionised"),
        (concept("2601-3", "2000-8"), "code-conflict"),
        (concept("2601-4"), "loinc-check-digit"),
        (concept("2597-3"), "excluded-code"),
        (concept("21377-7"), "excluded-code"),
        (concept("2532-0", text="Magnesium"), "excluded-code"),
        (concept("MG", text="Magnesium", system="L"), "unbound-code"),
        (concept("2000-8", text="Magnesium"), "name-code-conflict"),
        (concept("17861-6", text="Kalsium ionisert"), "name-code-conflict"),
        (concept("2601-3", text="Magnesium, erythrocytes"), "name-code-conflict"),
        (concept("2601-3", system="http://snomed.info/sct"), "unbound-code"),
        (Concept((), "Magnesium"), "unbound-code"),
        (Concept(), "unbound-code"),
    ],
)
def test_what_a_concept_means_or_why_it_is_not_used(said: Concept, means: str) -> None:
    found = meaning(said, BINDINGS)
    assert (found.binding.vocabulary if found.binding else found.trouble) == means


def test_a_name_of_magnesium_that_is_bound_to_nothing_is_pointed_out() -> None:
    assert meaning(concept("MG", text="Magnesium", system="L"), BINDINGS).detail == "named magnesium"
    assert meaning(concept("K", text="Potassium", system="L"), BINDINGS).detail == ""


@pytest.mark.parametrize(
    ("called", "kind", "drug"),
    [
        ("calcium gluconate 10 % injection", "given", "calcium-gluconate-10"),
        ("inj. phenobarbitone", "given", "antiseizure"),
        ("paracetamol", "given", None),
        ("given iv slowly", "route", "iv"),
        ("rivastigmine", "route", None),
    ],
)
def test_names(called: str, kind: str, drug: str | None) -> None:
    assert named(called, kind, BINDINGS, whole=kind == "route") == drug


@pytest.mark.parametrize(
    ("said", "event", "troubles"),
    [
        (Said(0.41, unit="mmol/L"), {"value": 0.41, "unit": "mmol/L"}, []),
        (Said(0.41, unit="MMOL/L", code="mmol/L"), {"value": 0.41, "unit": "mmol/L"}, []),
        (Said(1.0, unit="mg/dL"), {"value": 1.0, "unit": "mg/dL"}, ["code-unit-conflict"]),
        (Said(0.41, unit="mg/dL", code="mmol/L"), {}, ["unit-text-conflict"]),
        (Said(0.41, unit="mmol/L", code="mmoll"), {"value": 0.41, "unit": "mmol/L"}, ["unknown-ucum"]),
        (Said(0.41), {}, ["no-unit"]),
        (Said(0.41, unit="mg/L"), {}, ["code-unit-conflict", "unknown-unit"]),
        (Said(0.41, unit="furlong"), {}, ["unknown-unit"]),
        (Said(-1, unit="mmol/L"), {}, ["negative"]),
        (Said("see note", unit="mmol/L"), {}, ["not-a-number"]),
        (Said(True, unit="mmol/L"), {}, ["not-a-number"]),
        (Said(1e20, unit="mmol/L"), {}, ["not-a-number"]),
        (Said(float("nan"), unit="mmol/L"), {}, ["not-a-number"]),
        (Said(None, flag="low"), {"flag": "low"}, []),
        (Said(None), {}, []),
        (Said(0.41, unit="mmol/L", flag="high"), {"value": 0.41, "unit": "mmol/L"}, []),
        (Said(0.2, "<", "mmol/L"), {"flag": "low"}, ["comparator"]),
        (Said(0.2, "<=", "mmol/L"), {"flag": "low"}, ["comparator"]),
        (Said(0.9, "<", "mmol/L"), {}, ["comparator"]),
        (Said(9, ">", "mmol/L"), {"flag": "high"}, ["comparator"]),
        (Said(9, ">", "mmol/L", flag="low"), {"flag": "low"}, ["comparator"]),
        (Said(0.2, "<"), {}, ["no-unit"]),
        (Said(999, ">", "mmol/L"), {}, ["comparator"]),
    ],
)
def test_what_becomes_of_a_result(said: Said, event: dict[str, Any], troubles: list[str], knowledge: Knowledge) -> None:
    result = read_result("magnesium", said, BINDINGS, knowledge, stated="moles")
    assert (result.event, [trouble.code for trouble in result.troubles]) == ({"lab": "magnesium"} | event, troubles)


def test_two_spellings_of_one_unit_are_no_conflict(knowledge: Knowledge) -> None:
    result = read_result("alp", Said(300, unit="IU/L", code="U/L"), BINDINGS, knowledge)
    assert (result.event["value"], result.troubles) == (300, ())
    assert read_result("alp", Said(300, code="[IU]/L"), BINDINGS, knowledge).event["unit"] == "IU/L"


UNITS = ["mmol/L", "mg/dL", "mEq/L", "mg/L", "meq/l", "g/L", "", "µmol/L", "IU/L"]


@given(
    st.sampled_from(sorted(load().analytes)),
    st.builds(
        Said,
        st.one_of(st.none(), st.integers(), st.floats(), st.text(max_size=4), st.decimals(), st.booleans()),
        st.sampled_from([None, "<", ">", "<=", ">="]),
        st.one_of(st.none(), st.sampled_from(UNITS)),
        st.one_of(st.none(), st.sampled_from(UNITS)),
        st.sampled_from([None, "low", "normal", "high"]),
    ),
)
def test_whatever_a_result_says_the_case_reader_takes_what_is_made_of_it(code: str, said: Said) -> None:
    from neomag import Case

    event = dict(read_result(code, said, BINDINGS, load()).event)
    case = Case.from_dict({"now": "2 d", "events": [event | {"at": "1 d"}]}, numberless=True)
    assert case.events[0].code == code


@given(st.integers(0, 9_999_999))
def test_of_ten_check_digits_one_is_right_and_a_changed_digit_is_found(body: int) -> None:
    right = [check for check in range(10) if loinc_sound(f"{body}-{check}")]
    assert len(right) == 1
    assert not loinc_sound(f"{body + (1 if body % 10 < 9 else -1)}-{right[0]}")


def test_every_shipped_loinc_is_sound_and_read_only_from_files_here() -> None:
    codes = [b.code for b in BINDINGS.by_code.values() if b.system == "LOINC"]
    assert codes
    assert all(map(loinc_sound, codes))


def test_the_room_needs_no_database_and_no_cohort() -> None:
    code = "import sys, neomag.terminology, neomag.fhir; print([m for m in ('duckdb', 'httpx', 'neomag.cohort') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_a_case_file_still_needs_a_number_or_a_flag() -> None:
    from neomag import Case, CaseError

    with pytest.raises(CaseError, match="a result needs a value with its unit, or a flag"):
        Case.from_dict({"now": "2 d", "events": [{"lab": "magnesium"}]})


def test_the_page_names_every_problem_of_fhir_as_it_is_said() -> None:
    table = tomllib.loads((DATA / "fhir" / "problems.toml").read_text("utf-8"))
    for code, entry in table.items():
        if "says" in entry:
            assert f"| `{code}` | {entry['says']} |" in PAGE
    records = tomllib.loads((DATA / "cohort" / "problems.toml").read_text("utf-8"))
    known = set(records) | set(table) | set(load().problems)
    assert {code for codes in table["type"].values() if isinstance(codes, list) for code in codes} <= known
    assert set(table["severity"]["information"]) <= known
    assert set(re.findall(r"\(`([a-z-]+)`", PAGE)) - known <= {"codes=", "urn"}
