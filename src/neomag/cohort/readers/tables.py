"""The tables of a source as they lie: a folder of CSV (plain, gzip, zstd) or Parquet, a DuckDB file, or a PostgreSQL database.

Whatever they are, `copy` takes the wanted columns and rows of one table to a Parquet file, every column as text, blank as NULL,
with `n`, the place of the row among those taken. A column that the table does not have is NULL.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from neomag.cohort.readers.staging import SourceError
from neomag.cohort.readers.table_files import Found, find, read
from neomag.sql import literal

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

# Rows wanted of a table: (column, accepted values); a row that one of them accepts is taken. Values are lower-case text.
Where = Sequence[tuple[str, Iterable[str]]]


class Tables(Protocol):
    """The tables there are, by lower-case name, each with its columns (lower-case)."""

    columns: Mapping[str, tuple[str, ...]]

    def key(self, name: str) -> str:
        """What tells this state of the table from a later one (files: path, size and time)."""
        ...

    def copy(self, con: DuckDBPyConnection, name: str, columns: Sequence[str], where: Where, to: Path) -> int:
        """Write the wanted rows to the Parquet file `to`; returns how many lines could not be read."""
        ...

    def close(self) -> None:
        """Give back what reading holds open; copying again is allowed."""
        ...


def open_tables(where: str) -> Tables:
    """The tables at `where`. Raises SourceError when it cannot be opened."""
    if where.startswith(("postgres://", "postgresql://")):
        from neomag.cohort.readers.postgres import Postgres

        return Postgres(where)
    path = Path(where)
    if path.is_dir():
        return Folder(path)
    if path.is_file() and _is_duckdb(path):
        return DuckDBFile(path)
    return Folder(None)


def name_of(column: str) -> str:
    """`column` as an SQL identifier."""
    return '"' + column.replace('"', '""') + '"'


def picked(columns: Sequence[str], there: Sequence[str]) -> str:
    """The select list: each of `columns` as trimmed text, NULL when blank or when it is not `there`."""
    return ", ".join(
        f"nullif(trim(CAST({name_of(c)} AS VARCHAR)), '') AS {name_of(c)}"
        if c in there
        else f"CAST(NULL AS VARCHAR) AS {name_of(c)}"
        for c in columns
    )


def condition(where: Where, there: Sequence[str]) -> str:
    """The rows wanted, as SQL that DuckDB and PostgreSQL both run. An identifier written 50960.0 is 50960."""
    parts: list[str] = []
    for column, accepted in where:
        values = sorted({text for value in accepted for text in (value, f"{value}.0")})
        if column in there and values:
            parts.append(f"lower(trim(CAST({name_of(column)} AS VARCHAR))) IN ({', '.join(map(literal, values))})")
    if not where:
        return "TRUE"
    return " OR ".join(parts) or "FALSE"


@dataclass(slots=True)
class Folder:
    """Files named as the table, in the folder or one below it (`hosp/labevents.csv.gz`), or a folder of parts of that name."""

    path: Path | None
    columns: Mapping[str, tuple[str, ...]] = field(init=False)
    _found: dict[str, Found] = field(init=False)

    def __post_init__(self) -> None:
        self._found = {} if self.path is None else {name: read(paths) for name, paths in find(self.path).items()}
        self.columns = {name: found.columns for name, found in self._found.items()}

    def key(self, name: str) -> str:
        """Names, sizes and times of the table's files."""
        stats = [(path.name, path.stat()) for path in self._found[name].paths]
        return "|".join(f"{name}:{stat.st_size}:{stat.st_mtime_ns}" for name, stat in stats)

    def copy(self, con: DuckDBPyConnection, name: str, columns: Sequence[str], where: Where, to: Path) -> int:
        """Write the wanted rows; lines of CSV that do not fit their heading are left out and counted."""
        found = self._found[name]
        relation = found.relation
        if found.csv:
            con.execute("DROP TABLE IF EXISTS neomag_rejects; DROP TABLE IF EXISTS neomag_rejects_scans")
            relation = relation.removesuffix(")") + (
                ", ignore_errors=true, store_rejects=true, rejects_table='neomag_rejects',"
                " rejects_scan='neomag_rejects_scans', rejects_limit=0)"
            )
        copy_rows(con, relation, columns, found.columns, where, to)
        if not found.csv:
            return 0
        row = con.execute("SELECT count(DISTINCT (file_id, line)) FROM neomag_rejects").fetchone()
        return int(row[0]) if row else 0

    def close(self) -> None:
        """Nothing is held open."""


@dataclass(slots=True)
class DuckDBFile:
    """The tables and views of a DuckDB database, in whatever schema."""

    path: Path
    columns: Mapping[str, tuple[str, ...]] = field(init=False)
    _names: dict[str, str] = field(init=False)

    def __post_init__(self) -> None:
        import duckdb

        try:
            with duckdb.connect(str(self.path), read_only=True) as con:
                rows = con.execute(
                    "SELECT schema_name, table_name, list(lower(column_name)) FROM duckdb_columns()"
                    " WHERE NOT internal GROUP BY ALL ORDER BY ALL"
                ).fetchall()
        except duckdb.Error as error:
            raise SourceError(f"{self.path}: cannot be opened as a DuckDB file ({type(error).__name__})") from None
        self.columns, self._names = {}, {}
        for schema, table, columns in rows:
            self._names.setdefault(table.lower(), f"{name_of(schema)}.{name_of(table)}")
            self.columns.setdefault(table.lower(), tuple(columns))

    def key(self, name: str) -> str:
        """Size and time of the file."""
        stat = self.path.stat()
        return f"{name}:{stat.st_size}:{stat.st_mtime_ns}"

    def copy(self, con: DuckDBPyConnection, name: str, columns: Sequence[str], where: Where, to: Path) -> int:
        """Write the wanted rows of the table."""
        con.execute(f"ATTACH IF NOT EXISTS {literal(str(self.path))} AS neomag_source (READ_ONLY)")
        try:
            copy_rows(con, f"neomag_source.{self._names[name]}", columns, self.columns[name], where, to)
        finally:
            con.execute("DETACH neomag_source")
        return 0

    def close(self) -> None:
        """Nothing is held open."""


def copy_rows(
    con: DuckDBPyConnection, relation: str, columns: Sequence[str], there: Sequence[str], where: Where, to: Path
) -> None:
    """Write the wanted rows of a DuckDB relation to `to`, which is there only when it is whole."""
    part = to.with_suffix(".part")
    con.execute(
        f"COPY (SELECT row_number() OVER () AS n, * FROM (SELECT {picked(columns, there)} FROM {relation}"
        f" WHERE {condition(where, there)})) TO {literal(str(part))} (FORMAT parquet)"
    )
    part.replace(to)


def _is_duckdb(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(12)[8:] == b"DUCK"
