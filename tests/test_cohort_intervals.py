"""Local intervals: right on made-up laboratories whose limits are known, refused where there are too few, taken by a case."""

from __future__ import annotations

import csv
import json
from collections import Counter
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from statistics import NormalDist
from typing import Any

import duckdb
import pytest
import yaml
from benchmarks.cohort_intervals import covered, laboratory, trials, truth
from click.testing import CliRunner

from neomag import Case
from neomag.ages import DAY, MONTH
from neomag.cli.cohort_intervals import intervals as command
from neomag.cohort.intervals import IntervalsError, bands, estimate, said
from neomag.cohort.intervals_fit import fit
from neomag.knowledge import Knowledge

MIDDLE = bands("1 mo,12 mo")


def flat(folder: Path, rows: Sequence[tuple[Any, ...]]) -> Path:
    """A flat source of (infant, seq, at, kind, code, value, unit, specimen) with one birth."""
    folder.mkdir()
    with duckdb.connect() as con:
        con.execute("""CREATE TABLE events (infant VARCHAR, seq BIGINT, "at" BIGINT, kind VARCHAR, code VARCHAR, value DOUBLE, unit VARCHAR,
            specimen VARCHAR[], time TIMESTAMP, comparator VARCHAR)""")
        con.execute("CREATE TABLE given AS SELECT unnest(?, recursive := true)", [[dict(zip(("infant", "seq", "at", "kind", "code", "value", "unit", "specimen"), row, strict=True)) for row in rows]])  # fmt: skip
        con.execute("INSERT INTO events BY NAME SELECT * FROM given")
        con.execute(f"COPY events TO '{folder}/events.parquet'")
        con.execute(f"COPY (SELECT DISTINCT infant, NULL::TIMESTAMP AS born FROM events) TO '{folder}/infants.parquet'")
    return folder


def normal(count: int, mean: float = 0.76, sd: float = 0.08) -> list[float]:
    """Results that are as normal as they can be: the quantiles themselves."""
    return [round(NormalDist(mean, sd).inv_cdf((k + 0.5) / count), 2) for k in range(count)]


def lab(
    infant: int,
    value: float | None,
    seq: int = 1,
    at: int = 2 * MONTH,
    unit: str | None = "mmol/L",
    specimen: Sequence[str] = (),
) -> tuple[Any, ...]:
    return (f"i{infant:05}", seq, at, "lab", "magnesium", value, unit, list(specimen))


def test_every_entry_has_a_source_or_a_policy(knowledge: Knowledge) -> None:
    known = set(knowledge.sources)
    for name, of in said().items():
        for entry in of if isinstance(of, list) else [of]:
            assert entry.get("policy") or entry.get("sources"), name
            assert set(entry.get("sources", ())) <= known, name


def test_the_default_bands_follow_each_other() -> None:
    made = bands()
    assert made[0].start == 0
    assert made[-1].end == 25 * MONTH
    assert all(left.end == right.start for left, right in pairwise(made))


@pytest.mark.parametrize(
    ("text", "says"),
    [("7 d", "two ages"), ("7 d,birth", "not before"), ("birth,week", "write an age"), ("1 d,1 d", "not before")],
)
def test_bands_that_are_none(text: str, says: str) -> None:
    with pytest.raises(IntervalsError, match=says):
        bands(text)


def test_the_well_alone_keep_their_limits() -> None:
    found = fit(Counter(normal(4_000)), said(), resamples=20)
    assert found.low_share == found.high_share == 0
    assert (found.low, found.high) == pytest.approx(truth("normal"), abs=0.004)
    assert found.low_between[0] < found.low < found.low_between[1]
    assert found.high_between[0] < found.high < found.high_between[1]


@pytest.mark.parametrize("shape", ["normal", "log-normal"])
@pytest.mark.parametrize(("low", "high"), [(0.0, 0.0), (0.05, 0.03), (0.1, 0.05)])
def test_the_ill_do_not_move_the_limits(low: float, high: float, shape: str) -> None:
    """The plain 2.5th centile would be off by 0.06 mmol/L with a tenth of the results low."""
    fits = trials(4, 4_000, low, high, shape, resamples=0)
    true = truth(shape)
    assert sum(f.low for f in fits) / 4 == pytest.approx(true[0], abs=0.02)
    assert sum(f.high for f in fits) / 4 == pytest.approx(true[1], abs=0.02)


def test_the_same_seed_gives_the_same_interval() -> None:
    import random

    counts = laboratory(random.Random(1), 1_500, 0.05, 0.03, "normal")
    assert fit(counts, said(), 7, 20) == fit(counts, said(), 7, 20)
    assert fit(counts, said(), 7, 20).low_between != fit(counts, said(), 8, 20).low_between


