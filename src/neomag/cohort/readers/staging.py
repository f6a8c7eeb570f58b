"""A staged source: Parquet under a work folder, one folder a piece, divided by bucket of infants.

`{workdir}/staged/{table}/{piece}/bucket={n}/*.parquet`, and a marker `{workdir}/staged/{table}/{piece}.done` once it is whole.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Collection, Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from neomag.sql import literal
from neomag.terminology import SourceError

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection


__all__ = ["SourceError", "Staged", "clear", "columns_of", "file_state", "keep_only", "piece", "seq_base"]

# The columns of each table, in order. `staged` columns are for normalising only and may be left out by a reader.
INFANTS = {
    "infant": "VARCHAR", "born": "TIMESTAMP", "sex": "VARCHAR", "gestation": "DOUBLE", "birth_weight": "DOUBLE",
    "weight": "DOUBLE", "setting": "VARCHAR", "site": "VARCHAR",
}  # fmt: skip
RAW_EVENTS = {
    "infant": "VARCHAR", "seq": "BIGINT", "time": "TIMESTAMP", "at": "BIGINT", "kind": "VARCHAR", "code": "VARCHAR",
    "source_code": "VARCHAR", "absent": "BOOLEAN", "value": "DOUBLE", "unit": "VARCHAR", "comparator": "VARCHAR",
    "flag": "VARCHAR", "specimen": "VARCHAR[]", "lasting": "BIGINT", "grade": "VARCHAR", "dose": "DOUBLE",
    "dose_unit": "VARCHAR", "route": "VARCHAR", "concentration": "DOUBLE", "over": "BIGINT",
}  # fmt: skip
PROBLEMS = {"infant": "VARCHAR", "seq": "BIGINT", "problem": "VARCHAR", "detail": "VARCHAR", "source_code": "VARCHAR"}
# Facts of the infant found outside its own row (weights, gestation, setting): one of number and word is filled a row.
TRAITS = {"infant": "VARCHAR", "seq": "BIGINT", "time": "TIMESTAMP", "trait": "VARCHAR", "number": "DOUBLE", "word": "VARCHAR"}

_STAGED = {
    # born_day: only the day of birth is known. read_seq: place of the row in the source.
    "infants": {"read_seq": "BIGINT", "born_day": "BOOLEAN", "died": "TIMESTAMP"},
    # day: `time` is the start of a day, its hour is not known.
    # trouble: problems of this row, `code` or `code: detail`.
    # kind may be 'infant' too: a trait (code) of the infant itself, value in g or weeks, or a setting in flag.
    # lost: the row gives no event, its trouble says why.
    "raw_events": {"day": "BOOLEAN", "trouble": "VARCHAR[]", "lost": "BOOLEAN"},
    "problems": {"rows": "BIGINT"},
    # at: the age in seconds, in place of a time. day: as of raw_events.
    "traits": {"at": "BIGINT", "day": "BOOLEAN"},
}
TABLES = {"infants": INFANTS, "raw_events": RAW_EVENTS, "problems": PROBLEMS, "traits": TRAITS}


def columns_of(table: Iterable[str]) -> str:
    """The names of columns as SQL lists them; quoted, since `at` and `over` are words of SQL."""
    return ", ".join(f'"{name}"' for name in table)


_TRAITS = """
    SELECT infant, seq, time, "at", day, trait, number, word FROM staged_traits
    UNION ALL
    SELECT infant, seq, time, "at", day, code, value, flag FROM staged_raw_events WHERE kind = 'infant' AND lost IS NOT TRUE"""
# A problem of many rows of one code is one row with their number: a hospital has millions of results nobody asked for.
_LOAD = (
    f"""CREATE TABLE infants AS
    WITH first AS (
        SELECT * FROM staged_infants WHERE infant IS NOT NULL
        QUALIFY row_number() OVER (PARTITION BY infant ORDER BY read_seq NULLS LAST, born NULLS LAST, sex, site) = 1
    ), traits AS (
        SELECT infant,
            arg_min(number, (undated, time, "at", seq)) FILTER (trait = 'gestation') AS gestation,
            arg_min(number, (undated, time, "at", seq)) FILTER (trait = 'birth_weight') AS birth_weight,
            arg_max(number, seq) FILTER (trait = 'weight' AND undated) AS weight,
            -- One word for the whole stay: where encounters differ in kind, none of them holds at every moment.
            CASE WHEN count(DISTINCT word) FILTER (trait = 'setting') = 1 THEN any_value(word) FILTER (trait = 'setting')
            END AS setting
        FROM (SELECT *, time IS NULL AND "at" IS NULL AS undated FROM ({_TRAITS})) GROUP BY infant
    )
    SELECT f.infant, f.born, f.sex, coalesce(f.gestation, t.gestation) AS gestation,
        coalesce(f.birth_weight, t.birth_weight) AS birth_weight, coalesce(f.weight, t.weight) AS weight,
        coalesce(f.setting, t.setting) AS setting, f.site, coalesce(f.born_day, false) AS born_day, f.died
    FROM first f LEFT JOIN traits t USING (infant)""",
    f"""CREATE TABLE weights AS
    SELECT infant, seq, time, "at", day, number AS grams FROM ({_TRAITS})
    WHERE trait = 'weight' AND number IS NOT NULL AND (time IS NOT NULL OR "at" IS NOT NULL)""",
    "CREATE TABLE problems (" + ", ".join(f"{name} {kind}" for name, kind in PROBLEMS.items()) + ", rows BIGINT DEFAULT 1)",
    """INSERT INTO problems BY NAME
    SELECT infant, seq, problem, detail, source_code, coalesce(rows, 1) AS rows FROM staged_problems
    UNION ALL BY NAME
    SELECT infant, min(read_seq) AS seq, 'duplicate-id' AS problem, NULL AS detail, NULL AS source_code, count(*) - 1 AS rows
    FROM staged_infants WHERE infant IS NOT NULL GROUP BY infant HAVING count(*) > 1
    UNION ALL BY NAME
    SELECT * FROM (
        SELECT CASE WHEN many THEN NULL ELSE infant END AS infant, CASE WHEN many THEN NULL ELSE seq END AS seq,
            problem, detail, source_code, count(*) AS rows
        FROM (
            SELECT infant, seq, source_code, split_part(said, ': ', 1) AS problem,
                nullif(split_part(said, ': ', 2), '') AS detail, problem IN ('unbound-code', 'excluded-code') AS many
            FROM (SELECT infant, seq, source_code, unnest(trouble) AS said FROM staged_raw_events WHERE trouble IS NOT NULL)
        ) GROUP BY ALL
    )""",
    f"CREATE VIEW raw_events AS SELECT {columns_of(RAW_EVENTS)}, day FROM staged_raw_events "
    "WHERE lost IS NOT TRUE AND kind IS DISTINCT FROM 'infant'",
)


def piece(con: DuckDBPyConnection, workdir: Path, buckets: int, table: str, name: str, query: str, *, key: str = "") -> bool:
    """Write the rows of `query` as piece `name` of `table` (infants, raw_events, problems or traits), divided by infant.

    `query` gives any of the table's columns, among them `infant` (NULL: bucket 0), and `seq` where the table has it; seq must
    be unique over all pieces of an infant (`seq_base`). `key` says what the piece was made of (path, size, time of the files,
    options): a finished piece with the same key is kept and False returned; any other is written anew.
    """
    folder, marker = workdir / "staged" / table / name, workdir / "staged" / table / f"{name}.done"
    made_of = json.dumps([buckets, query, key])
    if marker.is_file() and marker.read_text("utf-8") == made_of:
        return False
    marker.unlink(missing_ok=True)
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    bucket = f"CASE WHEN infant IS NULL THEN 0 ELSE hash(infant) % {buckets} END::INTEGER"
    con.execute(
        f"COPY (SELECT *, {bucket} AS bucket FROM ({query})) TO {literal(folder)} (FORMAT parquet, PARTITION_BY (bucket))"
    )
    fresh = marker.with_suffix(".part")
    fresh.write_text(made_of, "utf-8")
    fresh.replace(marker)
    return True


def file_state(path: Path) -> str:
    """What tells this state of a file from a later one: its path, size and time."""
    state = path.stat()
    return json.dumps([str(path), state.st_size, state.st_mtime_ns])


def keep_only(workdir: Path, made: Collection[tuple[str, str]]) -> None:
    """Remove the pieces that are not among `made` (table, name): their files are no longer in the source."""
    for marker in (workdir / "staged").glob("*/*.done"):
        if (marker.parent.name, marker.stem) not in made:
            marker.unlink()
            shutil.rmtree(marker.with_suffix(""), ignore_errors=True)


def seq_base(place: int) -> int:
    """The first `seq` of the `place`-th piece (from 0): leaves room for 2^40 rows a piece, in order of pieces."""
    return place << 40


class Staged:
    """What `Source.stage` wrote under `workdir`, to be loaded bucket by bucket; `buckets` as it was staged with."""

    def __init__(self, workdir: Path, buckets: int):
        self.folder = workdir / "staged"
        self.buckets = buckets

    def load(self, con: DuckDBPyConnection, bucket: int) -> None:
        """Put the rows of one bucket into `con`: tables infants, weights and problems, and a view raw_events; all are replaced.

        infants has one row an infant (and `born_day`, `died`), weights those whose time is known, raw_events only rows that can
        give an event (and `day`).
        problems has `rows`, how many rows of the source it stands for, beside its columns.
        """
        for table in TABLES:
            clear(con, f"staged_{table}")
            con.execute(f"CREATE VIEW staged_{table} AS {self._select(table, bucket)}")
        for name in ("infants", "weights", "raw_events", "problems"):
            clear(con, name)
        for sql in _LOAD:
            con.execute(sql)

    def _select(self, table: str, bucket: int) -> str:
        columns = TABLES[table] | _STAGED[table]
        names = columns_of(columns)
        empty = "SELECT " + ", ".join(f'NULL::{kind} AS "{name}"' for name, kind in columns.items()) + " WHERE false"
        base = self.folder / table
        finished = sorted(marker.stem for marker in base.glob("*.done"))
        files = [path for name in finished for path in sorted((base / name / f"bucket={bucket}").glob("*.parquet"))]
        if not files:
            return empty
        listed = ", ".join(map(literal, files))
        # The empty row set gives missing columns their place and type.
        rows = f"SELECT * FROM read_parquet([{listed}], union_by_name = true, hive_partitioning = false)"
        return f"SELECT {names} FROM ({empty} UNION ALL BY NAME {rows})"


def clear(con: DuckDBPyConnection, name: str) -> None:
    """Drop the table or view called `name`, if there is one."""
    for (kind,) in con.execute(
        "SELECT DISTINCT table_type FROM information_schema.tables WHERE table_name = ?", [name]
    ).fetchall():
        con.execute(f"DROP {'VIEW' if kind == 'VIEW' else 'TABLE'} {name}")
