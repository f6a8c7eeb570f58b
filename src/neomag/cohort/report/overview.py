"""What the run holds: infants, events, answers and problems, counted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from neomag.cohort.quality import meanings
from neomag.cohort.report.answer import Cell, Column, Table
from neomag.cohort.report.shares import hide, single
from neomag.knowledge import STATUSES, SUSPICIONS, URGENCIES

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

    from neomag.knowledge import Knowledge


# Columns of the answers whose words have an order, the gravest first.
_GRAVE = (
    ("status", STATUSES, "Gravest status"),
    ("suspicion", SUSPICIONS, "Strongest suspicion"),
    ("urgency", tuple(reversed(URGENCIES)), "Gravest urgency"),
)


@dataclass(frozen=True, slots=True)
class Overview:
    """The run in figures; `knowledge` are the versions its answers were made with."""

    infants: Cell
    tables: tuple[Table, ...]
    knowledge: tuple[str, ...]


def overview(con: DuckDBPyConnection, knowledge: Knowledge, below: int) -> Overview:
    """Counts of what there is, of each infant's gravest status and urgency, and of problems of the data."""
    [(infants,)] = con.execute("SELECT count(*) FROM infants").fetchall()
    kinds = con.execute(
        "SELECT coalesce(kind, 'not known'), count(*), count(DISTINCT infant) FROM events GROUP BY 1 ORDER BY 1"
    ).fetchall()
    columns = (Column("what", "Events"), Column("events", "Events", "count"), Column("infants", "Infants", "count"))
    held = [(kind, single(n, below), single(of, below)) for kind, n, of in kinds]
    tables = [Table("run", "Events of the run", columns, tuple(held))]
    for name, order, words in _GRAVE:
        rows = _gravest(con, name, order, below)
        if rows:
            shown = (Column(name, words), Column("infants", "Infants", "count"), Column("share", "Share", "share"))
            tables.append(Table(f"run-{name}", f"{words} of each infant at any moment of the run", shown, rows))
    problems = con.execute(
        "SELECT problem, sum(coalesce(rows, 1))::BIGINT FROM problems GROUP BY 1 ORDER BY 2 DESC, 1"
    ).fetchall()
    if problems:
        columns = (Column("problem", "Problem"), Column("means", "What it means"), Column("count", "Times", "count"))
        means = {code: entry.says for code, entry in knowledge.problems.items()} | {
            code: str(entry["says"]) for code, entry in meanings().items()
        }
        said = tuple((code, means.get(code, ""), single(n, below)) for code, n in problems)
        tables.append(Table("run-problems", "Problems of the data", columns, said))
    versions = con.execute("SELECT DISTINCT knowledge FROM answers WHERE knowledge IS NOT NULL ORDER BY 1").fetchall()
    return Overview(single(infants, below), tuple(tables), tuple(v for (v,) in versions))


def _gravest(con: DuckDBPyConnection, column: str, order: Sequence[str], below: int) -> tuple[tuple[Cell, ...], ...]:
    """How many infants have each word of `order` as their gravest; the words stand the gravest first."""
    places = " ".join(f"WHEN '{word}' THEN {place}" for place, word in enumerate(order))
    worst = f"SELECT infant, min(CASE {column} {places} END) AS gravest FROM answers GROUP BY infant"
    found = dict(con.execute(f"SELECT gravest, count(*) FROM ({worst}) GROUP BY 1").fetchall())
    total = sum(found.values())
    if not total:
        return ()
    counts = [found.get(place, 0) for place in (*range(len(order)), None)]
    return tuple(
        (word, shown, shown / total if isinstance(shown, int) else None)
        for word, shown in zip((*order, "not known"), hide(counts, below), strict=True)
    )
