"""neomag body on the command line: what it prints, its JSON, what it refuses; and the page made from it."""

from __future__ import annotations

import csv
import io
import json
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from tools.body_page import INFANTS, PAGE, SEED, generated

from neomag.body.scenario import names
from neomag.body.show_validate import markdown
from neomag.body.spreads import SpreadResult, judge_spread, spreads, validate_spreads
from neomag.body.validate import Result as Judged
from neomag.body.validate import validate
from neomag.cli import main
from neomag.knowledge import Knowledge, load

LABEL = "For teaching and research. Not for predicting or dosing an infant."
SCENARIO = "says: A test.\ninfant: {weight: 3.4 kg}\nlasts: 2 d\n"


def run(*args: str | Path) -> Result:
    return CliRunner().invoke(main, ["body", *map(str, args)])


def answer(*args: str | Path) -> Any:
    result = run(*args, "--format", "json")
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


# Stores


def test_stores_of_a_term_newborn() -> None:
    found = answer("stores", "--weight", "3.4kg")
    stores = {s["id"]: s for s in found["stores"]}
    assert found["label"] == LABEL
    assert stores["body"]["mmol"]["value"] == pytest.approx(3.4 * 8.9)
    assert stores["body"]["mg_elemental"]["value"] == pytest.approx(3.4 * 8.9 * 24.305, rel=1e-4)
    assert stores["bone"]["mmol"]["low"] == pytest.approx(0.5 * 3.4 * 8.9)
    assert stores["bone"]["article"] == {"value": 5, "unit": "%"}
    assert stores["bone"]["sources"]
    assert stores["extracellular"]["share_percent"]["high"] == 1
    assert stores["serum-and-fluid"]["mmol"]["high"] == pytest.approx(3.4 * 0.361 * 0.99, rel=1e-3)


def test_before_term_only_the_most_is_said() -> None:
    found = answer("stores", "--weight", "1600g", "--gestation", "32w")
    assert found["preterm"]
    body = found["stores"][0]["mmol"]
    assert (body["value"], body["low"]) == (None, None)
    assert body["high"] == pytest.approx(1.6 * 8.9)
    assert not answer("stores", "--weight", "1600g", "--gestation", "37w")["preterm"]
    assert "at most" in run("stores", "--weight", "1.6kg", "--gestation", "32w").stdout


def test_the_days_balance_adds_up() -> None:
    found = answer("stores", "--weight", "3.4kg", "--milk-volume", "500")["balance"]
    rows = {row["id"]: row["mg_elemental"] for row in found["per_day"]}
    assert rows["milk"]["value"] == pytest.approx(0.5 * 34)
    assert rows["left"]["value"] == pytest.approx(
        rows["milk"]["value"] - rows["stool"]["value"] - rows["urine"]["value"], abs=1e-3
    )
    assert rows["left"]["low"] == pytest.approx(rows["milk"]["low"] - rows["stool"]["high"] - rows["urine"]["high"], abs=1e-3)
    assert rows["retained"]["value"] == pytest.approx(3.4 * 3.37, rel=1e-4)
    # Sources of formula's absorption disagree, so no centre is made up.
    formula = {
        r["id"]: r["mg_elemental"] for r in answer("stores", "--weight", "3.4kg", "--milk", "formula")["balance"]["per_day"]
    }
    assert formula["stool"]["value"] is None
    assert formula["left"]["value"] is None
    assert formula["stool"]["low"] < formula["stool"]["high"]


@pytest.mark.parametrize(
    ("args", "says"),
    [
        (["--weight", "8kg"], "from 0.3 to 6 kg is accepted"),
        (["--weight", "3.4"], "write a number and its unit"),
        (["--weight", "3.4 lb"], "such as `3.4 kg`"),
        (["--weight", "-3kg"], "must not be negative"),
        (["--weight", "3kg", "--gestation", "60w"], "from 20 to 45 weeks"),
        (["--weight", "3kg", "--gestation", "soon"], "gestation: "),
        (["--weight", "3kg", "--milk", "goat"], "human or formula is accepted"),
        (["--weight", "3kg", "--milk-volume", "9000"], "milk volume: from 0 to"),
        (["--weight", "3kg", "--milk-volume", "nan"], "milk volume: from 0 to"),
    ],
)
def test_stores_that_cannot_be_told_are_refused(args: list[str], says: str) -> None:
    result = run("stores", *args)
    assert result.exit_code == 2
    assert says in result.stderr
    assert not result.stdout


