"""From a first seizure or tetany to the first magnesium sample: never, late, in time; and the curve of the wait."""

from __future__ import annotations

from neomag import ages
from neomag.cohort.report import charts
from neomag.cohort.report.answer import Answer, Cell, Column, Table, headline, states_table
from neomag.cohort.report.asked import Asked
from neomag.cohort.report.ground import first_signs, listed
from neomag.cohort.report.shares import Hidden, single
from neomag.cohort.report.survival import Curve, curve

# Points of the drawn curve; a table of every step would tell when single infants were measured.
_POINTS = 288


def ask(asked: Asked) -> Answer:
    """The answer; leaves the table first_level(infant, first, state, wait, until) for questions that build on it."""
    question = asked.question
    before, late = question.seconds["before"], question.seconds["late"]
    first_signs(asked.con, question, "first_event")
    asked.make("first_level", f"""
        WITH sampled AS (
            SELECT f.infant, count(s.code) AS samples,
                coalesce(bool_or(s.code IS NOT NULL AND s."at" IS NULL), false) AS undated,
                min(s."at") FILTER (s."at" >= f.first - {before}) AS level_at
            FROM first_event f LEFT JOIN samples s ON s.infant = f.infant AND s.code IN ({listed(asked.defined.magnesium)})
            GROUP BY f.infant
        ), timed AS (
            SELECT f.infant, f.first, f.undated AS sign_undated, m.undated AS level_undated, m.samples,
                CASE WHEN m.level_at IS NOT NULL THEN greatest(m.level_at - f.first, 0) END AS wait,
                CASE WHEN w.until IS NOT NULL THEN greatest(w.until - f.first, 0) END AS until
            FROM first_event f JOIN sampled m USING (infant) JOIN watched w USING (infant)
        )
        SELECT infant, first, wait, until, CASE
            WHEN samples = 0 THEN 'never'
            WHEN sign_undated THEN 'unknown'
            WHEN wait <= {late} THEN 'in-time'
            WHEN level_undated THEN 'unknown'
            WHEN wait IS NULL THEN 'never'
            ELSE 'late' END AS state, sign_undated
        FROM timed""")  # fmt: skip
    counts = asked.counts("first_level")
    number = sum(counts.get(s, 0) for s in question.missed)
    head = headline(number, sum(counts.values()) - counts.get("unknown", 0), asked.below, asked.level)
    states, _ = states_table(question, counts, asked.below)
    waits = asked.rows("""
        SELECT coalesce(wait, until), count(wait), count(*) - count(wait) FROM first_level
        WHERE state != 'unknown' AND NOT sign_undated GROUP BY 1 ORDER BY 1""")
    line = curve(waits, asked.level)
    table = _table(asked, line)
    median, (low, high) = line.median, line.median_interval
    shown = line.total >= asked.below
    figures: dict[str, Cell] = {
        "curve_infants": single(line.total, asked.below),
        "median_hours": _hours(median) if shown else None,
        "median_low_hours": _hours(low) if shown else None,
        "median_high_hours": _hours(high) if shown else None,
    }
    return Answer(
        question, "infants", head.number, head.of, head.share, head.interval,
        facts=(_said(median, low, high, asked.level),) if shown and line.total else (),
        tables=(states, table),
        charts=(charts.states(states, question), _chart(asked, line, table)) if shown and line.total else (),
        figures=figures,
        line_list="SELECT infant, state, first AS first_sign_age_s, wait AS wait_s FROM first_level",
    )  # fmt: skip


def _hours(seconds: int | None) -> float | None:
    return None if seconds is None else seconds / ages.SECONDS["h"]


def _text(seconds: int | None) -> str:
    return "not reached" if seconds is None else f"{seconds / ages.SECONDS['h']:.1f} h"


def _said(median: int | None, low: int | None, high: int | None, level: float) -> str:
    if median is None:
        return "Fewer than half are ever measured while under observation: the median wait is not reached."
    interval = f"{level * 100:g} % interval {_text(low)} to {_text(high)}"
    return f"Median wait for the first magnesium sample: {_text(median)} ({interval})."


def _table(asked: Asked, line: Curve) -> Table:
    rows: list[tuple[Cell, ...]] = []
    for span in asked.question.fields["shown"]["spans"] if line.total else ():
        time = ages.seconds(span)
        step, at_risk = line.at(time), single(line.at_risk_after(time), asked.below)
        drawn = (None, None, None) if isinstance(at_risk, Hidden) else (step.share, step.low, step.high)
        rows.append((span, time / ages.SECONDS["h"], at_risk, *drawn))
    columns = (
        Column("time", "After the first sign"), Column("hours", "Hours", "hours"),
        Column("waiting", "Still watched and not measured", "count"), Column("unmeasured", "Share not yet measured", "share"),
        Column("low", "Interval from", "share"), Column("high", "to", "share"),
    )  # fmt: skip
    return Table(
        "first-level-curve",
        "Share of infants not yet measured, by time since the first seizure or tetany",
        columns,
        tuple(rows),
    )


def _chart(asked: Asked, line: Curve, table: Table) -> charts.Chart:
    end = asked.question.seconds["drawn"]
    points: list[dict[str, float | None]] = []
    for place in range(_POINTS + 1):
        time = place * end // _POINTS
        if 0 < line.at_risk_after(time) < asked.below:
            break  # the tail of few infants is not drawn
        step = line.at(time)
        points.append({"hours": time / ages.SECONDS["h"], "share": step.share, "low": step.low, "high": step.high})
    late = asked.question.seconds["late"] / ages.SECONDS["h"]
    return charts.waiting(points, late, _hours(line.median), table)
