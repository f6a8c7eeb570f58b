"""Every finding, every rule and every outcome is the same in Python, DuckDB and Spark, for every infant at every moment."""

from __future__ import annotations

import tomllib
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.conformance.engines import BOOK, NAMES, Intervals, differences, in_duckdb, in_spark, python, tables
from tests.conformance.infants import infants
from tests.strategies import cases

from neomag import Case
from neomag.cohort import case_of

RULES = Path(__file__).parents[1] / "rules"
EXAMPLES = Path(__file__).parents[2] / "src" / "neomag" / "examples"
LOCALS: dict[str, Intervals] = {
    "default": {},
    "local": {"magnesium": (0.62, 1.05), "calcium": (None, 2.6), "potassium": (3.0, None)},
}


def published() -> list[Case]:
    return [Case.read(path) for path in sorted(EXAMPLES.glob("*.json"))]


def examples() -> list[Case]:
    """The made-up cases that pin each threshold of each rule from both sides."""
    written = [e for path in sorted(RULES.glob("*.toml")) for e in tomllib.loads(path.read_text("utf-8"))["example"]]
    return [
        replace(Case.parse(f"case: made up\n{example['given']}".encode(), name="example.yaml")[0], name=f"example {n}")
        for n, example in enumerate(written)
    ]


@pytest.mark.parametrize("local", LOCALS)
@pytest.mark.parametrize("seed", [1, 2])
def test_duckdb_says_what_python_says(seed: int, local: str) -> None:
    con = tables(infants(250, seed), LOCALS[local], seed=seed)
    for wanted, got in zip(python(con), in_duckdb(con, local=bool(LOCALS[local])), strict=True):
        assert not differences(wanted, got)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(10, 16))
def test_duckdb_says_what_python_says_of_thousands(seed: int) -> None:
    local = LOCALS["local"] if seed % 2 else LOCALS["default"]
    con = tables(infants(1_500, seed), local, seed=seed, most=8)
    for wanted, got in zip(python(con), in_duckdb(con, local=bool(local)), strict=True):
        assert not differences(wanted, got)


@pytest.mark.slow
@settings(max_examples=40)
@given(st.lists(cases(), min_size=1, max_size=12))
def test_duckdb_says_what_python_says_of_any_infants(drawn: list[dict[str, Any]]) -> None:
    con = tables([Case.from_dict(case | {"case": str(n), "intervals": None}) for n, case in enumerate(drawn)], {})
    for wanted, got in zip(python(con), in_duckdb(con, local=False), strict=True):
        assert not differences(wanted, got)


def test_published_cases() -> None:
    con = tables(published(), {})
    for wanted, got in zip(python(con), in_duckdb(con, local=False), strict=True):
        assert not differences(wanted, got)


@pytest.mark.slow
def test_the_examples_of_every_rule() -> None:
    true: set[str] = set()
    for local in LOCALS.values():
        con = tables(examples(), local, most=2)
        wanted = python(con)
        for want, got in zip(wanted, in_duckdb(con, local=bool(local)), strict=True):
            assert not differences(want, got)
        true |= {rule.id for rule in BOOK.entries if any(row[rule.id] for row in wanted[1].values())}
    assert true == {rule.id for rule in BOOK.entries}


@pytest.mark.slow
@pytest.mark.parametrize("local", LOCALS)
def test_spark_says_what_python_says(session: Any, local: str, tmp_path: Path) -> None:
    con = tables([*infants(400, 21), *published(), *examples()], LOCALS[local], seed=21, most=4)
    for wanted, got in zip(python(con), in_spark(session, con, tmp_path, local=bool(LOCALS[local])), strict=True):
        assert not differences(wanted, got)


