"""What the tests of table readers share: staging a source, and what came of it."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import duckdb

from neomag.cohort.readers import Options, Staged, open_source

DATA = Path(__file__).parent / "data" / "cohort"


def staged(
    where: object, workdir: Path, *, layout: str | None = None, options: Options | None = None
) -> duckdb.DuckDBPyConnection:
    """A connection with the tables of the source at `where`, staged in one bucket; staged_raw_events has lost rows too."""
    con = duckdb.connect()
    open_source(str(where), layout, options).stage(con, workdir, 1)
    Staged(workdir, 1).load(con, 0)
    return con


def rows(con: duckdb.DuckDBPyConnection, query: str) -> list[tuple[Any, ...]]:
    return con.execute(query).fetchall()


def events(con: duckdb.DuckDBPyConnection, what: str = "infant, kind, code, value, unit") -> list[tuple[Any, ...]]:
    return rows(con, f"SELECT {what} FROM raw_events ORDER BY infant, seq")


def problems(con: duckdb.DuckDBPyConnection, infant: str | None = None) -> set[tuple[Any, ...]]:
    """(problem, detail, source_code, rows) of one infant, or of none."""
    said = "infant IS NULL" if infant is None else f"infant = '{infant}'"
    return set(rows(con, f"SELECT problem, detail, source_code, rows FROM problems WHERE {said}"))


def accounted(con: duckdb.DuckDBPyConnection, table: str, place: int) -> int:
    """Rows of a table that became an event, a lost row with its trouble, or a count among the problems."""
    mine = f"seq >> 40 = {place}"
    kept = rows(con, f"SELECT count(*) FROM staged_raw_events WHERE {mine}")[0][0]
    # A lost row without a trouble would be dropped in silence.
    assert not rows(con, f"SELECT * FROM staged_raw_events WHERE {mine} AND lost AND coalesce(len(trouble), 0) = 0")
    weighed = rows(con, f"SELECT count(*) FROM staged_traits WHERE {mine}")[0][0]
    counted = rows(con, f"SELECT coalesce(sum(rows), 0) FROM problems WHERE infant IS NULL AND detail = '{table}'")[0][0]
    return kept + weighed + int(counted)


def lines(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))
