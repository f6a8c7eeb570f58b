"""The threat model: each row is whole, and the tests it names are there."""

from __future__ import annotations

import re
from dataclasses import fields
from pathlib import Path

import pytest
from tests.test_docs import functions

from neomag.service.settings import Settings

DOCS = Path(__file__).parents[1] / "docs"


def threats() -> list[list[str]]:
    rows = [line for line in (DOCS / "threat-model.md").read_text("utf-8").splitlines() if line.startswith("| T-")]
    return [[cell.strip() for cell in row.strip("|").split("|")] for row in rows]


def test_every_kind_of_threat_is_there_and_each_row_is_whole():
    rows = threats()
    assert [row[0] for row in rows] == [f"T-{n:02}" for n in range(1, len(rows) + 1)]
    assert all(len(row) == 6 and all(row) for row in rows)
    assert {row[1] for row in rows} == set("STRIDE")


@pytest.mark.parametrize("row", threats(), ids=lambda row: row[0])
def test_what_stands_against_a_threat_is_tested(row: list[str]):
    tests = re.findall(r"`([^`]+)`", row[4])
    assert tests
    for node in tests:
        path, _, name = node.partition("::")
        assert name in functions(path), f"{node} is not there"


def test_every_setting_is_in_the_documentation_with_its_default():
    page = (DOCS / "store.md").read_text("utf-8")
    rows = dict(re.findall(r"^\| `(\w+)` \| (.+?) \| .+ \|$", page.partition("## Settings")[2], re.MULTILINE))
    made = Settings()
    assert list(rows) == [f.name for f in fields(Settings)]
    for f in fields(Settings):
        default = getattr(made, f.name)
        shown = str(default).lower() if isinstance(default, bool) else str(default)
        assert rows[f.name] == (f"`{shown}`" if isinstance(default, int | float | str) else "–"), f.name
    assert all(f.metadata["says"] in page for f in fields(Settings))
