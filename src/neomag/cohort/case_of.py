"""The Case of one infant at one moment, from the cohort's tables: to explain an answer, to compare engines."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from neomag.case import Case, Event, Infant
from neomag.case.doubts import doubts
from neomag.case.model import Problem
from neomag.knowledge import Knowledge, load

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

Intervals = Mapping[str, tuple[float | None, float | None]]
_INFANT = ("sex", "gestation", "birth_weight", "weight", "setting", "weights")
_EVENT: tuple[str, ...] = (
    "seq", "at", "kind", "code", "absent", "value", "unit", "reported", "suspect", "flag", "specimen", "lasting", "grade",
    "dose", "dose_unit", "route", "concentration", "over",
)  # fmt: skip


def cases(con: DuckDBPyConnection, infant: str, now: int, *, knowledge: Knowledge | None = None) -> Case:
    """The case of `infant` at the age of `now` seconds, from infants, events and (if there) intervals.

    Events and weights after `now` are left out, and so are events whose code is not bound. Raises KeyError when there is no
    such infant.
    """
    found = con.execute(f"SELECT {', '.join(_INFANT)} FROM infants WHERE infant = ?", [infant]).fetchone()
    if found is None:
        raise KeyError(infant)
    rows = con.execute(
        f"SELECT {_columns()} FROM events WHERE infant = ? AND key IS NOT NULL ORDER BY ord", [infant]
    ).fetchall()
    return _case(infant, now, found, rows, intervals(con), knowledge or load())


def every(con: DuckDBPyConnection, *, knowledge: Knowledge | None = None) -> Iterator[Case]:
    """The case of every row of moments, in order of infant and now. All events are held in memory: for small tables."""
    known, local = knowledge or load(), intervals(con)
    infants = {row[0]: row[1:] for row in con.execute(f"SELECT infant, {', '.join(_INFANT)} FROM infants").fetchall()}
    events: dict[str, list[tuple[Any, ...]]] = {}
    for row in con.execute(f"SELECT infant, {_columns()} FROM events WHERE key IS NOT NULL ORDER BY infant, ord").fetchall():
        events.setdefault(row[0], []).append(row[1:])
    for infant, now in con.execute("SELECT infant, now FROM moments ORDER BY infant, now").fetchall():
        yield _case(infant, now, infants[infant], events.get(infant, []), local, known)


def intervals(con: DuckDBPyConnection) -> Intervals:
    """The local laboratory's limits in the table intervals(analyte, low, high); none when there is no such table."""
    there = con.execute("SELECT count(*) FROM duckdb_tables() WHERE table_name = 'intervals'").fetchone()
    if not there or not there[0]:
        return {}
    return {code: (low, high) for code, low, high in con.execute("SELECT analyte, low, high FROM intervals").fetchall()}


def _columns() -> str:
    # `at` and `over` are words of SQL.
    return ", ".join(f'"{name}"' for name in _EVENT)


def _case(
    name: str, now: int, infant: tuple[Any, ...], rows: list[tuple[Any, ...]], local: Intervals, knowledge: Knowledge
) -> Case:
    sex, gestation, birth_weight, weight, setting, weights = infant
    by_now = [w for w in weights or () if w["at"] <= now]
    if by_now:
        weight = max(by_now, key=lambda w: (w["at"], w["seq"]))["grams"]
    who = Infant(sex=sex, gestation=gestation, birth_weight=birth_weight, weight=weight)
    found = (dict(zip(_EVENT, row, strict=True)) for row in rows)
    events = tuple(_event(row) for row in found if row["at"] is None or row["at"] <= now)
    return Case(
        name=name, now=now, infant=who, events=events, setting=setting, intervals=local,
        problems=(*_doubtful(events, knowledge), *doubts(who, events, knowledge)),
    )  # fmt: skip


def _event(row: dict[str, Any]) -> Event:
    reported = None if row["reported"] is None else f"{Decimal(repr(row['reported'])):f}"
    changed: dict[str, Any] = {
        "reported": reported,
        "suspect": bool(row["suspect"]),
        "specimen": frozenset(row["specimen"] or ()),
        "dose": _exact(row["dose"]),
        "concentration": _exact(row["concentration"]),
        "key": f"{row['kind']}:{row['code']}",
    }
    return Event(**row | changed)


def _exact(value: float | None) -> Fraction | None:
    """The number as it was written: 0.1 is a tenth, as the reader of cases takes it."""
    return None if value is None else Fraction(Decimal(repr(value)))


def _doubtful(events: tuple[Event, ...], knowledge: Knowledge) -> Iterator[Problem]:
    """What the reader of cases doubts in single results."""
    spoils = knowledge.settings["specimen_spoils"]
    for event in events:
        if event.suspect:
            yield Problem("unit-suspect", event.seq, event.code)
        if event.kind == "lab" and any(event.code in spoils.get(tag, ()) for tag in event.specimen):
            yield Problem("specimen-spoilt", event.seq, event.code)