@pytest.mark.slow
@pytest.mark.parametrize(("low", "high"), [(0.0, 0.0), (0.05, 0.03), (0.1, 0.05)])
def test_confidence_intervals_hold_the_truth_about_as_often_as_they_say(low: float, high: float) -> None:
    fits = trials(60, 2_000, low, high, "normal", resamples=100)
    nominal = said()["interval"]["confidence"]
    for share in covered(fits, "normal"):
        assert nominal - 0.2 <= share


def test_too_few_results_are_refused(knowledge: Knowledge, tmp_path: Path) -> None:
    least = said()["enough"]["results"]
    for count, refused in ((least - 1, True), (least, False)):
        source = flat(tmp_path / str(count), [lab(n, value) for n, value in enumerate(normal(count))])
        (found,) = estimate(source, knowledge, within=MIDDLE)
        assert bool(found.refused) is refused
        assert found.results == count
    assert (found.low, found.high) == pytest.approx(truth("normal"), abs=0.015)


def test_what_is_left_out_is_counted(knowledge: Knowledge, tmp_path: Path) -> None:
    rows = [
        lab(1, 0.8), lab(1, 0.3, seq=2, at=3 * MONTH), lab(2, 0.8, specimen=["haemolysed"]), lab(3, 0.8, specimen=["edta"]),
        lab(4, 0.8, unit=None), lab(5, 999), lab(6, float("nan")), lab(7, 0.8, at=20 * DAY), lab(8, None, unit=None),
        ("i00009", 1, MONTH, "given", "magnesium-sulfate", None, None, []), lab(9, 1.4, seq=2),
        lab(10, 1.8, unit="mg/dL"), lab(11, -1),
    ]  # fmt: skip
    (found,) = estimate(flat(tmp_path / "flat", rows), knowledge, within=MIDDLE)
    assert found.results == 2
    assert found.left_out == {"not the first": 1, "spoilt sample": 2, "no usable number": 5, "after magnesium": 1}


def test_other_units_are_converted(knowledge: Knowledge, tmp_path: Path) -> None:
    rows = [lab(n, round(value * 2.4305, 2), unit="mg/dL") for n, value in enumerate(normal(1_200))]
    (found,) = estimate(flat(tmp_path / "flat", rows), knowledge, within=MIDDLE)
    assert (found.low, found.high) == pytest.approx(truth("normal"), abs=0.015)


def test_limits_that_a_case_would_refuse_are_refused(knowledge: Knowledge, tmp_path: Path) -> None:
    rows = [lab(n, value) for n, value in enumerate(normal(1_200, mean=1.9, sd=0.2))]
    (found,) = estimate(flat(tmp_path / "flat", rows), knowledge, within=MIDDLE)
    assert "outside 0.4 to 0.95" in found.refused


def test_the_files_are_taken_by_a_case_and_a_run(knowledge: Knowledge, tmp_path: Path) -> None:
    from neomag.cohort.settings import local_limits

    source = flat(tmp_path / "flat", [lab(n, value) for n, value in enumerate(normal(1_200))])
    out = tmp_path / "out"
    done = CliRunner().invoke(command, [str(source), "--out", str(out)])
    assert done.exit_code == 0, done.output
    (file,) = out.glob("*.yaml")
    assert file.name == "magnesium-1mo-12mo.yaml"
    block = yaml.safe_load(file.read_text("utf-8"))
    case = Case.from_dict({"case": "x", "infant": {}, "now": "2 mo", "events": [], **block})
    low, high = case.intervals["magnesium"]
    assert (low, high) == pytest.approx(truth("normal"), abs=0.015)
    assert local_limits(file, knowledge) == {"magnesium": (low, high)}
    with (out / "intervals.csv").open(encoding="utf-8", newline="") as table:
        rows = {row["band"]: row for row in csv.DictReader(table)}
    assert rows["1 mo to 12 mo"]["file"] == file.name
    assert "fewer than" in rows["7 d to 1 mo"]["refused"]
    whole = json.loads((out / "intervals.json").read_text("utf-8"))
    assert len(whole["bands"]) == len(bands())
    assert whole["method"]["sources"]


def test_bad_input_is_said_in_a_line(tmp_path: Path) -> None:
    def says(*arguments: str) -> str:
        done = CliRunner().invoke(command, [*arguments, "--out", str(tmp_path / "out")])
        assert done.exit_code == 2
        assert len(done.output.splitlines()) == 1
        return done.output

    assert "holds no events.parquet" in says(str(tmp_path))
    assert "the nearest is `magnesium`" in says(str(tmp_path), "--analyte", "magnesum")
    assert "two ages" in says(str(tmp_path), "--bands", "7 d")
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "mine.txt").write_text("x")
    source = flat(tmp_path / "flat", [lab(1, 0.8)])
    assert "other files" in says(str(source))


def test_nothing_found_is_a_status(tmp_path: Path) -> None:
    done = CliRunner().invoke(command, [str(flat(tmp_path / "flat", [lab(1, 0.8)])), "--out", str(tmp_path / "out")])
    assert done.exit_code == 3
    assert not list((tmp_path / "out").glob("*.yaml"))
