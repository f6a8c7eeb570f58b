"""The report of a cohort run, over a few made-up infants whose answers are known."""

from __future__ import annotations

import csv
import hashlib
import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest
from click.testing import CliRunner, Result
from hypothesis import given
from hypothesis import strategies as st

from neomag.cli.cohort_report import report as command
from neomag.cohort.report import Report, ReportInputError, make_report
from neomag.cohort.report.definitions import definitions
from neomag.cohort.report.page import LIBRARIES, html
from neomag.cohort.report.shares import Hidden, hide, hide_grid, wilson
from neomag.cohort.report.survival import curve
from neomag.cohort.report.write import csv_text, summary, write_report
from neomag.knowledge import DATA, Knowledge, KnowledgeError, load

H, D, MONTH = 3_600, 86_400, 2_629_800
STATIC = Path(html.__code__.co_filename).parent / "static"


class Babies:
    """Made-up infants, written as a run folder; times are given in hours."""

    def __init__(self) -> None:
        self.events: list[dict[str, Any]] = []
        self.infants: dict[str, dict[str, Any]] = {}

    def add(self, infant: str, *events: dict[str, Any], **about: Any) -> Babies:
        self.infants.setdefault(infant, {}).update(about)
        self.events += [{"infant": infant, **event} for event in events]
        return self

    def write(self, run: Path) -> Path:
        run.mkdir(parents=True, exist_ok=True)
        columns = {
            "infant": "VARCHAR", "seq": "BIGINT", "ord": "BIGINT", "at": "BIGINT", "kind": "VARCHAR", "code": "VARCHAR", "key": "VARCHAR",
            "absent": "BOOLEAN", "value": "DOUBLE", "unit": "VARCHAR", "flag": "VARCHAR", "specimen": "VARCHAR[]", "route": "VARCHAR",
        }  # fmt: skip
        rows = [
            {"seq": n, "ord": n, "absent": False, "specimen": [], "key": f"{e['kind']}:{e['code']}"} | e
            for n, e in enumerate(self.events)
        ]
        who = {"infant": "VARCHAR", "born": "TIMESTAMP", "sex": "VARCHAR", "birth_weight": "DOUBLE", "site": "VARCHAR"}
        with duckdb.connect() as con:
            for name, types, table in (
                ("events", columns, rows), ("infants", who, [{"infant": i, **a} for i, a in self.infants.items()]),
            ):  # fmt: skip
                columns_of = ", ".join(f'"{column}" {kind}' for column, kind in types.items())
                con.execute(f"CREATE TABLE {name} ({columns_of})")
                marks = ", ".join("?" for _ in types)
                if table:
                    con.executemany(f"INSERT INTO {name} VALUES ({marks})", [[row.get(c) for c in types] for row in table])
                (run / f"{name}.parquet").mkdir(exist_ok=True)
                con.execute(f"COPY {name} TO '{run}/{name}.parquet/part-00000.parquet'")
        return run


def parquet(query: str, path: Path) -> None:
    with duckdb.connect() as con:
        con.execute(f"COPY ({query}) TO '{path}' (FORMAT parquet)")


def at(hours: float | None) -> int | None:
    return None if hours is None else round(hours * H)


def sign(hours: float | None, code: str = "seizure", **more: Any) -> dict[str, Any]:
    return {"at": at(hours), "kind": "sign", "code": code, **more}


def lab(hours: float | None, code: str = "magnesium", value: float | None = 0.8, **more: Any) -> dict[str, Any]:
    return {"at": at(hours), "kind": "lab", "code": code, "value": value, **more}


def drug(hours: float | None, code: str = "calcium-gluconate-10", route: str | None = "iv", **more: Any) -> dict[str, Any]:
    return {"at": at(hours), "kind": "given", "code": code, "route": route, **more}


def made(babies: Babies, tmp_path: Path, below: int = 0) -> Report:
    return make_report(babies.write(tmp_path / "run"), below=below)


def groups(report: Report, question: str) -> dict[str, Any]:
    """How many are in each state, by the code of the state."""
    answer = report.answers[question]
    counts = [row[2] for row in answer.tables[0].rows]
    return {state: n for state, n in zip(answer.question.states, counts, strict=True) if n}


def rows(report: Report, question: str, table: int) -> dict[Any, dict[str, Any]]:
    """A table of a question by its first column."""
    records = report.answers[question].tables[table].records()
    return {next(iter(r.values())): r for r in records}


SECOND = 1 / H