def test_the_weight_is_that_of_the_moment() -> None:
    """The last one by then, of equal times the last to arrive; of an unknown time only where there is none; none from later."""
    con = tables([Case.from_dict({"case": "a", "infant": {}, "now": "100 s"})], {})
    con.execute("""UPDATE infants SET weight = 1000, weights = [
        {'at': 50, 'seq': 7, 'grams': 3000}, {'at': 50, 'seq': 2, 'grams': 9000}, {'at': 70, 'seq': 1, 'grams': 4000}]""")
    con.execute("INSERT INTO infants SELECT 'b', * EXCLUDE (infant) REPLACE (NULL AS weight) FROM infants")
    con.execute("INSERT INTO infants SELECT 'c', * EXCLUDE (infant) REPLACE (NULL AS weights) FROM infants WHERE infant = 'a'")
    con.execute("CREATE OR REPLACE TABLE moments AS SELECT infant, unnest([0, 49, 50, 69, 70, 1000]) AS now FROM infants")
    expected: dict[str, list[float | None]] = {
        "a": [1000, 1000, 3000, 3000, 4000, 4000],
        "b": [None, None, 3000, 3000, 4000, 4000],
        "c": [1000] * 6,
    }
    for findings in (python(con)[0], in_duckdb(con, local=False)[0]):
        for name, weights in expected.items():
            assert [row["weight"] for (infant, _), row in sorted(findings.items()) if infant == name] == weights


def test_a_later_weight_does_not_decide_whether_a_dose_was_enough() -> None:
    """4 mL are 1 mL/kg of 4 kg and twice enough for that; of 12 kg, weighed later, they are not."""
    doses = [{"given": "calcium-gluconate-10", "dose": 4, "unit": "mL", "route": "iv", "at": at} for at in ("1 h", "2 h")]
    con = tables([Case.from_dict({"case": "a", "infant": {}, "now": "10 h", "events": doses})], {})
    con.execute("UPDATE infants SET weights = [{'at': 0, 'seq': 1, 'grams': 4000}, {'at': 30000, 'seq': 2, 'grams': 12000}]")
    con.execute("CREATE OR REPLACE TABLE moments AS SELECT 'a' AS infant, unnest([3600, 7200, 29999, 30000]) AS now")
    for findings in (python(con)[0], in_duckdb(con, local=False)[0]):
        assert [row["calcium_two_doses"] for _, row in sorted(findings.items())] == [False, True, True, False]


def test_the_tables_hold_the_whole_case() -> None:
    """What Python reads of the tables is what it read of the file: else the engines would agree on less."""
    given_cases = [*infants(200, 3), *published()]
    con = tables(given_cases, {}, most=1)
    for case, back in zip(sorted(given_cases, key=lambda c: c.name), case_of.every(con), strict=True):
        assert (back.name, back.now, back.infant, back.setting) == (case.name, case.now, case.infant, case.setting)
        assert [_known(e) for e in back.events] == [_known(e) for e in case.events]
        written = {p.code for p in case.problems} - {"weight-suspect"}
        assert {p.code for p in back.problems} == written, case.name
        again = case_of.cases(con, case.name, case.now)
        assert again == back


def _known(event: Any) -> tuple[Any, ...]:
    return tuple(getattr(event, name) for name in event.__slots__ if name != "reported")


def test_the_infants_reach_every_value() -> None:
    """A suite that never makes a rule true, false and unknown proves nothing about it."""
    seen: dict[str, Counter[Any]] = {}
    for local, seed in ((LOCALS["default"], 4), (LOCALS["local"], 5)):
        for rows in python(tables(infants(800, seed), local, seed=seed, most=8)):
            for row in rows.values():
                for name, value in row.items():
                    seen.setdefault(name, Counter())[value] += 1
    assert not {name for name in NAMES if len(seen[name]) == 1}
    never = {entry.id for entry in BOOK.entries if not seen[entry.id][True]}
    assert len(never) <= len(BOOK.entries) // 10, never
    for column, words in {"status": 6, "grade": 5, "suspicion": 5, "urgency": 4}.items():
        assert len(seen[column]) == words
