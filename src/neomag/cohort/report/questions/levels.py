"""Levels by age: quantiles in each band of age, densities, and the default interval behind them."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from typing import Any

from neomag import ages
from neomag.cohort.report import charts
from neomag.cohort.report.answer import Answer, Cell, Column, Table, headline
from neomag.cohort.report.asked import Asked
from neomag.cohort.report.ground import listed
from neomag.cohort.report.shares import Hidden, hide


def ask(asked: Asked) -> Answer:
    """The answer over levels that no magnesium given before can have raised."""
    question = asked.question
    bands = question.fields["bands"]
    edges = [ages.seconds(edge) for edge in bands["edges"]]
    # The last band takes its upper edge too: it is the last age that is spoken of.
    cases = " ".join(
        f'WHEN l."at" >= {a} AND l."at" <{"=" if b == edges[-1] else ""} {b} THEN {n}'
        for n, (a, b) in enumerate(pairwise(edges))
    )
    asked.make("untreated", f"""
        WITH doses AS (
            SELECT infant, min(coalesce("at", -9223372036854775808)) AS dose FROM events
            WHERE key IN ({listed(question.codes["doses"], "given:")}) AND NOT coalesce(absent, false) GROUP BY infant
        ), mothers AS (
            SELECT DISTINCT infant FROM events
            WHERE key = 'condition:{question.fields["mother"]}' AND NOT coalesce(absent, false)
        )
        SELECT l.infant, l.value, l.low, l.high, CASE {cases} END AS band
        FROM levels l LEFT JOIN doses d USING (infant) LEFT JOIN mothers m USING (infant)
        WHERE l."at" IS NOT NULL AND (d.dose IS NULL OR l."at" < d.dose)
            AND (m.infant IS NULL OR l."at" >= {question.seconds["mother"]})""")  # fmt: skip
    asked.con.execute("DELETE FROM untreated WHERE band IS NULL")
    [(number, of)] = asked.rows("SELECT count(*) FILTER (value < low), count(*) FROM untreated")
    [(infants,)] = asked.rows("SELECT count(DISTINCT infant) FROM untreated WHERE value < low")
    head = headline(number, of, asked.below, asked.level, infants)
    table = _table(asked, bands["names"])
    density = _density(asked, bands)
    drawn: tuple[charts.Chart, ...] = ()
    if of >= asked.below:
        drawn = (charts.bands(table, _limits(asked, bands["names"])), charts.density(density, bands))
    return Answer(
        question, "levels", head.number, head.of, head.share, head.interval, tables=(table, density), charts=drawn,
        line_list=None,
    )  # fmt: skip


def _table(asked: Asked, names: list[str]) -> Table:
    points: list[float] = asked.defined.report["quantiles"]
    found = {row[0]: row[1:] for row in asked.rows(f"""
        SELECT band, count(DISTINCT infant), count(*), count(*) FILTER (value < low), count(*) FILTER (value > high),
            quantile_cont(value, {points}) FROM untreated GROUP BY band""")}  # fmt: skip
    rows: list[tuple[Cell, ...]] = []
    for band, name in enumerate(names):
        infants, count, low, high, values = found.get(band, (0, 0, 0, 0, [None] * len(points)))
        few = infants < asked.below
        [shown] = hide([infants], asked.below)
        parts = [Hidden(), Hidden(), Hidden()] if few and count else hide([low, count - low - high, high], asked.below)
        outer = count >= asked.defined.report["quantiles_need"] or asked.below <= 1
        # The middle half is shown from few values on, the outermost points only where something lies beyond them.
        kept = [None if few or (not outer and (p < 0.25 or p > 0.75)) else v for p, v in zip(points, values, strict=True)]
        counts: tuple[Cell, ...] = (shown, *parts)
        rows.append((name, *counts, *kept))
    columns = (
        Column("age", "Age"), Column("infants", "Infants", "count"), Column("below", "Levels below the interval", "count"),
        Column("within", "Within", "count"), Column("above", "Above", "count"),
        *(Column(f"p{p * 100:g}".replace(".", "_"), f"{p * 100:g} % point", "level") for p in points),
    )  # fmt: skip
    return Table("levels", "Magnesium by age, mmol/L", columns, tuple(rows))


def _density(asked: Asked, bands: Mapping[str, Any]) -> Table:
    step, (low, high) = float(bands["step"]), bands["drawn"]
    last = round((high - low) / step) - 1
    # A millionth of a step keeps a level on an edge, such as 0.60, in the step that it begins, whatever its rounding.
    found = asked.rows(f"""
        SELECT band, least(greatest(floor((value - {low}) / {step} + 1e-6)::INT, 0), {last}) AS place, count(*)
        FROM untreated GROUP BY ALL ORDER BY ALL""")
    rows: list[tuple[Cell, ...]] = []
    for band, name in enumerate(bands["names"]):
        places = [(place, n) for b, place, n in found if b == band]
        for (place, _), shown in zip(places, hide([n for _, n in places], asked.below), strict=True):
            rows.append((name, round(low + place * step, 4), round(low + (place + 1) * step, 4), shown))
    columns = (
        Column("age", "Age"),
        Column("from", "From", "level"),
        Column("to", "to below", "level"),
        Column("levels", "Levels", "count"),
    )
    return Table("levels-density", "How many levels lie where, mmol/L", columns, tuple(rows))


def _limits(asked: Asked, names: list[str]) -> list[dict[str, Any]]:
    """The limits in force for most levels of each band; infants of a group with limits of its own are few."""
    found = asked.rows("SELECT band, low, high FROM untreated GROUP BY ALL ORDER BY count(*), low, high")
    most: dict[int, dict[str, Any]] = {}
    for band, low, high in found:  # the last of a band is its commonest
        most[band] = {"age": names[band], "low": low, "high": high}
    return [most[band] for band in sorted(most)]
