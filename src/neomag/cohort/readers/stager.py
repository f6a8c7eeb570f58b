"""Stages the tables of a source: takes the rows wanted once, then writes events and a count of every row that gave none."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from neomag import ages
from neomag.cohort.readers.staging import RAW_EVENTS, SourceError, piece, seq_base
from neomag.cohort.readers.table_codes import Codes
from neomag.cohort.readers.tables import Tables, Where
from neomag.cohort.readers.values import lost
from neomag.knowledge import load
from neomag.sql import literal

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

# What a query of rows may give of each: an event's columns, and offset_s, seconds from the zero of the table's own times.
_ROW = RAW_EVENTS | {"n": "BIGINT", "day": "BOOLEAN", "offset_s": "BIGINT", "trouble": "VARCHAR[]"}


class Stager:
    """One staging of one source. Pieces that are finished and made of the same tables and codes are kept.

    `people`, a temporary table of con, must be there before rows are staged: infant (each once), born, start (the age at the
    zero of the table's times, for layouts that give offsets) and scope (`in`, or the problem that keeps the patient out).
    """

    def __init__(self, con: DuckDBPyConnection, workdir: Path, buckets: int, tables: Tables, where: str, codes: Codes) -> None:
        self.con, self.workdir, self.buckets, self.tables, self.where = con, workdir, buckets, tables, where
        self.codes = codes
        self.scope = ages.seconds(str(load().settings["scope"]["until"]))
        # False where the source's dates are not real ones: then events have ages only, and infants no date of birth.
        self.dated = True
        self._place = 0
        self._keys: list[str] = [codes.key, str(self.scope)]
        (workdir / "source").mkdir(parents=True, exist_ok=True)

    def __enter__(self) -> Stager:
        return self

    def __exit__(self, *_: object) -> None:
        self.tables.close()

    def take(self, name: str, columns: Sequence[str], where: Where = (), *, needed: Sequence[str] = ()) -> str:
        """A relation of the wanted rows and columns of a table, as text, with `n`; empty when there is no such table.

        Raises SourceError when the table is there and one of its `needed` columns is not.
        """
        there = self.tables.columns.get(name)
        if there is None:
            empty = ", ".join(f"CAST(NULL AS VARCHAR) AS {column}" for column in columns)
            return f"(SELECT CAST(NULL AS BIGINT) AS n, {empty} WHERE FALSE)"
        missing = [column for column in needed if column not in there]
        if missing:
            raise SourceError(f"{self.where}: the table `{name}` has no column `{missing[0]}`; it has {', '.join(there[:12])}")
        wanted = json.dumps([name, self.tables.key(name), list(columns), [[c, sorted(values)] for c, values in where]])
        self._keys.append(wanted)
        to = self.workdir / "source" / f"{name}-{hashlib.sha256(wanted.encode()).hexdigest()[:16]}.parquet"
        count = to.with_suffix(".unreadable")
        if not (to.is_file() and count.is_file()):
            count.write_text(str(self._copied(name, columns, where, to)), "utf-8")
        unreadable = f"SELECT 'unreadable-line' AS problem, '{name}' AS detail, {int(count.read_text('utf-8'))} AS rows"
        self.problems(f"{name}-unreadable", f"SELECT * FROM ({unreadable}) WHERE rows > 0")
        return f"read_parquet({literal(str(to))})"

    def _copied(self, name: str, columns: Sequence[str], where: Where, to: Path) -> int:
        import duckdb

        try:
            return self.tables.copy(self.con, name, columns, where, to)
        except (duckdb.IOException, duckdb.InvalidInputException) as error:
            # A download that broke off, say. The text of the error may hold lines of the table, so it is not repeated.
            raise SourceError(f"{self.where}: the table `{name}` cannot be read to its end ({type(error).__name__})") from None

    def infants(self, query: str) -> None:
        """Write the infants, and count the patients who are not among them by reason. `query` is over people."""
        self._piece("infants", "patients", query)
        aside = "SELECT scope AS problem, 'patients' AS detail, count(*) AS rows FROM people WHERE scope <> 'in' GROUP BY scope"
        self.problems("patients-aside", aside)

    def rows(self, name: str, query: str) -> None:
        """Write one event for each row of `query` (infant, n, columns of an event), or count it with the reason it gave none.

        Rows of kind `excluded`, of patients who are not in scope, and after the age that neomag speaks of are counted only.
        """
        columns = ", ".join(f'CAST(NULL AS {kind}) AS "{column}"' for column, kind in _ROW.items())
        joined = f"""
            SELECT r.*, p.scope, coalesce(r."at", p.start + r.offset_s) AS given_at,
                coalesce(given_at, date_diff('second', p.born, r.time)) AS age
            FROM (SELECT * FROM (SELECT {columns} WHERE FALSE) UNION ALL BY NAME SELECT * FROM ({query})) AS r
            LEFT JOIN people AS p ON p.infant = r.infant"""
        reason = f"""CASE WHEN kind = 'excluded' THEN 'excluded-code' WHEN scope IS NULL THEN 'unknown-infant'
            WHEN scope <> 'in' THEN scope WHEN age > {self.scope} THEN 'out-of-scope' END"""
        picked = ", ".join(f'"{column}"' for column in RAW_EVENTS if column not in {"seq", "time", "at", "absent", "trouble"})
        times = 'time, given_at AS "at"' if self.dated else 'CAST(NULL AS TIMESTAMP) AS time, age AS "at"'
        self._piece(
            "raw_events",
            name,
            f"""SELECT {self._base()} + n AS seq, {picked}, {times}, coalesce(absent, FALSE) AS absent, day,
                {lost("trouble")} AS lost,
                CASE WHEN day THEN list_append(coalesce(trouble, []), 'date-only') ELSE trouble END AS trouble
            FROM ({joined}) WHERE ({reason}) IS NULL""",
        )
        self.problems(
            name,
            f"""SELECT problem, '{name}' AS detail, CASE WHEN problem = 'excluded-code' THEN source_code END AS source_code,
                count(*) AS rows
            FROM (SELECT {reason} AS problem, source_code FROM ({joined})) WHERE problem IS NOT NULL GROUP BY ALL""",
        )

    def traits(self, name: str, query: str) -> None:
        """Write facts of infants (infant, n, trait, number, and time, day or offset_s); a row without a positive number is
        counted only."""
        good = "p.scope = 'in' AND r.number > 0"
        columns = ", ".join(f"CAST(NULL AS {_ROW[name]}) AS {name}" for name in ("time", "day", "offset_s"))
        joined = f"""(SELECT * FROM (SELECT {columns} WHERE FALSE) UNION ALL BY NAME SELECT * FROM ({query})) AS r
            LEFT JOIN people AS p ON p.infant = r.infant"""
        given = "p.start + r.offset_s"
        aged = f"coalesce({given}, date_diff('second', p.born, r.time))"
        time, at = ("r.time", given) if self.dated else ("CAST(NULL AS TIMESTAMP)", aged)
        chosen = f"""SELECT r.infant, {self._base()} + r.n AS seq, {time} AS time, {at} AS "at", r.day, r.trait, r.number
            FROM {joined} WHERE {good}"""
        self._piece("traits", name, chosen)
        self.problems(
            f"{name}-traits",
            f"""SELECT CASE WHEN p.scope IS NULL THEN 'unknown-infant' WHEN p.scope <> 'in' THEN p.scope
                WHEN r.trait = 'gestation' THEN 'trait-unit' ELSE 'weight-suspect' END AS problem, '{name}' AS detail,
                count(*) AS rows
            FROM {joined} WHERE ({good}) IS NOT TRUE GROUP BY ALL""",
        )

    def problems(self, name: str, query: str) -> None:
        """Write counts of rows (problem, detail, rows, and source_code where it is told) of no one infant."""
        self._piece("problems", name, f"SELECT CAST(NULL AS VARCHAR) AS infant, CAST(NULL AS BIGINT) AS seq, * FROM ({query})")

    def _base(self) -> int:
        self._place += 1
        return seq_base(self._place - 1)

    def _piece(self, table: str, name: str, query: str) -> None:
        key = hashlib.sha256("\n".join(self._keys).encode()).hexdigest()
        piece(self.con, self.workdir, self.buckets, table, name, query, key=key)