# Simulate


@pytest.mark.parametrize("name", ["low-from-mother", "im-dose"])
def test_a_scenario_in_every_form(name: str) -> None:
    text = run("simulate", name)
    assert text.exit_code == 0
    assert LABEL in text.stdout
    assert "Mass balance holds" in text.stdout
    found = answer("simulate", name)
    assert found["label"] == LABEL
    assert found["mass_balance"]["worst_relative"] <= 1e-9
    rows = list(csv.DictReader(io.StringIO(run("simulate", name, "--format", "csv").stdout.partition("\n")[2])))
    assert len(rows) == len(found["course"])
    assert float(rows[-1]["serum_mmol_per_l"]) == found["course"][-1]["serum"]
    drawn = run("simulate", name, "--format", "svg").stdout
    root = ET.fromstring(drawn)
    assert LABEL in drawn
    lines = root.findall("{http://www.w3.org/2000/svg}polyline")
    assert len(lines) == 5
    assert len(lines[0].attrib["points"].split()) == len(rows)


def test_the_misses_near_a_scenario_are_named() -> None:
    missed = answer("simulate", "maternal-magnesium-sulfate")["missed_targets"]
    assert any("Rigo" in name for name in missed)
    assert answer("simulate", "diarrhoea-week")["missed_targets"] is None
    assert "No published figure was held against" in run("simulate", "diarrhoea-week").stdout


def test_a_scenario_with_a_dose_says_that_it_gives_none() -> None:
    (remark,) = answer("simulate", "im-dose")["remarks"]
    assert "never gives a dose" in remark
    assert "never gives a dose" in " ".join(run("simulate", "im-dose").stdout.split())
    assert answer("simulate", "low-from-mother")["remarks"] == []


def test_the_two_uncertainties_are_kept_apart(tmp_path: Path) -> None:
    path = tmp_path / "own.yaml"
    path.write_text(SCENARIO + "doses: [{route: iv, amount: 0.25 mmol/kg, at: 1 h, over: 1 h}]\n")
    mean, again, other = (
        answer("simulate", path, "--draws", "12", "--seed", seed)["uncertainty"]["mean_infant"] for seed in ("3", "3", "4")
    )
    assert mean == again
    assert mean["low"] != other["low"]
    assert mean["left_out"] == 0
    assert "not how infants differ" in mean["says"]
    # The fit leaves the start open to nobody; infants are born with different levels.
    assert [mean["low"][0], mean["high"][0]] == pytest.approx([0.76, 0.76])
    both = answer("simulate", path, "--draws", "12", "--seed", "3", "--between-infants")["uncertainty"]
    assert both["mean_infant"] == mean
    between = both["between_infants"]
    assert between["low"][0] < 0.76 < between["high"][0]
    assert "simulated infants" in between["says"]
    for one in (mean, between):
        rows = list(zip(one["low"], one["median"], one["high"], strict=True))[1:]
        assert all(low < middle < high for low, middle, high in rows)
        assert len(one["t"]) == len(one["low"])
    assert between["high"][-1] - between["low"][-1] > mean["high"][-1] - mean["low"][-1]
    assert answer("simulate", path)["uncertainty"] is None
    assert list(answer("simulate", path, "--draws", "2")["uncertainty"]) == ["mean_infant"]


def test_both_uncertainties_are_labelled_in_text_and_chart(tmp_path: Path) -> None:
    path = tmp_path / "own.yaml"
    path.write_text(SCENARIO)
    text = " ".join(run("simulate", path, "--draws", "2", "--between-infants").stdout.split())
    assert "mean infant: 2.5 to 97.5 % of draws" in text
    assert "between infants: 2.5 to 97.5 % of simulated infants" in text
    bands = [
        [x for x in ET.fromstring(run("simulate", path, *more, "--format", "svg").stdout).iter() if x.tag.endswith("polygon")]
        for more in ([], ["--draws", "3"], ["--draws", "3", "--between-infants"])
    ]
    assert [len(found) for found in bands] == [0, 1, 2]
    titles = [band[0].text or "" for band in bands[2]]
    assert titles[0].startswith("between infants: ")
    assert titles[1].startswith("mean infant: ")
    assert bands[2][0].attrib["fill-opacity"] != bands[2][1].attrib["fill-opacity"]


