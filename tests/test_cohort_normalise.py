"""Raw events to events: the same floats, bands and doubts as the case reader has, for whole tables."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.strategies import a_tenth

from neomag import Case, units
from neomag.case.model import CaseError
from neomag.cohort.normalise import normalise
from neomag.cohort.readers.staging import INFANTS, RAW_EVENTS
from neomag.knowledge import Knowledge, load

BORN = datetime(2026, 1, 1)


def tables(rows: list[dict[str, Any]], infants: list[dict[str, Any]] | None = None) -> duckdb.DuckDBPyConnection:
    con = duckdb.connect()
    for name, columns in (("infants", INFANTS), ("raw_events", RAW_EVENTS)):
        con.execute(f"CREATE TABLE {name} ({', '.join(f'{chr(34)}{c}{chr(34)} {kind}' for c, kind in columns.items())})")
    for row in infants if infants is not None else [{"infant": "a", "born": BORN}]:
        insert(con, "infants", row)
    for seq, row in enumerate(rows):
        insert(con, "raw_events", {"infant": "a", "seq": seq, "at": 86400, "kind": "lab"} | row)
    normalise(con)
    return con


def insert(con: duckdb.DuckDBPyConnection, table: str, row: dict[str, Any]) -> None:
    names = ", ".join(f'"{name}"' for name in row)
    con.execute(f"INSERT INTO {table} ({names}) VALUES ({', '.join('?' for _ in row)})", list(row.values()))


def test_weights_have_an_age_or_are_counted() -> None:
    """As events have: the day of birth is birth, a half second goes to the even one, and none before birth or after death."""
    con = duckdb.connect()
    for name, columns in (("infants", INFANTS | {"died": "TIMESTAMP"}), ("raw_events", RAW_EVENTS)):
        con.execute(f"CREATE TABLE {name} ({', '.join(f'{chr(34)}{c}{chr(34)} {kind}' for c, kind in columns.items())})")
    con.execute('CREATE TABLE weights (infant VARCHAR, seq BIGINT, time TIMESTAMP, "at" BIGINT, day BOOLEAN, grams DOUBLE)')
    for infant, born in (("a", BORN + timedelta(hours=8)), ("b", None), ("c", BORN)):
        insert(con, "infants", {"infant": infant, "born": born, "died": BORN + timedelta(days=9), "weight": 2000.0})
    found = [
        ("a", BORN, None, True, 3000.0),
        ("a", BORN, None, False, 3000.0),
        ("a", BORN + timedelta(hours=9, seconds=2.5), None, False, 3100.0),
        ("a", None, 3602, False, 3200.0),
        ("a", BORN + timedelta(days=10), None, False, 3300.0),
        ("a", BORN + timedelta(days=1), None, True, 10.0),
        ("a", None, 10**12, False, 3300.0),
        ("b", BORN, None, False, 3000.0),
        ("b", None, 60, False, 3000.0),
        ("d", None, 60, False, 3000.0),
    ]
    for seq, (infant, time, at, day, grams) in enumerate(found):
        insert(con, "weights", {"infant": infant, "seq": seq, "time": time, "at": at, "day": day, "grams": grams})
    normalise(con)
    told = dict(
        con.execute(
            "SELECT infant, (weight, list_transform(weights, lambda w: (w.at, w.seq, w.grams))) FROM infants"
        ).fetchall()
    )
    assert told == {
        "a": (2000.0, [(0, 0, 3000.0), (3602, 2, 3100.0), (3602, 3, 3200.0)]), "b": (2000.0, [(60, 8, 3000.0)]), "c": (2000.0, None),
    }  # fmt: skip
    assert con.execute("SELECT seq, problem FROM problems ORDER BY seq").fetchall() == [
        (1, "before-birth"), (4, "after-death"), (5, "weight-suspect"), (6, "too-long-after-birth"), (7, "no-birth"), (9, "unknown-infant"),
    ]  # fmt: skip


def many(rows: list[tuple[str, str | None, float]]) -> duckdb.DuckDBPyConnection:
    """Results of (code, unit, value), each at a moment of its own."""
    con = duckdb.connect()
    con.execute("CREATE TABLE infants AS SELECT 'a' AS infant, TIMESTAMP '2026-01-01' AS born, 1.0 AS gestation, 1.0 AS birth_weight, 1.0 AS weight, "
                "'female' AS sex, 'home' AS setting")  # fmt: skip
    con.execute(f"CREATE TABLE raw_events ({', '.join(f'{chr(34)}{c}{chr(34)} {kind}' for c, kind in RAW_EVENTS.items())})")
    columns = [list(column) for column in zip(*rows, strict=True)]
    con.execute(
        "INSERT INTO raw_events BY NAME SELECT 'a' AS infant, row_number() OVER () AS seq, seq AS at, 'lab' AS kind, * FROM "
        "(SELECT unnest(?::VARCHAR[]) AS code, unnest(?::VARCHAR[]) AS unit, unnest(?::DOUBLE[]) AS value)",
        columns,
    )
    normalise(con)
    return con


def events(con: duckdb.DuckDBPyConnection, columns: str) -> list[tuple[Any, ...]]:
    return con.execute(f"SELECT {columns} FROM events ORDER BY infant, ord").fetchall()


def problems(con: duckdb.DuckDBPyConnection) -> dict[str, int]:
    return dict(con.execute("SELECT problem, sum(rows)::INT FROM problems GROUP BY problem").fetchall())


def expected(code: str, unit: str | None, value: float, knowledge: Knowledge) -> tuple[float | None, bool]:
    """What the case reader makes of it: value and suspect."""
    try:
        reading = units.read(knowledge.analytes[code], value, unit, knowledge)
    except units.UnitError:
        return None, False
    return (reading.value, False) if reading.plausible else (None, True)


KNOWLEDGE = load()
PAIRS = [(code, unit) for code, analyte in KNOWLEDGE.analytes.items() for unit in (*analyte.units, None, "furlong")]
REPORTED = st.one_of(
    st.decimals(0, 10_000, places=3).map(float),
    st.decimals(0, 30, places=2).map(float),
    st.integers(0, 100_000).map(float),
    st.floats(0, 1e6),
    st.floats(-10, 1e15),
    st.sampled_from([0.0, -0.0, 5e-324, 1e-12, 9.99e-13, 1e13, 9.99e12, 123456789.123456, 0.1 + 0.2]),
)


@a_tenth
@given(st.lists(st.tuples(st.sampled_from(PAIRS), REPORTED), min_size=1, max_size=60))
def test_every_unit_gives_the_float_of_the_case_reader(drawn: list[tuple[tuple[str, str | None], float]]) -> None:
    rows = [(code, unit, value) for (code, unit), value in drawn]
    found = events(many(rows), "value, suspect")
    assert found == [expected(*row, KNOWLEDGE) for row in rows]


def test_every_two_decimal_number_of_every_unit_gives_the_float_of_the_case_reader(knowledge: Knowledge) -> None:
    values = [n / 100 for n in range(0, 2500, 7)] + [float(n) for n in range(25, 400, 3)]
    rows = [(code, unit, value) for code, unit in PAIRS if unit != "furlong" for value in values]
    found = events(many(rows), "value, suspect")
    wrong = [(row, got) for row, got in zip(rows, found, strict=True) if got != expected(*row, knowledge)]
    assert wrong == []


def test_the_threshold_is_met_exactly_from_mg_per_dl() -> None:
    # 1.4583 mg/dL is 0.6 mmol/L of magnesium.
    assert events(many([("magnesium", "mg/dL", 1.4583), ("magnesium", "mEq/L", 1.2)]), "value") == [(0.6,), (0.6,)]


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf")])
def test_what_is_not_a_number_is_unknown(value: float) -> None:
    con = tables([{"code": "magnesium", "unit": "mmol/L", "value": value, "flag": "low"}])
    assert events(con, "value, flag, suspect, reported") == [(None, None, False, None)]
    assert problems(con) == {"not-a-number": 1} or problems(con) == {"not-a-number": 0} or problems(con) == {"negative": 1}


def test_a_flag_speaks_only_where_there_is_no_value() -> None:
    con = tables(
        [
            {"code": "calcium", "flag": "low"},
            {"code": "calcium", "flag": "low", "value": 2.3, "unit": "mmol/L", "at": 2},
            {"code": "calcium", "flag": "low", "value": 2.3, "unit": "mg/dL", "at": 3},
            {"code": "calcium", "flag": "LOW", "at": 4},
            {"code": "calcium", "at": 5},
        ]
    )
    assert events(con, "value, flag, suspect") == [
        (2.3, None, False),
        (None, None, True),
        (None, None, False),
        (None, None, False),
        (None, "low", False),
    ]
    assert problems(con) == {"implausible": 1, "unknown-word": 1, "no-value": 1}


def test_order_is_by_age_then_arrival_and_unknown_times_come_first() -> None:
    rows = [{"at": 50}, {"at": None}, {"at": 10}, {"at": 50}, {"at": None}]
    con = tables([{"kind": "sign", "code": "seizure"} | row for row in rows])
    assert events(con, 'ord, seq, "at"') == [(1, 1, None), (2, 4, None), (3, 2, 10), (4, 0, 50), (5, 3, 50)]
    assert problems(con) == {"no-time": 2}


@a_tenth
@given(st.lists(st.integers(0, 10**13), min_size=1, max_size=60))
def test_ages_round_as_the_case_reader_rounds(microseconds: list[int]) -> None:
    times = [BORN + timedelta(microseconds=each) for each in microseconds]
    con = tables([{"kind": "sign", "code": "fever", "at": None, "time": time} for time in times])
    said = [{"at": time.isoformat(), "sign": "fever"} for time in times]
    case = Case.from_dict({"infant": {"born": BORN.isoformat()}, "now": "400 y", "events": said})
    assert events(con, '"at"') == [(event.at,) for event in case.events]


def test_lost_events_are_problems() -> None:
    sign = {"kind": "sign", "code": "seizure"}
    con = tables(
        [
            sign | {"at": -1},
            sign | {"infant": "b"},
            sign | {"infant": "c", "at": None, "time": BORN},
            sign | {"code": None, "source_code": "X 1"},
            sign | {"code": "seizures"},
            sign | {"kind": "signs"},
            sign | {"at": 400 * 31557600 + 1},
            sign,
        ],
        [{"infant": "a", "born": BORN}, {"infant": "c"}],
    )
    assert len(events(con, "seq")) == 1
    assert problems(con) == {
        "before-birth": 1,
        "unknown-infant": 1,
        "no-birth": 1,
        "unbound-code": 2,
        "unknown-code": 1,
        "too-long-after-birth": 1,
    }


def test_infants_are_mended() -> None:
    con = tables([], [{"infant": "a", "weight": 70000, "birth_weight": 3000, "gestation": 12, "sex": "F", "setting": "ward"}])
    assert con.execute("SELECT weight, birth_weight, gestation, sex, setting FROM infants").fetchall() == [
        (None, 3000, None, None, None)
    ]
    assert problems(con) == {"weight-suspect": 1, "gestation-suspect": 1, "unknown-word": 2}


@pytest.mark.parametrize("unit", ["mL/kg", "ml / KG", "µg/kg/day", "mmol", "mEq/kg/hr", "spoon", "mg/m²", "mg/kg/d/x", ""])
def test_a_dose_unit_is_spelt_as_the_case_reader_spells_it(unit: str) -> None:
    con = tables([{"kind": "given", "code": "calcium", "dose": 2.0, "dose_unit": unit, "route": "iv"}])
    try:
        event = Case.from_dict({"now": "2 d", "events": [{"at": "1 d", "given": "calcium", "dose": 2, "unit": unit}]}).events[0]
        want = (2.0, event.dose_unit, "iv")
    except CaseError:
        want = (None, None, "iv")
    assert events(con, "dose, dose_unit, route") == [want]
    assert problems(con) == ({} if want[0] else {"dose-unit": 1})


def test_a_tag_covers_every_result_of_its_moment_and_spoils_as_in_a_case() -> None:
    at = {"unit": "mmol/L", "at": 5}
    con = tables(
        [
            {"code": "potassium", "value": 9.0, "specimen": ["edta"]} | at,
            {"code": "calcium", "flag": "low", "at": 5},
            {"code": "magnesium", "value": 0.5, "specimen": ["haemolysed", "blue"]} | at,
            {"code": "calcium", "value": 2.3} | at | {"at": 6},
            {"kind": "sign", "code": "fever", "at": 5},
        ]
    )
    assert events(con, "code, value, flag, specimen") == [
        ("potassium", None, None, ["edta", "haemolysed"]),
        ("calcium", None, None, ["edta", "haemolysed"]),
        ("magnesium", 0.5, None, ["edta", "haemolysed"]),
        ("fever", None, None, []),
        ("calcium", 2.3, None, []),
    ]
    assert problems(con) == {"specimen-spoilt": 2, "unknown-word": 1}


def test_contradictions_are_those_of_a_case() -> None:
    rows: list[dict[str, Any]] = [
        {"code": "magnesium", "value": 0.5, "unit": "mmol/L"},
        {"code": "magnesium", "value": 0.6, "unit": "mmol/L"},
        {"kind": "sign", "code": "fever"},
        {"kind": "sign", "code": "fever", "absent": True},
        {"kind": "sign", "code": "hypothermia"},
        {"kind": "condition", "code": "preterm"},
        {"kind": "given", "code": "calcium-oral", "route": "iv"},
        {"kind": "given", "code": "calcium-gluconate-10", "concentration": 20.0},
    ]
    con = tables(rows, [{"infant": "a", "born": BORN, "gestation": 39.0}])
    case = Case.from_dict(
        {
            "infant": {"gestation": "39w0d"}, "now": "2 d",
            "events": [
                {"at": "1 d", "lab": "magnesium", "value": 0.5, "unit": "mmol/L"}, {"at": "1 d", "lab": "magnesium", "value": 0.6, "unit": "mmol/L"},
                {"at": "1 d", "sign": "fever"}, {"at": "1 d", "sign": "fever", "absent": True}, {"at": "1 d", "sign": "hypothermia"},
                {"at": "1 d", "condition": "preterm"}, {"at": "1 d", "given": "calcium-oral", "route": "iv"},
                {"at": "1 d", "given": "calcium-gluconate-10", "concentration": "20 %"},
            ],
        }
    )  # fmt: skip
    found = con.execute("SELECT problem, seq FROM problems ORDER BY ALL").fetchall()
    assert found == sorted((p.code, p.event) for p in case.problems)
    assert len(found) == 6
