"""The check of the knowledge for cohorts: what ships holds together, and each fault is named by file and entry."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from neomag.cli import main
from neomag.cohort.checks import check_cohort
from neomag.knowledge import load
from neomag.knowledge.loader import DATA


def test_what_ships_holds_together_and_is_counted() -> None:
    assert check_cohort(load()) == []
    done = CliRunner().invoke(main, ["knowledge", "check"])
    assert done.exit_code == 0
    assert "Cohorts: " in done.stdout
    assert len(done.stdout.splitlines()) <= 3


FAULTS = [
    ("terminology/codes.csv", "LOINC,2601-3,lab", "LOINC,2601-4,lab", "`LOINC 2601-4`: `2601-4` is no LOINC code"),
    ("terminology/codes.csv", "LOINC,2601-3,lab,magnesium,", "LOINC,2601-3,lab,magnesum,", "`LOINC 2601-3`: no lab `magnesum`"),
    ("terminology/codes.csv", "LOINC,2601-3,lab,", "LOINC,2601-3,labs,", "`LOINC 2601-3`: kind labs is not one of lab, sign"),
    ("terminology/codes.csv", "LOINC,2601-3,lab,magnesium,moles", "LOINC,2601-3,lab,magnesium,mols", "property mols is neither"),
    ("terminology/codes.csv", "LOINC,2601-3,", "LOINC,19123-9,", "`LOINC 19123-9`: is there twice"),
    ("terminology/codes.csv", "system,code,", "system,cod,", "terminology/codes.csv: column code is missing"),
    ("terminology/codes.csv", "mii-labor", "nowhere", "source nowhere is in neither terminology/sources.toml nor cohort/table_sources.toml"),
    ("cohort/omop_concepts.csv", "LOINC 2601-3,", "LOINC 2601-2,", "cohort/omop_concepts.csv line 3 `OMOP 3012095`: `2601-2` is no"),
    ("cohort/problems.toml", "lost = true", 'lost = "yes"', "cohort/problems.toml [unreadable-line]: needs says, and lost"),
    ("cohort/problems.toml", "[wrong-type]", "[wrong-type", "cohort/problems.toml: "),
    ("terminology/sources.toml", 'title = "FHIR R4', 'titel = "FHIR R4', "terminology/sources.toml [hl7-fhir-r4]: needs a title"),
    ("cohort/intervals.toml", 'sources = ["REFINER", "TMC19", "GMM24"]', 'sources = ["NOBODY"]', "cohort/intervals.toml [method]: source NOBODY"),
    ("cohort/intervals.toml", '"magnesium-oral"', '"magnesium-orl"', "cohort/intervals.toml [after]: no drug `magnesium-orl`"),
    ("cohort/questions.toml", 'also = ["tetany"', 'also = ["tetanus"', "cohort/questions.toml [first-level]: no sign `tetanus`"),
    ("cohort/simulate.toml", 'code = "stops-when-held"', 'code = "stops-when-hold"', "cohort/simulate.toml [story.jittery]: no sign `stops-when-hold`"),
    ("cohort/simulate.toml", "share = 0.66", "share = 0.67", "cohort/simulate.toml [story]: the shares make 1.01, not 1"),
    ("cohort/simulate.toml", '"mEq/L" = 2 }', '"furlong" = 2 }', "cohort/simulate.toml [analyte.magnesium]: unit furlong"),
    ("cohort/simulate.toml", "[analyte.magnesium]\nloinc", "[analyte.magnesium]\nloin", None),
    ("terminology/records.toml", 'sources = ["ucum"]', 'sources = ["ucums"]', "terminology/records.toml [unit_spellings]: source ucums"),
]  # fmt: skip


@pytest.mark.parametrize(("file", "old", "new", "says"), FAULTS)
def test_a_fault_is_named_by_file_and_entry(tmp_path: Path, file: str, old: str, new: str, says: str | None) -> None:
    other = tmp_path / "knowledge"
    shutil.copytree(DATA, other)
    path = other / file
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), "utf-8")
    found = check_cohort(load(other))
    if says is None:  # a field that may be left out
        assert not found
        return
    assert any(says in line and line.startswith(file) for line in found), found
    done = CliRunner().invoke(main, ["knowledge", "check", str(other)])
    assert done.exit_code == 2
    assert says in done.stderr


def test_a_field_that_is_missing_is_one_line(tmp_path: Path) -> None:
    other = tmp_path / "knowledge"
    shutil.copytree(DATA, other)
    (other / "cohort" / "simulate.toml").write_text("[infants]\npolicy = 'a reason'\n", "utf-8")
    assert check_cohort(load(other)) == ["cohort/simulate.toml: analyte is missing"]


def test_files_that_are_missing_are_named(tmp_path: Path) -> None:
    other = tmp_path / "knowledge"
    shutil.copytree(DATA, other)
    for name in ("problems", "questions"):
        (other / "cohort" / f"{name}.toml").unlink()
    first, second = check_cohort(load(other))
    assert first == "cohort/problems.toml: is not there"
    assert second.startswith("cohort/questions.toml: ")


def test_knowledge_without_cohorts_is_sound(tmp_path: Path) -> None:
    other = tmp_path / "knowledge"
    shutil.copytree(DATA, other)
    shutil.rmtree(other / "cohort")
    assert check_cohort(load(other)) == []
    assert CliRunner().invoke(main, ["knowledge", "check", str(other)]).exit_code == 0


def test_the_check_does_not_import_duckdb() -> None:
    code = "import sys; from neomag.cohort.checks import check_cohort; from neomag.knowledge import load; check_cohort(load()); print('duckdb' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
