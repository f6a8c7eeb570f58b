"""The project's own layout: a folder with infants and events, each Parquet or CSV, with the columns of docs/cohort-data.md."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from neomag.cohort.readers import Options, fhir_sql
from neomag.cohort.readers import bindings as bound
from neomag.cohort.readers.staging import INFANTS, RAW_EVENTS, SourceError, file_state, keep_only, piece
from neomag.nearest import nearest
from neomag.sql import literal
from neomag.terminology import load_bindings
from neomag.terminology.bindings import TRAITS

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

_SUFFIXES = (".parquet", ".csv", ".csv.gz")
_NEEDED = {"infants": ("infant",), "events": ("infant",)}
_COLUMNS = {"infants": INFANTS, "events": RAW_EVENTS}


def detects(where: str) -> bool:
    """Whether the folder has infants and events of this layout."""
    return all(_table(where, name) for name in _COLUMNS)


def source(where: str, options: Options) -> FlatSource:
    """The source at a folder of this layout."""
    return FlatSource(where, options)


class FlatSource:
    """The flat layout."""

    layout = "flat"

    def __init__(self, where: str, options: Options):
        self.where = where
        self.options = options

    def stage(self, con: DuckDBPyConnection, workdir: Path, buckets: int) -> None:
        """Write the source's pieces; see Source."""
        codes = load_bindings(self.options.codes)
        bound.install(con, codes)
        fhir_sql.install(con, self.options.zone)
        made: set[tuple[str, str]] = set()
        for name, make in (("infants", _infants), ("events", _events)):
            paths = _table(self.where, name)
            if not paths:
                raise SourceError(f"{self.where}: no {name}{' or '.join(_SUFFIXES)} there")
            for place, path in enumerate(paths):
                columns = _described(con, path, name)
                table = "infants" if name == "infants" else "raw_events"
                label = f"{name}-{place:04d}"
                key = file_state(path) + codes.state + self.options.zone
                piece(con, workdir, buckets, table, label, make(path, columns, place), key=key)
                unread = _unread(con, path, name, columns)
                piece(con, workdir, buckets, "problems", label, unread, key=key)
                made |= {(table, label), ("problems", label)}
        keep_only(workdir, made)


def _table(where: str, name: str) -> list[Path]:
    """The files of a table: `events.parquet`, `events.csv`, or the Parquet files of a folder `events`."""
    folder = Path(where)
    for suffix in _SUFFIXES:
        if (folder / f"{name}{suffix}").is_file():
            return [folder / f"{name}{suffix}"]
    return sorted((folder / name).glob("*.parquet")) if (folder / name).is_dir() else []


def _reading(path: Path) -> str:
    if path.suffix == ".parquet":
        return f"read_parquet({literal(path)})"
    # Lines with too few or too many fields are counted by _unread.
    return f"read_csv({literal(path)}, all_varchar = true, header = true, delim = ',', quote = '\"', ignore_errors = true)"


def _described(con: DuckDBPyConnection, path: Path, name: str) -> dict[str, str]:
    """The file's columns with their types. Raises SourceError when it cannot be read or lacks a column that is needed."""
    try:
        found = {row[0]: row[1] for row in con.execute(f"DESCRIBE SELECT * FROM {_reading(path)}").fetchall()}
    except Exception as error:  # noqa: BLE001 - DuckDB has an error class for every kind of broken file
        raise SourceError(f"{path}: cannot be read: {str(error).splitlines()[0]}") from None
    for column in _NEEDED[name]:
        if column not in found:
            near = nearest(column, found)
            raise SourceError(
                f"{path}: column `{column}` is missing{f'; is it `{near}`?' if near else ''} Known: {', '.join(_COLUMNS[name])}"
            )
    return found


def _cast(column: str, kind: str, columns: dict[str, str]) -> str:
    """SQL: the column in its own type; what cannot be cast is NULL (numbers of results: NaN) and told by _odd."""
    if column not in columns:
        return f'NULL::{kind} AS "{column}"'
    have, name = columns[column], f'"{column}"'
    if have == kind:
        return name
    if kind == "TIMESTAMP" and have == "VARCHAR":
        return f"moment_of({name}) AS {name}"
    if kind == "TIMESTAMP" and have == "TIMESTAMP WITH TIME ZONE":
        return f"timezone('UTC', {name}) AS {name}"
    if kind == "VARCHAR[]" and have == "VARCHAR":
        words = f"regexp_split_to_array(trim({name}, '[] '), '[|;, ]+')"
        return f"list_filter({words}, lambda word: word <> '') AS {name}"
    if column == "value" and have == "VARCHAR":
        return f"CASE WHEN {name} IS NOT NULL THEN coalesce(try_cast({name} AS DOUBLE), 'nan'::DOUBLE) END AS {name}"
    return f"try_cast({name} AS {kind}) AS {name}"


def _odd(table: dict[str, str], columns: dict[str, str], skip: tuple[str, ...]) -> str:
    """SQL: the first column whose text cannot be read as its type, or NULL."""
    texts = [name for name, kind in table.items() if kind not in {"VARCHAR", "VARCHAR[]", "TIMESTAMP"} and name not in skip]
    checks = [
        f'WHEN "{name}" IS NOT NULL AND try_cast("{name}" AS {table[name]}) IS NULL THEN \'not-a-number: {name}\''
        for name in texts
        if columns.get(name) == "VARCHAR"
    ]
    return f"CASE {' '.join(checks)} END" if checks else "NULL::VARCHAR"


