"""A question answered: a number out of a denominator, tables, charts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from neomag.cohort.report.definitions import Definition
from neomag.cohort.report.shares import Count, Hidden, hide, wilson

Cell = Count | float | str | None


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table: its name in CSV and JSON, its heading, and what it holds."""

    key: str
    says: str
    kind: Literal["text", "count", "share", "level", "hours"] = "text"


@dataclass(frozen=True, slots=True)
class Table:
    """A table as it may be shown, in the page and as CSV; `name` is that of its file."""

    name: str
    caption: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]

    def records(self) -> list[dict[str, Cell]]:
        """The rows by column."""
        return [dict(zip((c.key for c in self.columns), row, strict=True)) for row in self.rows]


@dataclass(frozen=True, slots=True)
class Chart:
    """A chart: a Vega-Lite specification, what is drawn, and in one sentence what it shows. `table` holds the same figures."""

    name: str
    caption: str
    alt: str
    spec: Mapping[str, Any]
    table: str


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer to one question. `number` and `of` may be hidden; `share` and its interval are None then, or of nothing.

    `unit` says what is counted (infants, levels); `facts` are further figures in words; `line_list` is a SELECT of infant,
    state and times, for those who look after the infants.
    """

    question: Definition
    unit: str
    number: Count
    of: Count
    share: float | None
    interval: tuple[float, float] | None
    facts: tuple[str, ...] = ()
    tables: tuple[Table, ...] = ()
    charts: tuple[Chart, ...] = ()
    figures: Mapping[str, Cell] = field(default_factory=dict[str, Cell])
    line_list: str | None = None


@dataclass(frozen=True, slots=True)
class Headline:
    """A number out of a denominator, hidden where it must be."""

    number: Count
    of: Count
    share: float | None
    interval: tuple[float, float] | None


def headline(number: int, of: int, below: int, level: float, infants: int | None = None) -> Headline:
    """`number` of `of`; neither is shown when it, or what is left, is few, or when few `infants` are behind the number."""
    if 0 < of < below:
        return Headline(Hidden(below), Hidden(below), None, None)
    if infants is not None and 0 < infants < below:
        return Headline(Hidden(), of, None, None)
    shown, rest = hide([number, of - number], below)
    if isinstance(rest, Hidden) and rest.below is not None and number >= below:
        shown = Hidden(below, rest=True)
    if isinstance(shown, Hidden) or of == 0:
        return Headline(shown, of, None, None)
    return Headline(shown, of, number / of, wilson(number, of, level))


def states_table(
    question: Definition, counts: Mapping[str, int], below: int, unit: str = "Infants"
) -> tuple[Table, dict[str, Count]]:
    """How many are in each state, hidden so that neither the number nor the rest gives a small one away."""
    inside = [s for s in question.states if s not in question.apart]
    rest = [s for s in inside if s not in question.missed]
    total = sum(counts.get(s, 0) for s in inside)
    missed = sum(counts.get(s, 0) for s in question.missed)
    # Where the number is shown, its groups add up to it, and the others to what is left; else all add up to the denominator.
    split = not (0 < missed < below or 0 < total - missed < below)
    shown: dict[str, Count] = {}
    for group in (question.missed, rest, question.apart) if split else (inside, question.apart):
        shown |= dict(zip(group, hide([counts.get(s, 0) for s in group], below), strict=True))
    rows: list[tuple[Cell, ...]] = []
    for state, words in question.states.items():
        count = shown[state]
        apart = state in question.apart
        share = count / total if isinstance(count, int) and total and not apart else None
        rows.append((words, "number" if state in question.missed else "apart" if apart else "rest", count, share))
    columns = (
        Column("state", "Group"),
        Column("counts_as", "Counts as"),
        Column("count", unit, "count"),
        Column("share", "Share", "share"),
    )
    return Table(question.id, f"{question.title}: groups", columns, tuple(rows)), shown
