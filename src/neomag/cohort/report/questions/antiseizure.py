"""A first antiseizure dose after a seizure: what had been sampled by then?"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from neomag.cohort.report import charts
from neomag.cohort.report.answer import Answer, Cell, Column, Table, headline, states_table
from neomag.cohort.report.asked import Asked
from neomag.cohort.report.ground import first_signs, listed
from neomag.cohort.report.shares import hide


def ask(asked: Asked) -> Answer:
    """The answer; a sample of the same moment as the dose counts as before it."""
    question = asked.question
    before = question.seconds["before"]
    tests: Mapping[str, Any] = {k: v for k, v in question.fields["samples"].items() if isinstance(v, dict)}
    by = {name: f"s.code IN ({listed(test['labs'])})" for name, test in tests.items()}
    had = ", ".join(f"""coalesce(bool_or({c} AND s."at" BETWEEN d.dose - {before} AND d.dose), false) AS "{n}",
        coalesce(bool_or({c} AND s."at" IS NULL), false) AS "{n}_undated" """ for n, c in by.items())  # fmt: skip
    needed = [name for name, test in tests.items() if test["needed"]]
    have = " + ".join(f'"{n}"::INT' for n in needed)
    might = " OR ".join(f'(NOT "{n}" AND "{n}_undated")' for n in needed)
    first_signs(asked.con, question, "first_seizure")
    asked.make("antiseizure", f"""
        WITH drugs AS (
            SELECT infant, "at" FROM events
            WHERE key IN ({listed(question.codes["doses"], "given:")}) AND NOT coalesce(absent, false)
        ), doses AS (
            SELECT d.infant, min(d."at") FILTER (d."at" >= f.first) AS dose,
                bool_or(d."at" IS NULL) OR bool_or(f.undated AND NOT coalesce(d."at" >= f.first, false)) AS unsure
            FROM drugs d JOIN first_seizure f USING (infant) GROUP BY d.infant
        ), sampled AS (
            SELECT d.infant, d.dose, d.unsure, {had} FROM doses d LEFT JOIN samples s ON s.infant = d.infant
            WHERE d.dose IS NOT NULL OR d.unsure GROUP BY ALL
        )
        SELECT *, CASE
            WHEN unsure THEN 'unknown'
            WHEN {have} = {len(needed)} THEN 'all'
            WHEN {might} THEN 'unknown'
            WHEN {have} = 0 THEN 'none'
            ELSE 'some' END AS state
        FROM sampled""")  # fmt: skip
    counts = asked.counts("antiseizure")
    number = sum(counts.get(s, 0) for s in question.missed)
    of = number + counts.get("all", 0)
    head = headline(number, of, asked.below, asked.level)
    states, _ = states_table(question, counts, asked.below)
    [row] = asked.rows(
        "SELECT " + ", ".join(f'count(*) FILTER (NOT "{n}")' for n in tests) + " FROM antiseizure WHERE state != 'unknown'"
    )
    table = _tests(asked, dict(zip(tests, row, strict=True)), of)
    return Answer(
        question, "infants", head.number, head.of, head.share, head.interval,
        tables=(states, table), charts=(charts.states(states, question), charts.shares(table, "test", "not sampled by then")),
        line_list="SELECT infant, state, dose AS first_dose_age_s FROM antiseizure",
    )  # fmt: skip


def _tests(asked: Asked, lacking: Mapping[str, int], of: int) -> Table:
    rows: list[tuple[Cell, ...]] = []
    for name, count in lacking.items():
        shown, rest = hide([count, of - count], asked.below)
        share = count / of if of and isinstance(shown, int) else None
        rows.append((name, shown, rest, share))
    columns = (
        Column("test", "Test"), Column("lacking", "Infants not sampled by the first dose", "count"),
        Column("sampled", "Sampled by then", "count"), Column("share", "Share not sampled", "share"),
    )  # fmt: skip
    return Table("antiseizure-tests", "What had not been sampled by the first antiseizure dose", columns, tuple(rows))
