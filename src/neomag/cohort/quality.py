"""The page of a source's quality: what was odd in it, by kind of problem and by code. Counts only, and no small ones."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

from neomag.knowledge.tables import cohort_file, read_toml
from neomag.sql import literal
from neomag.terminology import loinc_sound

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

# A count below this may point at one infant.
FEWEST = 5
_MOST_CODES = 200

_STYLE = """
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem }
body { color: #1b1b1b; background: #fff }
table { border-collapse: collapse; width: 100% } caption { text-align: left; font-weight: 600; padding: .5rem 0 }
th, td { text-align: left; padding: .3rem .6rem; border-bottom: 1px solid #ccc; vertical-align: top; overflow-wrap: anywhere }
.n { text-align: right; white-space: nowrap; font-variant-numeric: tabular-nums }
@media (prefers-color-scheme: dark) { body { color: #eee; background: #161616 } th, td { border-color: #444 } }
"""


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of problem: how many rows of the source, of how many infants where each is known."""

    problem: str
    rows: int
    infants: int


def write(con: DuckDBPyConnection, problems: Path, place: Path, *, source: str, layout: str, infants: int, events: int) -> None:
    """Write the page at `place` from the file of problems of a run."""
    table = f"(SELECT *, coalesce(rows, 1) AS n FROM {literal(problems)})"
    kinds = [
        Kind(*row)
        for row in con.execute(
            f"SELECT problem, sum(n)::BIGINT, count(DISTINCT infant) FROM {table} GROUP BY 1 ORDER BY 2 DESC, 1"
        ).fetchall()
    ]
    codes = con.execute(
        f"SELECT problem, source_code, sum(n)::BIGINT AS total FROM {table} WHERE source_code IS NOT NULL "
        f"GROUP BY 1, 2 HAVING total >= {FEWEST} ORDER BY 3 DESC, 1, 2 LIMIT {_MOST_CODES}"
    ).fetchall()
    said = meanings()
    lost = sum(kind.rows for kind in kinds if _lost(said, kind.problem))
    parts = [
        "<!doctype html>",
        '<html lang="en-GB"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">',
        f"<title>Quality of the source</title><style>{_STYLE}</style></head><body>",
        "<h1>Quality of the source</h1>",
        f"<p>{escape(source)}, read as {escape(layout)}: {infants:,} infants and {events:,} events were used. "
        f"{_shown(lost)} rows gave no event, each for a reason below. "
        "What is odd is counted here, never dropped in silence.</p>",
        _table(
            "By kind of problem",
            ("Problem", "What it is", "Rows", "Infants", "Gives an event"),
            [
                (
                    k.problem,
                    _says(said, k.problem),
                    _shown(k.rows),
                    _shown(k.infants),
                    "no" if _lost(said, k.problem) else "yes",
                )
                for k in kinds
            ],
            (2, 3),
        ),
        _table(
            f"By code of the source, {FEWEST} rows or more"
            + (f" (the first {_MOST_CODES})" if len(codes) == _MOST_CODES else ""),
            ("Problem", "Code", "Rows"),
            [(problem, code, f"{rows:,}") for problem, code, rows in codes],
            (2,),
        ),
        _table(
            f"Units: of which code, as written, {FEWEST} rows or more",
            ("Problem", "Code", "Result and unit", "Rows"),
            [(problem, code or "", detail or "", f"{rows:,}") for problem, code, detail, rows in _units(con, table)],
            (3,),
        ),
        _table(
            "Codes of LOINC whose check digit is wrong",
            ("Code", "Rows"),
            [(code, f"{rows:,}") for problem, code, rows in codes if problem == "unbound-code" and _misspelt(code)],
            (1,),
        ),
        f"<p>Numbers from 1 to {FEWEST - 1} are not shown. Every problem stands in problems.parquet, by infant and event: "
        "that file is not for sharing.</p></body></html>",
    ]
    place.write_text("\n".join(parts) + "\n", "utf-8")


def _units(con: DuckDBPyConnection, table: str) -> list[tuple[str, str | None, str | None, int]]:
    """Doubts of units: (problem, code, analyte and unit, rows). Of implausible results the number is left out."""
    return con.execute(
        f"""
        SELECT problem, source_code, CASE problem WHEN 'implausible'
            THEN regexp_replace(detail, ' [0-9.e+-]+ ', ' ') ELSE detail END AS written, sum(n)::BIGINT AS total
        FROM {table} WHERE problem IN ('no-unit', 'unknown-unit', 'unit-text-conflict', 'code-unit-conflict', 'implausible')
        GROUP BY 1, 2, 3 HAVING total >= {FEWEST} ORDER BY 1, 4 DESC, 2, 3 LIMIT {_MOST_CODES}"""
    ).fetchall()


def _misspelt(code: str) -> bool:
    system, _, rest = code.partition(" ")
    return (system == "LOINC" or "loinc.org" in system) and not loinc_sound(rest)


def meanings() -> Mapping[str, Mapping[str, object]]:
    """What each problem means; nothing where the knowledge in force has no such file."""
    path = cohort_file("problems.toml")
    return read_toml(path) if path.is_file() else {}


def _says(said: Mapping[str, Mapping[str, object]], problem: str) -> str:
    return str(said.get(problem, {}).get("says", ""))


def _lost(said: Mapping[str, Mapping[str, object]], problem: str) -> bool:
    return said.get(problem, {}).get("lost") is True


def _shown(count: int) -> str:
    return f"{count:,}" if count == 0 or count >= FEWEST else f"fewer than {FEWEST}"


def _table(caption: str, head: Iterable[str], rows: list[tuple[str, ...]], numbers: tuple[int, ...]) -> str:
    if not rows:
        return f"<p>{escape(caption)}: none.</p>"

    def cells(row: Iterable[str], tag: str) -> str:
        return "".join(
            f"<{tag}{' class=n' if place in numbers else ''}>{escape(cell)}</{tag}>" for place, cell in enumerate(row)
        )

    body = "\n".join(f"<tr>{cells(row, 'td')}</tr>" for row in rows)
    return (
        f"<table><caption>{escape(caption)}</caption><thead><tr>{cells(head, 'th')}</tr></thead>\n<tbody>{body}</tbody></table>"
    )