FIRST_LEVEL = [
    ("in time", [sign(10), lab(12)], "in-time"),
    ("exactly at the limit", [sign(10), lab(16)], "in-time"),
    ("a second too late", [sign(10), lab(16 + SECOND)], "late"),
    ("tetany, a day later", [sign(10, "tetany"), lab(30)], "late"),
    ("carpopedal spasm", [sign(10, "carpopedal-spasm"), lab(30)], "late"),
    ("never", [sign(10), sign(50, "poor-feeding")], "never"),
    ("a day before", [sign(100), lab(76)], "in-time"),
    ("more than a day before, and not since", [sign(100), lab(76 - SECOND)], "never"),
    ("ionised", [sign(10), lab(11, "magnesium-ionised")], "in-time"),
    ("no number, but sampled", [sign(10), lab(11, value=None)], "in-time"),
    ("haemolysed", [sign(10), lab(11, specimen=["haemolysed"])], "in-time"),
    ("only in the wrong tube", [sign(10), lab(11, specimen=["edta"])], "never"),
    ("only cord blood", [sign(10), lab(0, specimen=["cord"])], "never"),
    ("only calcium", [sign(10), lab(11, "calcium")], "never"),
    ("first of two seizures counts", [sign(10), sign(40), lab(41)], "late"),
    ("a seizure without a time", [sign(None), lab(5)], "unknown"),
    ("a seizure without a time, never measured", [sign(None)], "never"),
    ("a level without a time", [sign(10), lab(None)], "unknown"),
    ("a level without a time and one in time", [sign(10), lab(None), lab(11)], "in-time"),
    ("a level without a time and a late one", [sign(10), lab(None), lab(40)], "unknown"),
    ("no seizure: it was said to be absent", [sign(10, absent=True)], None),
    ("stridor alone", [sign(10, "stridor")], None),
    ("older than neomag speaks of", [sign(25 * MONTH / H)], None),
]


@pytest.mark.parametrize(("events", "state"), [case[1:] for case in FIRST_LEVEL], ids=[case[0] for case in FIRST_LEVEL])
def test_first_level_of_one_infant(tmp_path: Path, events: list[dict[str, Any]], state: str | None) -> None:
    report = made(Babies().add("a", *events), tmp_path)
    assert groups(report, "first-level") == ({} if state is None else {state: 1})
    answer = report.answers["first-level"]
    assert (answer.number, answer.of) == (int(state in ("never", "late")), int(state in ("never", "late", "in-time")))


def test_the_wait_is_a_curve_with_those_who_leave(tmp_path: Path) -> None:
    babies = Babies()
    # Measured at 0 (before), 1, 4 and 4 hours; watched for 2 and 10 hours without: 6 infants.
    babies.add("a", sign(30), lab(29)).add("b", sign(0), lab(1)).add("c", sign(0), lab(4)).add("d", sign(0), lab(4))
    babies.add("e", sign(0), sign(2, "poor-feeding")).add("f", sign(0), sign(10, "poor-feeding"))
    babies.add("g", sign(None))  # no start, so not on the curve, though never measured
    report = made(babies, tmp_path)
    answer = report.answers["first-level"]
    assert (answer.number, answer.of) == (3, 7)
    table = rows(report, "first-level", 1)
    # 6 at risk, 1 at once: 5/6; of 5 one at 1 h: 4/6; one leaves at 2 h; of 3 two at 4 h: 4/18.
    assert table["1 h"]["unmeasured"] == pytest.approx(4 / 6)
    assert table["1 h"]["waiting"] == 4
    assert table["2 h"]["waiting"] == 3
    assert table["6 h"]["unmeasured"] == pytest.approx(4 / 18)
    assert table["12 h"]["waiting"] == 0
    assert answer.figures["curve_infants"] == 6
    assert answer.figures["median_hours"] == 4


# 6-mercaptopurine in acute leukaemia, weeks in remission (Freireich et al. 1963; + left while in remission): the example of most
# textbooks, with the shares and Greenwood's standard errors that they print.
REMISSION = [6, 6, 6, 7, 10, 13, 16, 22, 23]
LEFT = [6, 9, 10, 11, 17, 19, 20, 25, 32, 32, 34, 35]
PRINTED = {6: (0.857, 0.0764), 7: (0.807, 0.0869), 10: (0.753, 0.0963), 13: (0.690, 0.1068), 16: (0.627, 0.1141), 22: (0.538, 0.1282), 23: (0.448, 0.1346)}  # fmt: skip


def counted(events: list[int], left: list[int]) -> list[tuple[int, int, int]]:
    return [(t, events.count(t), left.count(t)) for t in sorted({*events, *left})]


def test_the_curve_of_the_textbook() -> None:
    from math import exp, log

    line = curve(counted(REMISSION, LEFT), 0.95)
    for time, (share, error) in PRINTED.items():
        step = line.at(time)
        assert step.share == pytest.approx(share, abs=5e-4)
        # The interval on the log(-log) scale, from the printed standard error.
        reach = 1.95996 * error / (share * -log(share))
        assert step.low == pytest.approx(share ** exp(reach), abs=2e-3)
        assert step.high == pytest.approx(share ** exp(-reach), abs=2e-3)
    assert line.median == 23
    assert line.median_interval == (13, None)  # as printed by SAS for these data on the log(-log) scale
    assert line.at(5).share == 1


