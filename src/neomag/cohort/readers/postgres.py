"""The tables of a PostgreSQL database, streamed out with COPY into Parquet: memory stays small, and one snapshot is read.

DuckDB's own extension for PostgreSQL is fetched from the network when it is first used, which the machine of a hospital may not
reach; psycopg is an ordinary package.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from neomag.cohort.readers.staging import SourceError
from neomag.cohort.readers.tables import Where, condition, copy_rows, name_of, picked
from neomag.sql import literal

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

_COLUMNS = """
SELECT c.table_schema, c.table_name, c.column_name FROM information_schema.columns c
WHERE c.table_schema = ANY (current_schemas(false))
ORDER BY array_position(current_schemas(false)::text[], c.table_schema::text), c.table_name, c.ordinal_position
"""


def masked(url: str) -> str:
    """The address without its password."""
    return re.sub(r"(//[^:/@]*):[^@]*@", r"\1:…@", re.sub(r"(password=)[^&]*", r"\1…", url))


class Postgres:
    """Tables of the schemas on the search path, which the address may set: `?options=-csearch_path%3Dcdm`."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._names: dict[str, str] = {}
        self._connection: Any = None
        found: dict[str, list[str]] = {}
        with self._connect() as connection:
            for schema, table, column in connection.execute(_COLUMNS).fetchall():
                name, full = str(table).lower(), f"{name_of(str(schema))}.{name_of(str(table))}"
                if self._names.setdefault(name, full) == full:
                    found.setdefault(name, []).append(str(column).lower())
        self.columns: Mapping[str, tuple[str, ...]] = {name: tuple(columns) for name, columns in found.items()}

    def key(self, name: str) -> str:
        """The address and table: a database does not say when it last changed, so what was staged is kept until removed."""
        return f"{masked(self._url)}|{name}"

    def copy(self, con: DuckDBPyConnection, name: str, columns: Sequence[str], where: Where, to: Path) -> int:
        """Write the wanted rows of the table; all tables are read in one snapshot."""
        there = self.columns[name]
        text = to.with_suffix(".csv.part")
        query = (
            f"COPY (SELECT {picked(columns, there)} FROM {self._names[name]} WHERE {condition(where, there)})"
            " TO STDOUT (FORMAT csv, HEADER true, ENCODING 'UTF8')"
        )
        try:
            with text.open("wb") as file, self._snapshot().cursor().copy(query) as rows:
                for data in rows:
                    file.write(data)
            kinds = "{" + ", ".join(f"{literal(column)}: 'VARCHAR'" for column in columns) + "}"
            relation = (
                f"read_csv({literal(str(text))}, auto_detect=false, header=true, columns={kinds}, quote='\"', escape='\"')"
            )
            copy_rows(con, relation, columns, columns, (), to)
        except self._module().Error as error:
            raise SourceError(f"{masked(self._url)}: reading `{name}` failed ({type(error).__name__})") from None
        finally:
            text.unlink(missing_ok=True)
        return 0

    def close(self) -> None:
        """Give the connection back; the next copy begins a snapshot of its own."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _snapshot(self) -> Any:
        if self._connection is None or self._connection.closed:
            self._connection = self._connect()
            self._connection.isolation_level = self._module().IsolationLevel.REPEATABLE_READ
            self._connection.read_only = True
        return self._connection

    def _connect(self) -> Any:
        module = self._module()
        try:
            connection = module.connect(self._url, connect_timeout=10, application_name="neomag")
            connection.execute("SET TIME ZONE 'UTC'")
            connection.execute("SET datestyle TO ISO")
            connection.commit()
        except module.Error as error:
            raise SourceError(f"{masked(self._url)}: the database cannot be reached ({type(error).__name__})") from None
        return connection

    @staticmethod
    def _module() -> Any:
        try:
            return import_module("psycopg")
        except ImportError:
            raise SourceError("reading PostgreSQL needs psycopg: pip install 'psycopg[binary]'") from None
