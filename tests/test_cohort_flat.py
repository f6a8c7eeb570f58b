"""The flat layout: CSV and Parquet with the documented columns."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb
import pytest

from neomag.cohort.normalise import normalise
from neomag.cohort.readers import Options, SourceError, Staged, open_source

INFANTS = "infant,born,sex,gestation,birth_weight\na,2026-01-01T00:00:00Z,female,38,2900\nb,2026-01-01,male,,\n"


def loaded(folder: Path, events: str, infants: str = INFANTS, **options: Any) -> duckdb.DuckDBPyConnection:
    source = folder / "source"
    source.mkdir(exist_ok=True)
    (source / "infants.csv").write_text(infants)
    (source / "events.csv").write_text(events)
    return staged(folder, source, **options)


def staged(folder: Path, source: Path, **options: Any) -> duckdb.DuckDBPyConnection:
    con = duckdb.connect()
    open_source(source, options=Options(**options)).stage(con, folder / "work", 1)
    Staged(folder / "work", 1).load(con, 0)
    normalise(con)
    return con


def events(con: duckdb.DuckDBPyConnection, columns: str) -> list[tuple[Any, ...]]:
    return con.execute(f"SELECT {columns} FROM events ORDER BY infant, ord").fetchall()


def problems(con: duckdb.DuckDBPyConnection) -> dict[str, int]:
    return dict(con.execute("SELECT problem, sum(rows)::INT FROM problems GROUP BY problem").fetchall())


def test_csv_with_ages_or_times(tmp_path: Path) -> None:
    con = loaded(
        tmp_path,
        "infant,at,time,kind,code,value,unit,specimen,dose,dose_unit,route\n"
        "a,86400,,lab,magnesium,0.41,mmol/L,haemolysed|edta,,,\n"
        "a,,2026-01-03T02:00:00+02:00,given,calcium-gluconate-10,,,,2,mL/kg,iv\n"
        "b,,2026-01-02,sign,seizure,,,,,,\n",
    )
    assert events(con, 'infant, key, "at", value, specimen, dose, route') == [
        ("a", "lab:magnesium", 86400, 0.41, ["edta", "haemolysed"], None, None),
        ("a", "given:calcium-gluconate-10", 172800, None, [], 2.0, "iv"),
        ("b", "sign:seizure", 86400, None, [], None, None),
    ]
    assert problems(con) == {"birth-day-only": 1}
    assert con.execute("SELECT gestation, birth_weight FROM infants ORDER BY infant").fetchall() == [
        (38.0, 2900.0),
        (None, None),
    ]


def test_a_source_code_is_bound_where_there_is_no_code(tmp_path: Path) -> None:
    con = loaded(
        tmp_path,
        "infant,at,kind,source_code,value,unit\n"
        "a,1,,LOINC 2601-3,0.41,mmol/L\na,2,lab,LOINC 2597-3,2,mmol/L\na,3,lab,LOCAL 7,2,mmol/L\na,4,,LOINC 29463-7,4.1,kg\na,5,,LOINC 29463-7,9,lb\n",
    )
    assert events(con, "code, value") == [("magnesium", 0.41)]
    assert problems(con) == {"birth-day-only": 1, "excluded-code": 1, "unbound-code": 1, "trait-unit": 1}
    assert con.execute("SELECT weights FROM infants WHERE infant = 'a'").fetchone() == ([{"at": 4, "seq": 4, "grams": 4100.0}],)


def test_a_code_of_moles_with_a_unit_of_mass_is_counted_and_the_unit_believed(tmp_path: Path) -> None:
    con = loaded(
        tmp_path,
        "infant,at,kind,code,source_code,value,unit\n"
        "a,1,,,LOINC 2601-3,1.0,mg/dL\na,2,lab,magnesium,LOINC 2601-3,1.0,mg/dL\na,3,lab,magnesium,LOINC 19123-9,0.8,mmol/L\n"
        "a,4,lab,magnesium,LOINC 19123-9,1.6,mEq/L\na,5,lab,magnesium,LOINC 2601-3,0.8,mmol/L\na,6,lab,magnesium,LOCAL 1,1.0,mg/dL\n"
        "a,7,lab,sodium,LOINC 2951-2,140,mmol/L\na,8,lab,magnesium,LOINC 2601-3,0.8,furlong\n",
    )
    level = 10 / 24.305
    assert events(con, "value")[:3] == [(level,), (level,), (0.8,)]
    assert problems(con) == {"birth-day-only": 1, "code-unit-conflict": 4, "unknown-unit": 1}
    assert con.execute("SELECT seq, detail, source_code FROM problems WHERE problem = 'code-unit-conflict' ORDER BY seq").fetchall() == [
        (1, "moles mg/dL", "LOINC 2601-3"), (2, "moles mg/dL", "LOINC 2601-3"),
        (3, "mass mmol/L", "LOINC 19123-9"), (4, "mass mEq/L", "LOINC 19123-9"),
    ]  # fmt: skip


def test_weights_have_their_times(tmp_path: Path) -> None:
    con = loaded(
        tmp_path,
        "infant,at,time,kind,code,value,unit\n"
        "a,7200,,infant,weight,3.1,kg\na,,2026-01-01,infant,weight,3000,g\na,,,infant,weight,2900,g\n"
        "a,-60,,infant,weight,3,kg\na,60,,infant,weight,300,kg\na,60,,infant,weight,3,stone\na,60,,infant,weight,,kg\n"
        "a,60,,infant,height,50,cm\nc,60,,infant,weight,3,kg\nb,,,infant,gestation,266,d\n",
    )
    assert con.execute("SELECT weight, weights FROM infants WHERE infant = 'a'").fetchone() == (
        2900.0, [{"at": 0, "seq": 2, "grams": 3000.0}, {"at": 7200, "seq": 1, "grams": 3100.0}],
    )  # fmt: skip
    assert con.execute("SELECT gestation, weights FROM infants WHERE infant = 'b'").fetchone() == (38.0, None)
    assert events(con, "code") == []
    assert problems(con) == {
        "birth-day-only": 1, "before-birth": 1, "weight-suspect": 1, "trait-unit": 2, "unknown-code": 1, "unknown-infant": 1,
    }  # fmt: skip


def test_every_row_is_an_event_or_a_problem(tmp_path: Path) -> None:
    rows = [
        "a,1,,lab,magnesium,x,mmol/L",
        "a,soon,,sign,fever,,",
        "a,,long ago,sign,fever,,",
        ",1,,sign,fever,,",
        "a,1,,sign,feever,,",
        "c,1,,sign,fever,,",
        "a,2,,sign,fever,,",
        'a,1,,lab,magnesium,,"mmol\n/L"',
        "a,3,,sign,fever,,,,,x",
    ]
    con = loaded(tmp_path, "infant,at,time,kind,code,value,unit\n" + "\n".join(rows) + "\n")
    found = problems(con)
    assert events(con, "code, value") == [("magnesium", None), ("magnesium", None), ("fever", None)]
    assert found == {
        "birth-day-only": 1,
        "not-a-number": 1,
        "bad-time": 2,
        "no-subject": 1,
        "unknown-code": 1,
        "unknown-infant": 1,
        "unreadable-line": 1,
        "no-value": 1,
    }
    assert len(rows) == 3 + 6


def test_parquet_in_parts_and_columns_that_are_not_read(tmp_path: Path) -> None:
    source = tmp_path / "source"
    (source / "events").mkdir(parents=True)
    con = duckdb.connect()
    con.execute(f"COPY (SELECT 'a' AS infant, TIMESTAMP '2026-01-01' AS born) TO '{source}/infants.parquet'")
    for part in range(2):
        con.execute(
            f"COPY (SELECT 'a' AS infant, {part}::BIGINT AS at, 'lab' AS kind, 'magnesium' AS code, 0.5 + {part} / 10 AS value, 'mmol/L' AS unit, "
            f"'Anna' AS ward) TO '{source}/events/{part}.parquet'"
        )
    found = staged(tmp_path, source)
    assert events(found, '"at", value') == [(0, 0.5), (1, 0.6)]
    assert problems(found) == {"unread-file": 2}


def test_what_is_no_source_is_refused_in_one_line(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="no such file or folder"):
        open_source(tmp_path / "nowhere")
    with pytest.raises(SourceError, match="is it `fhir`"):
        open_source(tmp_path, "fihr")
    with pytest.raises(SourceError, match="no known layout"):
        open_source(tmp_path)
    with pytest.raises(SourceError, match="column `infant` is missing; is it `infants`"):
        loaded(tmp_path, "infants,at\na,1\n")