@given(st.lists(st.tuples(st.integers(0, 12), st.booleans()), min_size=2, max_size=40))
def test_the_curve_is_that_of_scipy(watched: list[tuple[int, bool]]) -> None:
    import warnings

    from scipy.stats import CensoredData, ecdf

    events, left = [t for t, event in watched if event], [t for t, event in watched if not event]
    line = curve(counted(events, left), 0.95)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        peer = ecdf(CensoredData(uncensored=events, right=left)).sf
        bounds = peer.confidence_interval(0.95, method="log-log")
    for place, time in enumerate(peer.quantiles):
        step = line.at(int(time))
        assert step.share == pytest.approx(peer.probabilities[place], abs=1e-9)
        if 0 < step.share < 1 - 1e-12:
            assert step.low == pytest.approx(bounds.low.probabilities[place], abs=1e-9)
            assert step.high == pytest.approx(bounds.high.probabilities[place], abs=1e-9)


CALCIUM = [
    ("measured before", [lab(9), drug(10), drug(11)], "before"),
    ("measured with the second dose", [drug(10), drug(11), lab(11)], "before"),
    ("a second after", [drug(10), drug(11), lab(11 + SECOND)], "after"),
    ("never", [drug(10), drug(11)], "never"),
    ("more than a day before only", [lab(10 - 24 - SECOND + 20), drug(30), drug(31)], "never"),
    ("ten minutes apart", [drug(10), drug(10 + 1 / 6)], "never"),
    ("nearer than ten minutes", [drug(10), drug(10 + 1 / 6 - SECOND)], None),
    ("one dose", [drug(10)], None),
    ("by mouth", [drug(10), drug(11, "calcium-oral", "oral")], None),
    ("no route said", [drug(10), drug(11, route=None)], None),
    ("chloride after gluconate", [drug(10), drug(11, "calcium-chloride")], "never"),
    ("a dose without a time, sampled", [drug(10), drug(None), lab(12)], "unknown"),
    ("a level without a time", [drug(10), drug(11), lab(None)], "unknown"),
    ("refused dose", [drug(10), drug(11, absent=True)], None),
]


@pytest.mark.parametrize(("events", "state"), [case[1:] for case in CALCIUM], ids=[case[0] for case in CALCIUM])
def test_calcium_twice_of_one_infant(tmp_path: Path, events: list[dict[str, Any]], state: str | None) -> None:
    report = made(Babies().add("a", *events), tmp_path)
    assert groups(report, "calcium") == ({} if state is None else {state: 1})


LOW = 0.55
FOLLOW_UP = [
    ("repeated just in time", [lab(240, value=LOW), lab(312)], "repeated"),
    ("repeated a second late", [lab(240, value=LOW), lab(312 + SECOND)], "not-repeated"),
    ("watched long enough, not repeated", [lab(240, value=LOW), sign(312, "poor-feeding")], "not-repeated"),
    ("not watched long enough", [lab(240, value=LOW), sign(312 - SECOND, "poor-feeding")], "unknown"),
    (
        "a repeat in the wrong tube is none",
        [lab(240, value=LOW), lab(250, specimen=["edta"]), sign(400, "lethargy")],
        "not-repeated",
    ),
    ("a repeat without a number is one", [lab(240, value=LOW), lab(250, value=None)], "repeated"),
    ("two at one moment are no follow-up", [lab(240, value=LOW), lab(240, value=0.7), sign(400, "lethargy")], "not-repeated"),
    ("each low level needs one", [lab(240, value=LOW), lab(250, value=LOW), sign(400, "lethargy")], "not-repeated"),
    ("at the limit is not low", [lab(240, value=0.60)], None),
    ("low in the wrong tube", [lab(240, value=LOW, specimen=["citrate"])], None),
]


@pytest.mark.parametrize(("events", "state"), [case[1:] for case in FOLLOW_UP], ids=[case[0] for case in FOLLOW_UP])
def test_follow_up_of_one_infant(tmp_path: Path, events: list[dict[str, Any]], state: str | None) -> None:
    report = made(Babies().add("a", *events), tmp_path)
    assert groups(report, "follow-up") == ({} if state is None else {state: 1})


def test_follow_up_by_window(tmp_path: Path) -> None:
    babies = Babies().add("a", lab(240, value=LOW), lab(288)).add("b", lab(240, value=LOW), sign(300, "lethargy"))
    table = rows(made(babies, tmp_path), "follow-up", 1)
    assert [table["24 h"][k] for k in ("repeated", "not_repeated", "ended", "share")] == [0, 2, 0, 1.0]
    assert [table["72 h"][k] for k in ("repeated", "not_repeated", "ended", "share")] == [1, 0, 1, 0.0]


