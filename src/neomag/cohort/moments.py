"""Moments: at which ages each infant is asked about. Only the past counts at a moment, so a moment is an age and nothing else.

All are made in DuckDB, whichever engine answers, so that there is one definition. A moment is never before birth, and an
event whose time or code is not known makes none.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from neomag import ages
from neomag.nearest import hint

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

    from neomag.knowledge import Knowledge

KINDS = ("results", "events", "daily", "last")
FORM = f"{', '.join(KINDS)}, ages such as `24h,7d,28d`, or a CSV file with the columns infant (may be left out) and now"
_KNOWN = 'FROM events WHERE "at" >= 0 AND code IS NOT NULL'


class MomentsError(ValueError):
    """Moments that cannot be read; one line that says what would be accepted."""


@dataclass(frozen=True, slots=True)
class Moments:
    """Which moments are asked for: one of KINDS, ages in seconds, or a file of (infant, now)."""

    kind: str
    ages: tuple[int, ...] = ()
    file: Path | None = None


RESULTS = Moments("results")


def parse(text: str) -> Moments:
    """What `text` asks for. Raises MomentsError."""
    text = text.strip()
    if text in KINDS:
        return Moments(text)
    if text.lower().endswith(".csv"):
        if not Path(text).is_file():
            raise MomentsError(f"{text}: no such file")
        return Moments("given", file=Path(text))
    try:
        return Moments("given", tuple(sorted({ages.seconds(part) for part in text.split(",")})))
    except ValueError:
        raise MomentsError(f"moments `{text[:60]}`{hint(text, KINDS)}; write {FORM}") from None


def query(moments: Moments, knowledge: Knowledge) -> str:
    """A SELECT of infant and now, each pair once, over infants and events (and `given`, for moments of a file)."""
    match moments.kind:
        case "results":
            return f"""SELECT DISTINCT infant, "at" AS now {_KNOWN} AND kind = 'lab'"""
        case "events":
            return f'SELECT DISTINCT infant, "at" AS now {_KNOWN}'
        case "last":
            return f'SELECT infant, max("at") AS now {_KNOWN} GROUP BY infant'
        case "daily":
            # Whole days of age, from the first that has seen an event to the first that has seen all. Sources that hide
            # ages put some of them centuries on; beyond the ages neomag speaks of there is nothing to ask daily.
            until = ages.seconds(knowledge.settings["scope"]["until"])
            return (
                f"SELECT infant, unnest(range(first, last + 1)) * {ages.DAY} AS now FROM ("
                f'SELECT infant, (min("at") + {ages.DAY - 1}) // {ages.DAY} AS first, '
                f'(max("at") + {ages.DAY - 1}) // {ages.DAY} AS last {_KNOWN} AND "at" <= {until} GROUP BY infant)'
            )
        case _ if moments.file is not None:
            return (
                "SELECT DISTINCT infant, now FROM (SELECT i.infant, g.now FROM infants i JOIN given g USING (infant) "
                "UNION ALL SELECT i.infant, g.now FROM infants i CROSS JOIN (SELECT now FROM given WHERE infant IS NULL) g)"
            )
        case _:
            rows = ", ".join(f"({age})" for age in moments.ages)
            return f"SELECT infant, now::BIGINT AS now FROM infants CROSS JOIN (VALUES {rows}) AS given(now)"


def read_given(con: DuckDBPyConnection, file: Path) -> None:
    """Fill a table given(infant, now) in `con` from a CSV file: a row an infant and moment, or a moment for every infant.

    `now` is an age such as `36 h`, or a whole number of seconds as answers give it. Raises MomentsError naming the line.
    """
    con.execute("CREATE OR REPLACE TEMP TABLE given (infant VARCHAR, now BIGINT)")
    block: list[tuple[str | None, int]] = []
    for row in _rows(file):
        block.append(row)
        if len(block) == 10_000:
            _insert(con, block)
            block.clear()
    _insert(con, block)
    if con.execute("SELECT count(*) FROM given").fetchall() == [(0,)]:
        raise MomentsError(f"{file}: holds no moment")


def _insert(con: DuckDBPyConnection, block: list[tuple[str | None, int]]) -> None:
    infants, nows = [row[0] for row in block], [row[1] for row in block]
    con.execute("INSERT INTO given SELECT unnest(?::VARCHAR[]), unnest(?::BIGINT[])", [infants, nows])


def _rows(file: Path) -> Iterator[tuple[str | None, int]]:
    try:
        with file.open(encoding="utf-8-sig", newline="") as lines:
            reader = csv.reader(lines)
            header = [name.strip().lower() for name in next(reader, list[str]())]
            if "now" not in header or not set(header) <= {"infant", "now"} or len(set(header)) < len(header):
                raise MomentsError(f"{file}: the first line must name the columns infant and now, or now alone")
            place, who = header.index("now"), header.index("infant") if "infant" in header else None
            for row in reader:
                if not any(cell.strip() for cell in row):
                    continue
                where = f"{file} line {reader.line_num}"
                if len(row) != len(header):
                    raise MomentsError(f"{where}: {len(row)} cells where the first line names {len(header)}")
                infant = None if who is None else row[who].strip()
                if infant == "":
                    raise MomentsError(f"{where}: names no infant")
                yield infant, _now(row[place].strip(), where)
    except OSError as error:
        raise MomentsError(f"{file}: {error.strerror}") from None
    except (UnicodeDecodeError, csv.Error):
        raise MomentsError(f"{file}: not a CSV file in UTF-8") from None


def _now(text: str, where: str) -> int:
    try:
        if not (text.isascii() and text.isdigit()):
            return ages.seconds(text)
        if len(text) > 12 or int(text) > ages.OLDEST:
            raise ValueError("no age is that long")
        return int(text)
    except ValueError:
        raise MomentsError(f"{where}: write {ages.AGE_FORM}, or a whole number of seconds") from None
