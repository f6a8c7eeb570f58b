"""What a reader sees: the order and the infant, the recipe in figures of what is drawn, the plan by route, the worksheet, the table."""

from __future__ import annotations

import json
import re
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from neomag.cli import main
from neomag.dosing import DoseInputError, State, calculate, compare
from neomag.dosing.dose import Dose
from neomag.dosing.monitoring import Plan
from neomag.dosing.show import how
from neomag.dosing.worksheet import sections, text, write
from neomag.knowledge import Knowledge, load

LOW = Fraction("0.45")
BASE = ("--weight", "3kg", "--serum-mg", "0.45mmol/L")


def infant(weight: str = "3", **more: Any) -> State:
    return State(weight_kg=Fraction(weight), **{"level": LOW, **more})


def asked(state: State | None = None, **more: Any) -> Dose:
    return calculate(state or infant(), load(), **more)


def plan(**more: Any) -> Plan:
    found = asked(**more).plan
    assert found is not None
    return found


def dose(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["dose", *arguments])


def unwrapped(said: str) -> str:
    return re.sub(r"\s+", " ", said)


def worksheet(found: Dose) -> dict[str, str]:
    return {title: "\n".join(lines) for title, lines in sections(found)}


# The order and the infant


def test_the_answer_names_the_order() -> None:
    said = unwrapped(dose(*BASE, "--kidney-injury", "--with", "digoxin").output)
    for part in ("into a vein", "0.2 mmol/kg", "over 60 min", "neomag-iv", "the one dose that most of the authorities contain", "0.45 mmol/L", "kidney injury", "digoxin"):  # fmt: skip
        assert part in said, part
    assert "default" not in unwrapped(dose(*BASE, "--amount", "0.1mmol/kg").output)
    assert "into the muscle" in dose(*BASE, "--amount", "0.1mmol/kg", "--route", "im").output
    assert "by mouth" in dose(*BASE, "--amount", "0.1mmol/kg", "--route", "oral").output


def test_the_worksheet_names_the_order_and_the_infant() -> None:
    found = asked(infant(age=0, given_24h_mmol=Fraction("0.3"), fresh_level=True), every=12 * 3600, doses=2)
    sheet = worksheet(found)
    for part in ("neomag-iv", "0.2 mmol/kg", "into a vein", "every 12 h, 2 doses", "the default"):
        assert part in sheet["Order"]
    for part in ("0.45 mmol/L", "taken after the last dose", "0.3 mmol", "age birth"):
        assert part in sheet["Infant"]
    old = worksheet(asked(infant(level_stale="old", emergency=True)))["Infant"]
    assert "more than a day old" in old
    assert "emergency" in old
    assert "not known" in worksheet(asked(State(weight_kg=Fraction(3), emergency=True)))["Infant"]
    assert "low (no number)" in worksheet(asked(infant(level=None, level_flag="low")))["Infant"]


def test_a_blank_beside_each_check() -> None:
    checks = worksheet(asked())["Second person: work it out anew, then sign"]
    assert len(re.findall(r"\[  \] \w[\w ]+ _{10,}", checks)) == checks.count("[") == 7


def test_a_refused_order_says_what_was_asked_and_how_fast() -> None:
    """Dossier k: 200 mg/kg over 30 minutes is refused by the dose; the rate, 6.7 mg/kg/min, is noted."""
    found = asked(amount="200mg-salt/kg", over=1800)
    assert "6.67 mg/kg/min" in unwrapped(dose(*BASE, "--amount", "200mg-salt/kg", "--over", "30min").output)
    sheet = worksheet(found)
    order = sheet["Order, NOT to be given"]
    assert "200mg-salt/kg" in order
    assert "6.67 mg/kg/min" in order
    assert not {"How", "One dose", "Signed"} & set(sheet)


def test_no_default_is_named_for_an_order_that_could_not_be_read() -> None:
    assert "Order, NOT to be given" not in worksheet(asked(amount="50mg/kg"))


# The recipe


def test_the_recipe_is_in_figures_of_what_is_drawn() -> None:
    found = asked()
    assert found.drawn is not None
    assert found.measured is not None
    assert found.rate is not None
    # 0.3 mL of 50 % in 3 kg: 50 mg/kg in an hour, where the dose asked for is 49.29
    assert (found.measured.ml, found.drawn.mg_per_kg, found.drawn.total_mg_per_kg) == (Fraction("0.3"), 50, 50)
    assert found.drawn.rate == Fraction(50, 60)
    said = "\n".join(how(found))
    assert "50 mg/kg as sulfate" in said
    assert "0.833 mg/kg/min" in said
    assert "at most 50 mg/kg" in said
    # JSON keeps the exact dose
    data = found.to_dict()
    assert data["dose"]["mg_salt"] == pytest.approx(147.882)
    assert data["rate"]["mg_per_kg_per_min"] == pytest.approx(0.82157, rel=1e-4)
    assert data["drawn"]["mg_per_kg_per_min"] == pytest.approx(50 / 60)