ELECTROLYTES = [lab(11, "calcium"), lab(11), lab(11, "sodium")]
ANTISEIZURE = [
    ("sampled with the dose", [sign(10), *ELECTROLYTES, drug(11, "antiseizure")], "all"),
    ("sampled after it", [sign(10), drug(11 - SECOND, "antiseizure"), *ELECTROLYTES], "none"),
    ("no sodium", [sign(10), *ELECTROLYTES[:2], drug(12, "antiseizure")], "some"),
    ("ionised counts", [sign(10), lab(11, "calcium-ionised"), *ELECTROLYTES[1:], drug(12, "antiseizure")], "all"),
    ("glucose alone", [sign(10), lab(11, "glucose"), drug(12, "antiseizure")], "none"),
    ("no seizure recorded", [drug(12, "antiseizure")], None),
    ("given before any seizure only", [drug(9, "antiseizure"), sign(10)], None),
    ("given before, and again after", [drug(9, "antiseizure"), sign(10), drug(12, "antiseizure")], "none"),
    ("a dose without a time", [sign(10), drug(None, "antiseizure")], "unknown"),
    ("a sample without a time", [sign(10), lab(None), drug(12, "antiseizure")], "unknown"),
    ("more than a day before", [*ELECTROLYTES, sign(34), drug(35 + SECOND, "antiseizure")], "none"),
]


@pytest.mark.parametrize(("events", "state"), [case[1:] for case in ANTISEIZURE], ids=[case[0] for case in ANTISEIZURE])
def test_antiseizure_of_one_infant(tmp_path: Path, events: list[dict[str, Any]], state: str | None) -> None:
    report = made(Babies().add("a", *events), tmp_path)
    assert groups(report, "antiseizure") == ({} if state is None else {state: 1})


def test_what_was_lacking_at_the_first_antiseizure_dose(tmp_path: Path) -> None:
    babies = (
        Babies().add("a", sign(10), lab(11, "calcium"), drug(12, "antiseizure")).add("b", sign(10), drug(12, "antiseizure"))
    )
    table = rows(made(babies, tmp_path), "antiseizure", 1)
    assert {name: row["lacking"] for name, row in table.items()} == {"calcium": 1, "magnesium": 2, "sodium": 2, "glucose": 2}


def test_levels_misread_by_the_adult_limit(tmp_path: Path) -> None:
    babies = Babies()
    for n, value in enumerate((0.55, 0.60, 0.69, 0.70, 0.7499, 0.75, 0.9, 1.2)):
        babies.add(f"i{n}", lab(240, value=value))
    report = made(babies, tmp_path)
    answer = report.answers["misread"]
    assert (answer.number, answer.of) == (4, 8)  # 0.60, 0.69, 0.70 and 0.7499
    table = [row[1:] for row in answer.tables[0].rows]
    assert table == [(1, 0), (2, 0), (2, 2), (0, 1)]  # deficient, grey, neither, above
    called = rows(report, "misread", 1)
    assert called["adult limit 0.75"]["low"] == 5
    assert called["neomag"]["low"] == 1
    assert called["SINAI"]["low"] == 3  # its limit is 0.70
    assert "RIGO17" not in called  # speaks of the first week only


def test_levels_are_read_by_age_and_birth_weight(tmp_path: Path) -> None:
    babies = Babies()
    babies.add("day 1", lab(10, value=1.05)).add("elbw day 1", lab(10, value=1.05), birth_weight=900).add(
        "week 1", lab(30, value=1.05)
    )
    table = rows(made(babies, tmp_path), "levels", 0)
    assert (table["0-24 h"]["above"], table["0-24 h"]["within"], table["24-72 h"]["within"]) == (1, 1, 1)


def test_levels_by_age_leave_out_what_magnesium_raised(tmp_path: Path) -> None:
    mother = {"at": 0, "kind": "condition", "code": "mother-magnesium-sulfate"}
    babies = Babies()
    babies.add("a", lab(240, value=0.5), lab(240 + 1, value=0.7), drug(241, "magnesium-sulfate"), lab(300, value=1.1))
    babies.add("b", mother, lab(24, value=1.5), lab(7 * 24, value=0.8))
    babies.add("c", {**mother, "absent": True}, lab(24, value=0.9))
    babies.add("d", drug(None, "magnesium"), lab(240, value=0.9))
    babies.add("e", lab(24 * MONTH / H, value=0.85), lab(None, value=0.5))
    report = made(babies, tmp_path)
    answer = report.answers["levels"]
    assert (answer.number, answer.of) == (
        1,
        4,
    )  # of a the level before the dose (the one with it is not before), b at 7 days, c, e
    table = rows(report, "levels", 0)
    assert {age: row["p50"] for age, row in table.items() if row["p50"] is not None} == {
        "24-72 h": 0.9, "7-28 d": pytest.approx(0.65), "12-24 mo": 0.85,
    }  # fmt: skip


def test_a_level_on_the_edge_of_a_step_begins_it(tmp_path: Path) -> None:
    report = made(Babies().add("a", lab(240, value=0.6), lab(250, value=0.6499), lab(260, value=5.0)), tmp_path)
    density = report.answers["levels"].tables[1].records()
    assert [(r["from"], r["levels"]) for r in density] == [(0.6, 2), (1.75, 1)]


