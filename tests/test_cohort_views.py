"""The shipped tables of codes, and the SQL-on-FHIR views: complete, and of the elements that are read."""

from __future__ import annotations

import csv
import json
import re
import tomllib
from collections.abc import Iterator
from typing import Any

import pytest

from neomag.cohort.readers.fhir_columns import COLUMNS
from neomag.knowledge.loader import DATA
from neomag.terminology import load_bindings, loinc_sound

VIEWS = DATA.parent.parent / "cohort" / "views"


def columns(selects: list[dict[str, Any]], root: str = "") -> Iterator[tuple[str, dict[str, str]]]:
    """(what its path starts from, column)."""
    for select in selects:
        inner = select.get("forEachOrNull") or select.get("forEach") or root
        yield from ((inner, column) for column in select.get("column", ()))
        yield from columns(select.get("select", []), inner)


@pytest.mark.parametrize("resource", sorted(COLUMNS))
def test_a_view_is_a_shareable_view_of_single_values(resource: str) -> None:
    view = json.loads((VIEWS / f"{resource}.json").read_text("utf-8"))
    assert view["resourceType"] == "https://sql-on-fhir.org/ig/StructureDefinition/ViewDefinition"
    assert view["resource"] == resource
    assert view["status"] == "draft"
    assert view["fhirVersion"] == ["4.0.1"]
    assert view["url"].endswith(view["name"])
    found = [column for _, column in columns(view["select"])]
    names = [column["name"] for column in found]
    assert len(set(names)) == len(names)
    for column in found:
        assert re.fullmatch(r"[A-Za-z][A-Za-z0-9_]*", column["name"])
        assert re.fullmatch(r"[a-zA-Z]+", column["type"])
        assert column["path"]


@pytest.mark.parametrize("resource", sorted(COLUMNS))
def test_a_view_has_every_element_that_is_read(resource: str) -> None:
    view = json.loads((VIEWS / f"{resource}.json").read_text("utf-8"))
    paths = [f"{root} {column['path']}" for root, column in columns(view["select"])]
    for element in COLUMNS[resource]:
        # Contained resources become rows of their own before views see them.
        if element in {"resourceType", "id", "contained"}:
            continue
        # valueQuantity stands in FHIRPath as value.ofType(Quantity).
        choice = re.fullmatch(r"_?(value|effective|onset|abatement|deceased|medication)([A-Z]\w*)?", element)
        plain = choice[1] if choice else element.lstrip("_")
        if element == "medicationReference":
            assert any(path.endswith("medication.ofType(Reference).getReferenceKey(Medication)") for path in paths)
            continue
        assert any(re.search(rf"\b{plain}\b", path) for path in paths), f"{resource}.{element}"


def test_every_shipped_code_names_a_source_that_exists_and_a_word_that_exists() -> None:
    with (DATA / "terminology" / "codes.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    sources = tomllib.loads((DATA / "terminology" / "sources.toml").read_text("utf-8"))
    assert {row["source"] for row in rows} <= set(sources)
    assert len({(row["system"], row["code"]) for row in rows}) == len(rows) == len(load_bindings().by_code)


@pytest.mark.parametrize("code", ["2601-3", "19123-9", "2597-3", "76516-4", "8339-4"])
def test_a_loinc_code_with_its_check_digit_is_sound_and_no_neighbour_is(code: str) -> None:
    body, check = code.split("-")
    assert [digit for digit in "0123456789" if loinc_sound(f"{body}-{digit}")] == [check]


@pytest.mark.parametrize("code", ["", "2601", "2601-", "2601-33", "MG-3", "26013", "٢-٣"])
def test_what_has_not_the_form_of_a_loinc_code_is_none(code: str) -> None:
    assert not loinc_sound(code)


def test_every_problem_says_what_it_is_and_on_what_grounds() -> None:
    for code, entry in tomllib.loads((DATA / "cohort" / "problems.toml").read_text("utf-8")).items():
        assert entry["says"], code
        assert isinstance(entry["lost"], bool), code
        assert entry["policy"], code


def test_the_page_says_what_every_problem_is() -> None:
    page = (DATA.parents[3] / "docs" / "cohort-data.md").read_text("utf-8")
    for code, entry in tomllib.loads((DATA / "cohort" / "problems.toml").read_text("utf-8")).items():
        assert f"| `{code}` | {entry['says']} | {'no' if entry['lost'] else 'yes'} |" in page