def test_the_total_of_what_is_drawn_counts_each_dose() -> None:
    found = asked(infant(given_24h_mmol=Fraction("0.1")), every=12 * 3600)
    assert found.drawn is not None
    assert float(found.drawn.total_mg_per_kg) == pytest.approx(2 * 50 + 24.647 / 3)


def test_how_often_is_said() -> None:
    assert "Once; a level before any further dose." in "\n".join(how(asked()))
    assert "Every 12 h, 1 dose." in "\n".join(how(asked(every=12 * 3600, doses=1)))
    assert "3 doses, interval not said." in "\n".join(how(asked(doses=3)))


def test_by_mouth_in_an_oral_syringe() -> None:
    assert "oral syringe" in how(asked(amount="0.2mmol/kg", route="oral"))[0]
    assert "oral" not in how(asked())[0]


def test_a_volume_of_no_product_says_which_was_assumed() -> None:
    said = [line.says for line in asked(amount="0.3mL").warnings if line.code == "product-assumed"]
    assert len(said) == 1
    assert "50 %" in said[0]
    clear: list[dict[str, Any]] = [{"amount": "0.3mL", "product": "mgso4-50"}, {"amount": "0.2mmol/kg"}, {"regimen": "alfonso"}]
    for named in clear:
        assert "product-assumed" not in {line.code for line in asked(**named).warnings}


def test_a_time_without_a_unit_says_what_a_time_is() -> None:
    for name in ("--over", "--every"):
        done = dose(*BASE, name, "60")
        assert done.exit_code == 2
        assert name in done.stderr
        assert "`60min`" in done.stderr
        assert "age" not in done.stderr


# The plan


def codes(found: Plan) -> set[str]:
    return {line.id for line in found.lines}


def test_what_comes_before_the_dose() -> None:
    before = {line.id: line for line in plan().part("before")}
    assert before.keys() == {"first-samples", "antidote-ready", "own-line", "aluminium"}
    assert all(word in before["own-line"].says for word in ("calcium", "bicarbonate", "phosphate"))
    assert all(word in before["first-samples"].says for word in ("blood", "urine"))
    data = json.loads(dose(*BASE, "--format", "json").stdout)
    assert [line["code"] for line in data["monitoring"]["before"]] == list(before)


def test_the_plan_goes_by_the_route() -> None:
    vein, muscle, mouth = codes(plan()), codes(plan(amount="0.2mmol/kg", route="im")), codes(plan(amount="0.2mmol/kg", route="oral"))  # fmt: skip
    assert "pressure" in vein - muscle - mouth
    assert "own-line" in vein - muscle - mouth
    assert "pressure-im" in muscle - vein - mouth
    assert {"diarrhoea", "oral-syringe"} <= mouth - vein - muscle
    assert {"ecg", "antidote-ready"} <= (vein & muscle) - mouth
    assert {"next-level", "bloods", "antidote", "stop-signs", "no-rise"} <= vein & muscle & mouth
    assert "while it runs" not in " ".join(line.says for line in plan(amount="0.2mmol/kg", route="oral").lines)


def test_harm_stands_with_its_level() -> None:
    """Narchi 2001: ileus and premature beats for ten days at 1.4 mmol/L (dossier h.5)."""
    lines = {line.id: line for line in plan().part("too-much")}
    narchi = [line for line in lines.values() if "NARCHI01" in line.sources]
    assert len(narchi) == 1
    assert all(part in narchi[0].says for part in ("1.4 mmol/L", "ileus", "ten days"))
    assert "ileus" not in lines["signs-late"].says


def test_a_lag_of_the_level_is_no_loss() -> None:
    """Dossier f: seizures stopped after 1 to 4 doses, the level was normal after 2 to 6 days; the response precedes the level."""
    course = {line.id: line.says for line in plan().part("course")}
    assert "one to four doses" in course["course"]
    assert "two to six days" in course["course"]
    assert "six days" in course["no-rise"]
    assert "no failure while the signs settle" in course["no-rise"]
    assert "the loss goes on" in course["no-rise"]