def test_the_local_interval_replaces_the_default(tmp_path: Path) -> None:
    run = (
        Babies()
        .add("a", lab(240, value=0.62), lab(400, value=0.8))
        .add("b", lab(240, value=0.72), sign(400))
        .write(tmp_path / "run")
    )
    record = {"finished": False, "settings": {"intervals": {"magnesium": [0.65, None]}}}
    (run / "run.json").write_text(json.dumps(record))
    report = make_report(run, below=0)
    assert groups(report, "follow-up") == {"not-repeated": 1}
    assert [row[1:] for row in report.answers["misread"].tables[0].rows] == [(0, 0), (1, 0), (1, 1), (0, 0)]
    page = html(report)
    assert "replaces the default one: from 0.65 mmol/L" in page
    assert "has not finished" in page


def test_sites_and_months(tmp_path: Path) -> None:
    babies = Babies()
    for n in range(6):
        babies.add(f"n{n}", sign(24), site="North", born="2024-01-31 12:00:00")  # seizures on 1 February
    for n in range(7):
        babies.add(f"s{n}", sign(24), lab(25), site="South", born="2024-01-01")
    babies.add("unborn", sign(24))
    report = made(babies, tmp_path)
    assert {site: (r["missed"], r["infants"]) for site, r in rows(report, "places", 0).items()} == {
        "North": (6, 6), "South": (0, 7), "site not known": (1, 1),
    }  # fmt: skip
    assert {m: (r["missed"], r["infants"]) for m, r in rows(report, "places", 1).items()} == {
        "2024-01": (0, 7), "2024-02": (6, 6), "not known": (1, 1),
    }  # fmt: skip


def test_many_months_become_years(tmp_path: Path) -> None:
    babies = Babies()
    for n in range(70):
        babies.add(f"i{n}", sign(24), born=f"{2100 + n}-05-01", site="A")
    table = report_table(made(babies, tmp_path), "places-year")
    assert (table[0]["year"], len(table)) == ("2100", 70)


def report_table(report: Report, name: str) -> list[dict[str, Any]]:
    return next(t.records() for a in report.answers.values() for t in a.tables if t.name == name)


# Small numbers.


def test_small_counts_are_hidden_and_so_is_what_gives_them_away() -> None:
    assert hide([3, 50, 20], 5) == [Hidden(5), 50, Hidden()]
    assert hide([3, 0, 4, 20], 5) == [Hidden(5), 0, Hidden(5), 20]  # 7 in all: neither is known
    assert hide([1, 1, 20, 30], 5) == [Hidden(5), Hidden(5), Hidden(), 30]  # 2 in all would say 1 and 1
    assert hide([0, 5, 20], 5) == [0, 5, 20]
    assert hide([3], 5) == [Hidden(5)]
    assert hide([3, 9], 0) == [3, 9]
    assert [str(h) for h in hide([3, 50, 20], 5)] == ["<5", "50", "not shown"]


@given(
    st.integers(1, 4).flatmap(lambda n: st.lists(st.lists(st.integers(0, 30), min_size=n, max_size=n), min_size=1, max_size=5))
)
def test_no_line_of_a_grid_gives_a_small_count_away(grid: list[list[int]]) -> None:
    shown = hide_grid(grid, 5)
    lines = [list(zip(a, b, strict=True)) for a, b in zip(grid, shown, strict=True)]
    lines += [[line[c] for line in lines] for c in range(len(grid[0]))] if len(grid) > 1 else []
    for line in lines:
        behind = [count for count, cell in line if isinstance(cell, Hidden)]
        others = [count for count, cell in line if isinstance(cell, int) and count > 0]
        assert all(cell == count for count, cell in line if isinstance(cell, int))
        assert not [count for count, cell in line if cell == count and 0 < count < 5]
        assert not behind or not others or (len(behind) > 1 and sum(behind) >= 5)