def _infants(path: Path, columns: dict[str, str], place: int) -> str:
    del place
    names = ", ".join(_cast(name, kind, columns) for name, kind in INFANTS.items())
    day = 'length("born") = 10' if columns.get("born") == "VARCHAR" else "false"
    return f"SELECT {names}, row_number() OVER () AS read_seq, {day} AS born_day FROM {_reading(path)} WHERE infant IS NOT NULL"


def _events(path: Path, columns: dict[str, str], place: int) -> str:
    """Raw events; a row with a source_code (`LOINC 2601-3`) but no code is bound by the tables of codes.

    A source_code says mass or moles beside a code too: one that contradicts the unit is counted, and the unit is believed.
    """
    casts = ", ".join(_cast(name, kind, columns) for name, kind in RAW_EVENTS.items() if name != "seq")
    seq = "try_cast(seq AS BIGINT)" if "seq" in columns else "row_number() OVER ()"
    time = '"time"' if "time" in columns else "NULL::VARCHAR"
    text = columns.get("time", "VARCHAR") == "VARCHAR"
    day = f"length({time}) = 10" if text else "false"
    return f"""
    SELECT infant, coalesce(seq, 0) + {place << 40} AS seq, time, "at", kind, code, source_code, absent,
        CASE WHEN kind = 'infant' THEN {fhir_sql.trait_amount("value")} ELSE value END AS value,
        unit, comparator, flag, specimen, lasting, grade, dose, dose_unit, route, concentration, "over", day,
        {fhir_sql.listed("gone", "odd", "conflict")} AS trouble, gone IS NOT NULL AS lost
    FROM (
        SELECT e.*, t.over_, t.under, CASE
            WHEN e.infant IS NULL THEN 'no-subject'
            WHEN e.excluded THEN 'excluded-code'
            WHEN e.time IS NULL AND e."at" IS NULL AND e.timed THEN 'bad-time'
            WHEN e.kind = 'infant' AND e.code NOT IN ({", ".join(map(literal, TRAITS))}) THEN 'unknown-code'
            WHEN e.kind = 'infant' AND (t.trait IS NULL OR e.value IS NULL OR NOT isfinite(e.value)) THEN 'trait-unit'
            END AS gone,
            CASE WHEN e.kind = 'lab' AND gone IS NULL THEN {fhir_sql.code_unit("e.property", "u.dimension", "e.unit")}
            END AS conflict
        FROM (
            SELECT r.* REPLACE (coalesce(r.kind, CASE WHEN r.code IS NULL THEN b.kind END) AS kind,
                coalesce(r.code, b.word) AS code), r.code IS NULL AND b.kind = 'excluded' AS excluded, b.property
            FROM (
                SELECT {casts}, {seq} AS seq, {day} AS day, {_odd(RAW_EVENTS, columns, ("value", "seq", "at"))} AS odd,
                    {time} IS NOT NULL OR {'"at"' if "at" in columns else "NULL"} IS NOT NULL AS timed
                FROM {_reading(path)}
            ) r
            LEFT JOIN bound b ON b.key = replace(r.source_code, ' ', '|')
        ) e
        LEFT JOIN trait_units t ON e.kind = 'infant' AND t.trait = e.code AND t.plain = plain_unit(e.unit)
        LEFT JOIN unit_words u ON e.property IS NOT NULL AND u.plain = plain_unit(e.unit)
    )"""


def _unread(con: DuckDBPyConnection, path: Path, name: str, columns: dict[str, str]) -> str:
    """SQL: problems of the file itself: columns that are not read, rows without an infant, lines that cannot be split."""
    found = [
        f"SELECT NULL::VARCHAR AS infant, 'unread-file' AS problem, {literal(f'{name}, column {column}')} AS detail, 1 AS rows"
        for column in columns
        if column not in _COLUMNS[name]
    ]
    if name == "infants":
        found.append(
            f"SELECT NULL::VARCHAR AS infant, 'no-id' AS problem, 'infants' AS detail, count(*) AS rows FROM {_reading(path)} "
            "WHERE infant IS NULL HAVING count(*) > 0"
        )
    if path.suffix != ".parquet":
        # A full pass with the fields of all columns: only then are lines split and refused.
        counting = _reading(path)[:-1] + ", store_rejects = true, rejects_table = 'flat_rejects', rejects_scan = 'flat_scans')"
        con.execute(f"SELECT count(COLUMNS(*)) FROM {counting}").fetchall()
        row = con.execute("SELECT count(DISTINCT line) FROM flat_rejects").fetchone()
        broken = row[0] if row else 0
        for table in ("flat_rejects", "flat_scans"):
            con.execute(f"DROP TABLE {table}")
        if broken > 0:
            found.append(f"SELECT NULL::VARCHAR AS infant, 'unreadable-line' AS problem, '{name}' AS detail, {broken} AS rows")
    return " UNION ALL BY NAME ".join(found) or "SELECT NULL::VARCHAR AS infant, '' AS problem WHERE false"
