"""Low levels: was magnesium measured again, and how soon?"""

from __future__ import annotations

from neomag import ages
from neomag.cohort.report import charts
from neomag.cohort.report.answer import Answer, Cell, Column, Table, headline, states_table
from neomag.cohort.report.asked import Asked
from neomag.cohort.report.ground import LAB
from neomag.cohort.report.shares import hide


def ask(asked: Asked) -> Answer:
    """The answer: by infant for the window that counts, by low level for every window."""
    question = asked.question
    repeat = question.seconds["repeat"]
    asked.make("low_levels", f"""
        WITH low AS (SELECT infant, ord, "at" FROM levels WHERE value < low),
        again AS (SELECT DISTINCT infant, "at" FROM samples WHERE code = '{LAB}' AND "at" IS NOT NULL)
        SELECT l.infant, l."at", a."at" - l."at" AS wait, w.until - l."at" AS until
        FROM low l
            ASOF LEFT JOIN again a ON l.infant = a.infant AND l."at" < a."at"
            JOIN watched w ON w.infant = l.infant""")  # fmt: skip
    # A level without a time has no age to judge it by: its interval, and so `low`, is not known.
    asked.make("follow_up", f"""
        SELECT infant, CASE
            WHEN bool_or(wait > {repeat} OR (wait IS NULL AND until >= {repeat})) THEN 'not-repeated'
            WHEN bool_or(wait IS NULL) THEN 'unknown'
            ELSE 'repeated' END AS state, count(*) AS low_levels
        FROM low_levels GROUP BY infant""")  # fmt: skip
    counts = asked.counts("follow_up")
    number = counts.get("not-repeated", 0)
    head = headline(number, number + counts.get("repeated", 0), asked.below, asked.level)
    states, _ = states_table(question, counts, asked.below)
    windows = _windows(asked)
    return Answer(
        question, "infants", head.number, head.of, head.share, head.interval,
        tables=(states, windows), charts=(charts.states(states, question),),
        line_list="SELECT infant, state, low_levels FROM follow_up",
    )  # fmt: skip


def _windows(asked: Asked) -> Table:
    rows: list[tuple[Cell, ...]] = []
    for span in asked.question.fields["shown"]["spans"]:
        time = ages.seconds(span)
        [(repeated, late, ended)] = asked.rows(f"""
            SELECT count(*) FILTER (wait <= {time}), count(*) FILTER (wait > {time} OR (wait IS NULL AND until >= {time})),
                count(*) FILTER (wait IS NULL AND until < {time}) FROM low_levels""")
        parts = hide([repeated, late, ended], asked.below)
        known = repeated + late
        rows.append((span, *parts, late / known if known and all(isinstance(p, int) for p in parts) else None))
    columns = (
        Column("within", "Within"), Column("repeated", "Low levels repeated", "count"),
        Column("not_repeated", "Not repeated", "count"),
        Column("ended", "Record ends earlier", "count"), Column("share", "Share not repeated", "share"),
    )  # fmt: skip
    return Table("follow-up-windows", "Low levels, and whether another sample followed", columns, tuple(rows))