def cohort(infants: int = 260) -> Babies:
    """Infants enough for every table to hold large and small counts."""
    babies = Babies()
    for n in range(infants):
        name = f"zz-baby-{n:04}"
        events = [sign(24 + n % 7), sign(24 + 100 + n % 200, "poor-feeding")]
        if n % 3:
            events.append(lab(24 + n % 7 + n % 13, value=0.4 + (n * 37 % 100) / 100))
        if n % 4 == 0:
            events += [drug(30), drug(32)]
        if n % 5 == 0:
            events += [lab(24 + n % 7, "calcium"), drug(30 + n % 11, "antiseizure")]
        if n % 6 == 0:
            events.append(lab(60 + n, value=0.5 + (n % 17) / 20))
        born = f"2024-{1 + n % 12:02}-{1 + n % 28:02}"
        babies.add(name, *events, site=("North", "South", "A & <b>", "East")[n // 7 % 3 if n % 61 else 3], born=born)
    return babies


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return cohort().write(tmp_path_factory.mktemp("cohort") / "run")


@pytest.fixture(scope="module")
def shown(run: Path) -> Report:
    return make_report(run)


def test_no_small_count_is_in_any_table(shown: Report) -> None:
    tables = [*shown.overview.tables, *(t for a in shown.answers.values() for t in a.tables)]
    small = [
        (table.name, column.key, cell)
        for table in tables
        for row in table.rows
        for column, cell in zip(table.columns, row, strict=True)
        if column.kind == "count" and isinstance(cell, int) and 0 < cell < 5
    ]
    assert small == []
    assert any(isinstance(cell, Hidden) for table in tables for row in table.rows for cell in row)


def test_the_parts_of_a_hidden_number_do_not_show_it(tmp_path: Path) -> None:
    babies = Babies()
    for n in range(30):
        babies.add(f"i{n}", sign(10), *([lab(11)] if n > 2 else []))
    answer = made(babies, tmp_path, below=5).answers["first-level"]
    assert (answer.number, answer.of, answer.share) == (Hidden(5), 30, None)
    assert [row[2] for row in answer.tables[0].rows] == [Hidden(5), 0, Hidden(), 0]


def test_a_number_that_is_almost_all_is_said_so(tmp_path: Path) -> None:
    babies = Babies()
    for n in range(30):
        babies.add(f"i{n}", sign(10), *([lab(11)] if n < 3 else []))
    report = made(babies, tmp_path, below=5)
    assert str(report.answers["first-level"].number) == "all but <5"
    assert "All but fewer than 5 of 30 infants: no magnesium level within 6 h" in html(report)


def test_shares_have_wilson_intervals() -> None:
    # Newcombe 1998 (Stat Med 17:857), table I: 81 of 263, 15 of 148, 0 of 20, 1 of 29.
    printed = {(81, 263): (0.2553, 0.3662), (15, 148): (0.0624, 0.1605), (0, 20): (0.0, 0.1611), (1, 29): (0.0061, 0.1718)}
    for (count, of), interval in printed.items():
        assert wilson(count, of, 0.95) == pytest.approx(interval, abs=5e-5)


# What is written.


def test_no_infant_is_named_in_what_is_shared(run: Path, shown: Report, tmp_path: Path) -> None:
    for path in write_report(shown, tmp_path / "out"):
        assert "zz-baby" not in path.read_text("utf-8"), path.name
    assert not (tmp_path / "out" / "lists").exists()


def invoke(*arguments: object) -> Result:
    return CliRunner().invoke(command, [str(a) for a in arguments])


def test_line_lists_only_when_asked(run: Path, tmp_path: Path) -> None:
    done = invoke(run, "--out", tmp_path, "--lists")
    assert done.exit_code == 0, done.output
    with (tmp_path / "lists" / "first-level.csv").open(newline="") as file:
        listed = list(csv.DictReader(file))
    answer = json.loads((tmp_path / "report.json").read_text("utf-8"))["questions"]["first-level"]
    assert len(listed) == answer["number"]
    assert {row["state"] for row in listed} == {"never", "late"}
    assert "zz-baby" not in (tmp_path / "report.html").read_text("utf-8")
    again = invoke(run, "--out", tmp_path)
    assert again.exit_code == 2
    assert "line lists of an earlier report" in again.stderr


def test_json_is_the_summary(run: Path, shown: Report, tmp_path: Path) -> None:
    done = invoke(run, "--out", tmp_path, "--format", "json")
    assert done.exit_code == 0
    assert json.loads(done.stdout) == json.loads(json.dumps(summary(shown)))
    assert json.loads(done.stdout)["questions"]["first-level"]["windows"] == {"before": "24 h", "late": "6 h", "drawn": "72 h"}


def test_csv_is_each_table(shown: Report) -> None:
    table = shown.answers["calcium"].tables[0]
    records = list(csv.DictReader(csv_text(table).splitlines()))
    assert [r["count"] for r in records] == [str(row[2]) for row in table.rows]
    assert [c.key for c in table.columns] == list(records[0])


def test_the_report_is_the_same_every_time(run: Path, shown: Report) -> None:
    assert html(make_report(run)) == html(shown)


# The page.


@pytest.fixture(scope="module")
def page(shown: Report) -> str:
    return html(shown)


def own(page: str) -> str:
    """The page without the libraries in it."""
    return re.sub(r"<script>.*?</script>", "", page, flags=re.DOTALL)


def test_the_page_loads_nothing(page: str) -> None:
    assert re.findall(r"<(?:link|iframe|img|object|embed|base)\b|\bsrc=|@import|url\(", own(page)) == []
    policy = re.search(r'Content-Security-Policy" content="([^"]+)"', page)
    assert policy
    assert policy[1].startswith("default-src 'none'; script-src 'sha256-")
    assert "unsafe-eval" not in policy[1]
    assert "connect-src" not in policy[1]  # falls back to default-src: none
    # Addresses are those of sources to read, in links that a reader follows, and the name of the charts' language.
    addresses = re.findall(r'"(https?://[^"]+)"', own(page).replace("&amp;", "&"))
    assert all(a == "https://vega.github.io/schema/vega-lite/v6.json" or f'href="{a}"' in own(page) for a in addresses)


def test_every_chart_has_words_and_a_table(page: str, shown: Report) -> None:
    charts = [c for a in shown.answers.values() for c in a.charts]
    tables = {t.name for a in shown.answers.values() for t in a.tables}
    assert len(charts) >= 10
    assert len({c.name for c in charts}) == len(charts)
    for chart in charts:
        assert chart.table in tables
        assert chart.alt == chart.spec["description"]
        assert f'id="chart-{chart.name}" role="img" aria-label="' in page
    headings = [int(level) for level in re.findall(r"<h([1-6])", own(page))]
    assert headings[0] == 1
    assert headings.count(1) == 1
    assert page.count("<caption>") >= len(tables)
    assert '<html lang="en-GB">' in page


def test_names_of_sites_are_text(page: str) -> None:
    assert "A &amp; &lt;b&gt;" in own(page)
    assert "<b>" not in own(page)


def test_an_empty_run_has_a_page(tmp_path: Path) -> None:
    report = make_report(Babies().write(tmp_path / "run"))
    assert "There are no such infants in this run." in html(report)
    assert all(a.of == 0 for a in report.answers.values())
    assert report.answers["first-level"].charts == ()


COMPILE = """
const fs = require("fs"), vm = require("vm");
// What a browser lacks would make the libraries look for node's modules.
delete globalThis.module; delete globalThis.exports;
for (const file of process.argv.slice(1)) vm.runInThisContext(fs.readFileSync(file, "utf8"));
const specs = JSON.parse(fs.readFileSync(0, "utf8"));
const said = [];
const logger = { level: () => logger, error: (...m) => (said.push(m), logger), warn: (...m) => (said.push(m), logger), info: () => logger, debug: () => logger };
(async () => {
  const drawn = {};
  for (const [name, spec] of Object.entries(specs)) {
    const compiled = vegaLite.compile({ ...spec, width: 600 }, { logger }).spec;
    const view = new vega.View(vega.parse(compiled), { renderer: "none", logger });
    drawn[name] = await view.toSVG();
  }
  console.log(JSON.stringify({ said, drawn }));
})();
"""


def compiled(report: Report) -> dict[str, Any]:
    specs = {c.name: c.spec for a in report.answers.values() for c in a.charts}
    node = shutil.which("node")
    assert node, "node is part of the development environment"
    files = [str(STATIC / name) for name in LIBRARIES[:2]]
    done = subprocess.run([node, "-e", COMPILE, *files], input=json.dumps(specs), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_every_chart_compiles_and_draws(shown: Report) -> None:
    found = compiled(shown)
    assert found["said"] == []
    assert len(found["drawn"]) >= 10
    curve_, bands = found["drawn"]["first-level-wait"], found["drawn"]["levels-by-age"]
    assert "late after 6 h" in curve_
    assert "mark-area" in curve_
    assert bands.count('aria-roledescription="bar"') == 6  # three bands of age: interval and middle half
    assert "not shown" not in curve_


def test_the_libraries_are_those_that_were_vendored() -> None:
    sums = dict(line.split()[::-1] for line in (STATIC / "SHA256SUMS").read_text().splitlines())
    assert set(sums) == set(LIBRARIES)
    for name, digest in sums.items():
        assert hashlib.sha256((STATIC / name).read_bytes()).hexdigest() == digest
    licences = (STATIC / "LICENCES.txt").read_text("utf-8")
    assert all(f"{name} " in licences for name in ("vega", "vega-lite", "vega-embed", "d3-array", "fast-json-patch"))


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("chromium") is None, reason="no chromium on this machine")
def test_a_browser_draws_every_chart(shown: Report, tmp_path: Path) -> None:
    write_report(shown, tmp_path)
    flags = ("--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
             "--disable-component-update --disable-sync --virtual-time-budget=20000 --dump-dom")  # fmt: skip
    page = (tmp_path / "report.html").as_uri()
    done = subprocess.run(
        ["chromium", *flags.split(), f"--user-data-dir={tmp_path / 'profile'}", page], capture_output=True, text=True, timeout=120, check=False
    )  # fmt: skip
    assert 'data-charts="drawn"' in done.stdout
    charts = sum(len(a.charts) for a in shown.answers.values())
    assert done.stdout.count('role="graphics-document"') == charts


# Definitions and bad input.


def test_the_definitions_say_what_is_counted(knowledge: Knowledge) -> None:
    found = definitions(knowledge)
    assert list(found.questions) == ["first-level", "calcium", "follow-up", "misread", "antiseizure", "levels", "places"]
    first = found.questions["first-level"]
    assert set(first.codes["signs"]) == {
        *knowledge.findings["seizure_after_antiseizure"].params["signs"],
        "tetany",
        "carpopedal-spasm",
    }
    assert found.not_specimens == ("edta", "citrate", "cord")
    for question in found.questions.values():
        texts = (question.title, question.short, question.number, question.of, question.says, *question.states.values())
        assert not [text for text in texts if re.search(r"[{}]", text)]
        assert question.sources or question.policies


def changed(tmp_path: Path, old: str, new: str) -> Path:
    folder = tmp_path / "knowledge"
    shutil.copytree(DATA, folder)
    path = folder / "cohort" / "questions.toml"
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new), "utf-8")
    return folder


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('also = ["tetany"', 'also = ["tetani"', "[first-level]: no sign `tetani`"),
        ('"ARI96", "RIGO17"]', '"ARI97", "RIGO17"]', "[misread]: source ARI97 is not in sources.toml"),
        ('missed = ["not-repeated"]', 'missed = ["gone"]', "[follow-up]: `gone` is not a state"),
        (
            'policy = "The same infants',
            'note = "The same infants',
            "[places]: names neither sources nor the reason of a policy",
        ),
        ('span = "6 h"', 'span = "6 x"', "write an age such as"),
        ("title = ", "titel = ", "title is missing"),
    ],
)
def test_definitions_that_do_not_hold_together_are_named(tmp_path: Path, old: str, new: str, said: str) -> None:
    other = load(changed(tmp_path, old, new))
    with pytest.raises(KnowledgeError, match=re.escape(said)):
        definitions(other)


