"""The folder that a cohort run wrote: its Parquet tables as views of one DuckDB connection."""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from neomag import ages
from neomag.cohort.report.errors import ReportInputError
from neomag.sql import literal, quoted

if TYPE_CHECKING:
    from collections.abc import Generator

    from duckdb import DuckDBPyConnection

    from neomag.knowledge import Knowledge

# What a report reads of each table, with the types of COHORT tables; a column that is not there is NULL throughout.
COLUMNS = {
    "infants": {"infant": "VARCHAR", "born": "TIMESTAMP", "sex": "VARCHAR", "birth_weight": "DOUBLE", "site": "VARCHAR"},
    "events": {
        "infant": "VARCHAR", "ord": "BIGINT", "at": "BIGINT", "kind": "VARCHAR", "code": "VARCHAR", "key": "VARCHAR",
        "absent": "BOOLEAN", "value": "DOUBLE", "flag": "VARCHAR", "specimen": "VARCHAR[]", "route": "VARCHAR",
    },
    "answers": {
        "infant": "VARCHAR", "now": "BIGINT", "status": "VARCHAR", "suspicion": "VARCHAR", "urgency": "VARCHAR",
        "knowledge": "VARCHAR",
    },
    "problems": {"infant": "VARCHAR", "problem": "VARCHAR", "rows": "BIGINT"},
}  # fmt: skip
# A report runs beside other work; what is larger spills.
_MODEST: dict[str, str | bool] = {"memory_limit": "1GB", "preserve_insertion_order": False}
_NEEDED = {"infants": ("infant",), "events": ("infant", "at", "key")}


@dataclass(frozen=True, slots=True)
class Record:
    """What run.json says of the run: whether it has finished, and the local laboratory's limits by analyte, canonical units."""

    finished: bool = True
    local: Mapping[str, tuple[float | None, float | None]] = field(default_factory=dict[str, tuple[float | None, float | None]])


def record(run: Path) -> Record:
    """The record of the run in `run`; without a run.json it counts as finished. Raises ReportInputError for another file."""
    path = run / "run.json"
    if not path.is_file():
        return Record()
    try:
        said: dict[str, Any] = json.loads(path.read_text("utf-8"))
        limits: dict[str, list[float | None]] = said["settings"].get("intervals") or {}
        return Record(bool(said["finished"]), {name: (low, high) for name, (low, high) in limits.items()})
    except (ValueError, KeyError, TypeError, AttributeError):
        raise ReportInputError(f"{path}: not the record of a cohort run") from None


@contextmanager
def opened(run: Path, knowledge: Knowledge) -> Generator[DuckDBPyConnection]:
    """A connection with views infants, events, answers and problems over `run`.

    Events past the age that neomag speaks of are left out; answers and problems are empty when the run has none.
    Raises ReportInputError when duckdb, the folder, or what a report cannot do without is missing.
    """
    try:
        import duckdb
    except ImportError:
        raise ReportInputError("a report needs the extra `cohort`: pip install 'neomag[cohort]'") from None
    if not run.is_dir():
        raise ReportInputError(f"{run}: no such folder; give the folder that `neomag cohort run --out` wrote")
    # What does not fit in memory goes to a folder of its own, not into the folder someone happens to stand in.
    with (
        TemporaryDirectory(prefix="neomag-report-") as spill,
        duckdb.connect(config={"temp_directory": spill, **_MODEST}) as con,
    ):
        for table in COLUMNS:
            _view(con, run, table, ages.seconds(knowledge.settings["scope"]["until"]))
        yield con


def _view(con: DuckDBPyConnection, run: Path, table: str, oldest: int) -> None:
    import duckdb

    where = run / f"{table}.parquet"
    files = sorted(str(p) for p in where.rglob("*.parquet")) if where.is_dir() else [str(where)] if where.is_file() else []
    columns = COLUMNS[table]
    if not files and table in _NEEDED:
        raise ReportInputError(
            f"{where}: not there; a run folder holds infants.parquet and events.parquet (a file or a folder)"
        )
    if not files:
        con.execute(f"CREATE TEMP VIEW {table} AS SELECT {_typed(columns, ())} WHERE false")
        return
    try:
        found = {row[0] for row in con.execute("SELECT column_name FROM (DESCRIBE FROM read_parquet($1))", [files]).fetchall()}
    except duckdb.Error as error:
        raise ReportInputError(f"{where}: not readable as Parquet: {str(error).splitlines()[0]}") from None
    if missing := [c for c in _NEEDED.get(table, ()) if c not in found]:
        raise ReportInputError(f"{where}: no column `{missing[0]}`")
    within = f'WHERE "at" IS NULL OR "at" <= {oldest}' if table == "events" else ""
    listed = ", ".join(map(literal, files))
    source = f"read_parquet([{listed}], union_by_name = true, hive_partitioning = false)"
    con.execute(f"CREATE TEMP VIEW {table} AS SELECT {_typed(columns, found)} FROM {source} {within}")


def _typed(columns: dict[str, str], found: set[str] | tuple[()]) -> str:
    """A select list of `columns` with their types, NULL for those not `found`."""
    return ", ".join(f"CAST({quoted(c) if c in found else 'NULL'} AS {kind}) AS {quoted(c)}" for c, kind in columns.items())