def test_draws_that_are_refused(tmp_path: Path) -> None:
    assert "from 2 to 500" in run("simulate", "im-dose", "--draws", "1").stderr
    assert "from 2 to 500" in run("simulate", "im-dose", "--draws", "100000").stderr
    assert "is for text, json, svg, png and vega-lite" in run("simulate", "im-dose", "--draws", "5", "--format", "csv").stderr
    assert "say how many with --draws" in run("simulate", "im-dose", "--between-infants").stderr


def test_scenarios_are_listed() -> None:
    listed = run("simulate", "--list").stdout
    assert all(f"{name}: " in listed for name in names())


def test_a_file_of_ones_own(tmp_path: Path) -> None:
    path = tmp_path / "own.yaml"
    path.write_text(SCENARIO)
    assert answer("simulate", path)["course"][0]["serum"] == 0.76


@pytest.mark.parametrize(
    ("more", "says"),
    [
        ("doses: [{route: iv, amount: 50 mg/kg, at: 1 h, over: 1 h}]", "mg alone does not say of what"),
        ("doses: [{route: iv, amount: 0.1 mmol/kg, at: 1 h}]", "doses[0].over: is needed for iv"),
        ("doses: [{route: nose, amount: 0.1 mmol/kg}]", "doses[0].route: one of iv, im, oral"),
        ("doses: [{route: im, amount: 0.1 mmol/kg, at: 3 d}]", "ends after the run does"),
        ("doses: [{route: im, amount: 0.1 mmol/kg, times: 3}]", "doses[0].every"),
        ("doses: [{route: im, amount: 0.1 mmol/kg, times: 100000, every: 1 h}]", "from 1 to 400"),
        ("doses: {route: im}", "doses: write a list"),
        ("feeds: [{milk: goat, volume: 100 mL/kg/d}]", "feeds[0].milk"),
        ("feeds: [{milk: human, volume: 100 mL}]", "write mL/kg/d"),
        ("feeds: [{milk: human}]", "feeds[0].volume"),
        ("losses: [{magnesium: 0.1 mmol/kg, from: 0 h}]", "losses[0].magnesium"),
        ("losses: [{magnesium: 0.1 mmol/kg/d, from: 1 d, to: 3 d}]", "end with the run"),
        ("level: 0.7", "level: write a level such as"),
        ("level: 0 mmol/L", "level: must be above 0"),
        ("level: 1 mg/L", "level: "),
        ("depletion: 100 %", "from 0 to below 100"),
        ("mother: {level: 4 mg/dL}", "mother.for"),
        ("set: {gian: 3}", "is not known; the nearest is `gain`"),
        ("set: {gain: -3}", "set.gain: write a number that is not negative"),
        ("set: {gain: .nan}", "set.gain"),
        ("sources: [NOBODY]", "source NOBODY is not in sources.toml"),
        ("weigth: 3 kg", "`weigth` is not known"),
        ("x: &a [1]\ny: *a", "anchors and aliases"),
        ("\t: [", "is not YAML"),
    ],
)
def test_a_scenario_that_cannot_be_read_is_refused(tmp_path: Path, more: str, says: str) -> None:
    path = tmp_path / "own.yaml"
    path.write_text(SCENARIO + more)
    result = run("simulate", path)
    assert result.exit_code == 2, result.output
    assert says in result.stderr
    assert not result.stdout
    assert "Traceback" not in result.output


@pytest.mark.parametrize(
    ("infant", "says"),
    [
        ("{weight: 3.4 kg, age: 5 d}", "birth, or from 28 d"),
        ("{weight: 3.4 kg, age: 3 y}", "infant.age"),
        ("{weight: 90 kg}", "infant.weight: from 0.3 to 25 kg"),
        ("{weight: 3 kg, gestation: 12w}", "infant.gestation"),
        ("{}", "infant.weight"),
        ("3 kg", "infant: write it as"),
    ],
)
def test_an_infant_that_the_model_does_not_know_is_refused(tmp_path: Path, infant: str, says: str) -> None:
    path = tmp_path / "own.yaml"
    path.write_text(f"says: A test.\ninfant: {infant}\nlasts: 2 d\n")
    result = run("simulate", path)
    assert result.exit_code == 2
    assert says in result.stderr


def test_every_fault_is_told_at_once(tmp_path: Path) -> None:
    path = tmp_path / "own.yaml"
    path.write_text("infant: {weight: 3}\nlasts: soon\nfeeds: [{milk: goat}]\n")
    assert len(run("simulate", path).stderr.splitlines()) >= 4