def test_a_window_is_data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run = Babies().add("a", sign(10), lab(18)).write(tmp_path / "run")
    assert groups(make_report(run, below=0), "first-level") == {"late": 1}
    monkeypatch.setenv("NEOMAG_KNOWLEDGE", str(changed(tmp_path, 'span = "6 h"', 'span = "8 h"')))
    report = make_report(run, below=0)
    assert groups(report, "first-level") == {"in-time": 1}
    assert "within 8 h" in html(report)


def bad_runs(tmp_path: Path) -> Iterator[tuple[Path, str]]:
    yield tmp_path / "nowhere", "no such folder; give the folder that `neomag cohort run --out` wrote"
    empty = tmp_path / "empty"
    empty.mkdir()
    yield empty, "infants.parquet: not there"
    text = Babies().add("a", sign(1)).write(tmp_path / "text")
    (text / "events.parquet" / "part-00000.parquet").write_text("not parquet")
    yield text, "events.parquet: not readable as Parquet"
    lacking = Babies().add("a", sign(1)).write(tmp_path / "lacking")
    parquet("SELECT 'a' AS infant, 'sign:seizure' AS key", lacking / "events.parquet" / "part-00000.parquet")
    yield lacking, "events.parquet: no column `at`"
    other = Babies().add("a", sign(1)).write(tmp_path / "other")
    (other / "run.json").write_text("[]")
    yield other, "run.json: not the record of a cohort run"


