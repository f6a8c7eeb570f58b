"""Calcium given twice: was magnesium measured by the second dose?"""

from __future__ import annotations

from neomag.cohort.report import charts
from neomag.cohort.report.answer import Answer, headline, states_table
from neomag.cohort.report.asked import Asked
from neomag.cohort.report.ground import listed


def ask(asked: Asked) -> Answer:
    """The answer. Doses count as in the finding: by drug and route, at least `apart` from the first to the second."""
    question = asked.question
    before, apart = question.seconds["before"], question.seconds["apart"]
    routes = asked.knowledge.findings[question.fields["doses"]["finding"]].params["routes"]
    asked.make("calcium", f"""
        WITH doses AS (
            SELECT infant, "at" FROM events WHERE key IN ({listed(question.codes["doses"], "given:")})
                AND NOT coalesce(absent, false) AND route IN ({listed(routes)})
        ), firsts AS (
            SELECT infant, min("at") AS first, count(*) AS doses, bool_or("at" IS NULL) AS undated FROM doses GROUP BY infant
        ), twice AS (
            SELECT f.infant, f.first, f.doses, f.undated, min(d."at") FILTER (d."at" >= f.first + {apart}) AS second
            FROM firsts f JOIN doses d USING (infant) GROUP BY ALL
        ), sampled AS (
            SELECT t.infant, count(s.code) AS samples,
                coalesce(bool_or(s.code IS NOT NULL AND s."at" IS NULL), false) AS undated,
                coalesce(bool_or(s."at" BETWEEN t.first - {before} AND t.second), false) AS before,
                coalesce(bool_or(s."at" > t.second), false) AS after
            FROM twice t LEFT JOIN samples s ON s.infant = t.infant AND s.code IN ({listed(asked.defined.magnesium)})
            GROUP BY t.infant
        )
        SELECT t.infant, t.first, t.second, CASE
            WHEN t.second IS NULL THEN 'unknown'
            WHEN m.samples = 0 THEN 'never'
            WHEN t.undated THEN 'unknown'
            WHEN m.before THEN 'before'
            WHEN m.undated THEN 'unknown'
            WHEN m.after THEN 'after'
            ELSE 'never' END AS state
        FROM twice t JOIN sampled m USING (infant)
        WHERE t.second IS NOT NULL OR (t.undated AND t.doses >= 2)""")  # fmt: skip
    counts = asked.counts("calcium")
    number = sum(counts.get(s, 0) for s in question.missed)
    head = headline(number, sum(counts.values()) - counts.get("unknown", 0), asked.below, asked.level)
    states, _ = states_table(question, counts, asked.below)
    return Answer(
        question, "infants", head.number, head.of, head.share, head.interval,
        tables=(states,), charts=(charts.states(states, question),),
        line_list="SELECT infant, state, first AS first_dose_age_s, second AS second_dose_age_s FROM calcium",
    )  # fmt: skip