def test_what_is_no_scenario_is_refused(tmp_path: Path) -> None:
    assert "the nearest is `trpm6-defect`" in run("simulate", "trmp6-defect").stderr
    assert run("simulate", "trmp6-defect").exit_code == 2
    assert run("simulate").exit_code == 2
    assert run("simulate", tmp_path / "none.yaml").exit_code == 2
    big = tmp_path / "big.yaml"
    big.write_bytes(b"# " + b"x" * 70_000)
    assert "a scenario is a page" in run("simulate", big).stderr
    odd = tmp_path / "odd.yaml"
    odd.write_bytes(b"\xff\xfe")
    assert "is not UTF-8" in run("simulate", odd).stderr


def test_a_run_that_the_model_cannot_describe_exits_with_1(tmp_path: Path) -> None:
    path = tmp_path / "own.yaml"
    path.write_text(SCENARIO + "losses: [{magnesium: 20 mmol/kg/d}]\n")
    result = run("simulate", path)
    assert result.exit_code == 1
    assert not result.stdout


# Validate


@pytest.fixture(scope="module")
def judged() -> tuple[Judged, ...]:
    return validate(load())


@pytest.fixture(scope="module")
def spread() -> tuple[SpreadResult, ...]:
    """Two of the spreads, with few infants: what is printed of them, not whether they are met."""
    return tuple(judge_spread(one, 20, 1, load()) for one in spreads(load()) if one.target.id in {"daily-24", "mehta-1"})


@pytest.fixture
def computed(judged: Any, spread: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("neomag.body.validate.validate", lambda knowledge: judged)
    monkeypatch.setattr("neomag.body.spreads.validate_spreads", lambda draws, seed, knowledge: spread)


@pytest.mark.usefixtures("computed")
def test_validate_as_json(judged: tuple[Judged, ...], spread: tuple[SpreadResult, ...]) -> None:
    found = answer("validate")
    assert list(found) == ["targets", "spreads"]
    assert len(found["targets"]) == len(judged)
    for row, result in zip(found["targets"], judged, strict=True):
        assert list(row) == ["name", "published", "simulated", "pass", "fitted", "sources"]
        assert row["fitted"] is (result.target.group == "fitted")
        low, high = result.target.accepted
        inside = row["simulated"] is not None and (low or 0) <= row["simulated"] <= (high or 1e9)
        assert row["pass"] is inside
    assert [row["name"] for row in found["spreads"]] == [r.spread.target.name for r in spread]
    for row in found["spreads"]:
        assert row["pass"] is (row["expected"][0] <= row["published"]["value"] <= row["expected"][1])
        assert row["simulated_low"] < row["simulated_high"]
        assert row["sources"]
    assert answer("validate", "--infants", "0")["spreads"] == []


@pytest.mark.usefixtures("computed")
def test_misses_are_shown_as_misses(judged: tuple[Judged, ...], spread: tuple[SpreadResult, ...]) -> None:
    text = run("validate").stdout
    assert LABEL in text
    assert text.count("MISS ") == sum(not r.passed for r in (*judged, *spread))


def test_a_number_of_infants_that_is_refused() -> None:
    assert "from 20 to 1000 is accepted" in run("validate", "--infants", "3").stderr
    assert run("validate", "--infants", "3").exit_code == 2


def test_the_page_says_what_the_model_does(knowledge: Knowledge, judged: tuple[Judged, ...]) -> None:
    """When it does not: `python -m tools.body_page`."""
    page, made = (text.strip() for text in (generated(PAGE.read_text("utf-8")), markdown(judged, (), knowledge)))
    head, _, after = made.partition("### Spread between infants")
    assert page.startswith(head)
    assert page.endswith(after[after.index("### Attempts") :])


@pytest.mark.slow
def test_the_page_says_how_infants_differ(knowledge: Knowledge) -> None:
    made = markdown((), validate_spreads(INFANTS, SEED, knowledge), knowledge)
    start = made.index("### Spread between infants")
    assert made[start : made.index("### Attempts")] in generated(PAGE.read_text("utf-8"))


def test_the_last_attempt_is_what_the_model_does(knowledge: Knowledge, judged: tuple[Judged, ...]) -> None:
    from neomag.body.validate import attempts, met

    last = attempts(knowledge)[-1]
    assert [last.fitted, last.seen, last.unseen] == [met(judged, group) for group in ("fitted", "seen", "unseen")]