def test_a_run_that_cannot_be_read_is_one_plain_line(tmp_path: Path) -> None:
    for path, said in bad_runs(tmp_path):
        done = invoke(path, "--out", tmp_path / "out")
        assert done.exit_code == 2, path
        assert said in done.stderr
        assert len(done.stderr.splitlines()) == 1, done.stderr
        with pytest.raises(ReportInputError):
            make_report(path)


def test_out_that_is_a_file_is_refused(run: Path, tmp_path: Path) -> None:
    (tmp_path / "out").write_text("mine")
    done = invoke(run, "--out", tmp_path / "out")
    assert done.exit_code == 2
    assert "not a folder" in done.stderr
    assert (tmp_path / "out").read_text() == "mine"


def test_answers_and_problems_are_counted(tmp_path: Path) -> None:
    run = cohort(40).write(tmp_path / "run")
    answers = "SELECT 'zz-baby-' || printf('%04d', i) AS infant, 3600 * k AS now, CASE WHEN i < 10 AND k = 1 THEN 'deficient' ELSE 'normal' END AS status, "
    answers += "CASE WHEN i < 20 AND k = 2 THEN 'urgent' ELSE 'routine' END AS urgency, '2026.1' AS knowledge FROM range(40) a(i), range(3) b(k)"
    parquet(answers, run / "answers.parquet")
    parquet("SELECT 'zz-baby-0001' AS infant, 'unbound-code' AS problem, 12::BIGINT AS rows", run / "problems.parquet")
    report = make_report(run)
    tables = {t.name: {r[0]: r for r in t.rows} for t in report.overview.tables}
    assert tables["run-status"]["deficient"][1] == 10
    assert tables["run-status"]["normal"][1] == 30
    assert tables["run-urgency"]["urgent"][1] == 20
    assert tables["run-problems"]["unbound-code"][2] == 12
    assert report.overview.knowledge == ("2026.1",)