# Regimens side by side


def test_the_table_has_time_rate_repeats_strength_and_maximum() -> None:
    done = dose("compare", "--weight", "3kg")
    said = unwrapped(done.output)
    for part in ("over 60–240 min, 0.41–1.6 mg/kg/min, every 12 h, at most 20 mmol", "over 10 min, 5–10 mg/kg/min", "every 6 h, 3 doses", "19.72 %"):  # fmt: skip
        assert part in said, part
    assert max(len(line.rstrip()) for line in done.output.splitlines()) <= 80


def test_the_comparison_in_json(knowledge: Knowledge) -> None:
    rows = {row["id"]: row for row in compare(infant(), knowledge).to_dict()["regimens"]}
    perth = rows["perth"]
    assert (perth["over_min"], perth["every_h"], perth["doses"], perth["percent"], perth["max"]) == ([60, 240], 12, None, None, "20 mmol")  # fmt: skip
    assert perth["rate_mg_per_kg_per_min"] == pytest.approx([98.588 / 240, 98.588 / 60])
    # from the low dose over the longest time to the high dose over the shortest
    assert rows["alfonso"]["rate_mg_per_kg_per_min"] == pytest.approx([5, 10])
    assert rows["torsades"]["rate_mg_per_kg_per_min"] == pytest.approx([24.647 / 15, 49.294 / 10])
    assert rows["bnfc-2011"]["percent"] == 10
    assert (rows["south-africa"]["over_min"], rows["south-africa"]["rate_mg_per_kg_per_min"]) == (None, None)


# Worksheets are whole, or not at all


@pytest.mark.parametrize("suffix", [".txt", ".pdf"])
def test_a_worksheet_that_cannot_be_written_whole_leaves_the_old_one(
    suffix: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if suffix == ".pdf":
        pytest.importorskip("typst")
    page = tmp_path / f"sheet{suffix}"
    page.write_bytes(b"the sheet of yesterday")
    whole = Path.write_bytes

    def half(path: Path, content: bytes) -> int:
        whole(path, content[: len(content) // 2])
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", half)
    with pytest.raises(DoseInputError, match="No space left"):
        write(asked(), page)
    monkeypatch.undo()
    assert [p.name for p in tmp_path.iterdir()] == [page.name]
    assert page.read_bytes() == b"the sheet of yesterday"


@pytest.mark.parametrize(
    "more", [{}, {"regimen": "perth"}, {"regimen": "alfonso", "route": "im"}, {"regimen": "malnutrition-oral"}]
)
def test_a_worksheet_is_one_page(more: dict[str, Any]) -> None:
    typst = pytest.importorskip("typst")
    from neomag.dosing.worksheet import _typst

    crowded = infant(
        preterm=True, kidney_injury=True, interactions=("digoxin", "calcium", "ceftriaxone"), given_24h_mmol=Fraction("0.01")
    )
    found = asked(crowded, **more)
    assert found.given
    page = typst.compile(_typst(found).encode(), format="svg")
    assert isinstance(page, bytes)


def test_a_worksheet_takes_the_place_of_the_old_one(tmp_path: Path) -> None:
    page = tmp_path / "sheet.txt"
    page.write_text("old", "utf-8")
    write(asked(), page)
    assert page.read_text("utf-8") == text(asked())
    assert [p.name for p in tmp_path.iterdir()] == ["sheet.txt"]


def test_a_page_that_typst_refuses_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("typst")
    from neomag.dosing import worksheet as sheet

    def broken(found: Dose) -> str:
        del found
        return "#nothing-of-this-name()"

    monkeypatch.setattr(sheet, "_typst", broken)
    done = dose(*BASE, "--worksheet", str(tmp_path / "sheet.pdf"))
    assert done.exit_code == 2, done.output
    assert "Traceback" not in done.output
    assert ".txt" in done.stderr
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("place", ["nowhere/sheet.txt", "file.txt/sheet.txt", "folder.txt"])
def test_a_place_where_nothing_can_be_written(place: str, tmp_path: Path) -> None:
    (tmp_path / "file.txt").write_text("", "utf-8")
    (tmp_path / "folder.txt").mkdir()
    done = dose(*BASE, "--worksheet", str(tmp_path / place))
    assert done.exit_code == 2, done.output
    assert len(done.stderr.splitlines()) == 1
    assert sorted(p.name for p in tmp_path.iterdir()) == ["file.txt", "folder.txt"]
