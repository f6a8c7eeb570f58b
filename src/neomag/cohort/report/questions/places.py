"""The first question by site and by month: who was not measured in time, where and when."""

from __future__ import annotations

from neomag.cohort.report import charts
from neomag.cohort.report.answer import Answer, Cell, Column, Table, headline
from neomag.cohort.report.asked import Asked
from neomag.cohort.report.ground import listed
from neomag.cohort.report.shares import Hidden, hide, hide_grid, wilson

_NO_SITE, _NO_TIME = "site not known", "not known"


def ask(asked: Asked) -> Answer:
    """The answer, from the table that the first question left."""
    moment = "i.born + to_seconds(f.first)"
    known = "FROM first_level f LEFT JOIN infants i USING (infant) WHERE f.state != 'unknown'"
    [(months,)] = asked.rows(f"SELECT count(DISTINCT date_trunc('month', {moment})) {known}")
    by, form = ("month", "%Y-%m") if months <= asked.question.fields["months_at_most"] else ("year", "%Y")
    missed = listed(asked.defined.questions["first-level"].missed)
    asked.make("places", f"""
        SELECT coalesce(i.site, '{_NO_SITE}') AS site, coalesce(strftime({moment}, '{form}'), '{_NO_TIME}') AS {by},
            f.state IN ({missed}) AS missed {known}""")  # fmt: skip
    [(number, of)] = asked.rows("SELECT count(*) FILTER (missed), count(*) FROM places")
    head = headline(number, of, asked.below, asked.level)
    sites, times = _table(asked, "site", "By site"), _table(asked, by, f"By {by} of the first seizure or tetany")
    both = _both(asked, by)
    drawn = (charts.intervals(sites, "site"), charts.intervals(times, by, along=True), charts.grid(both, by))
    return Answer(
        asked.question, "infants", head.number, head.of, head.share, head.interval,
        tables=(sites, times, both), charts=drawn if of else (),
    )  # fmt: skip


def _table(asked: Asked, by: str, caption: str) -> Table:
    found = asked.rows(f"SELECT {by}, count(*) FILTER (missed), count(*) FILTER (NOT missed) FROM places GROUP BY 1 ORDER BY 1")
    grid = hide_grid([row[1:] for row in found], asked.below)
    totals = hide([missed + rest for _, missed, rest in found], asked.below)
    rows: list[tuple[Cell, ...]] = []
    for (name, missed, rest), (shown, other), of in zip(found, grid, totals, strict=True):
        if any(isinstance(count, Hidden) for count in (shown, other, of)):
            rows.append((name, shown if isinstance(shown, Hidden) else Hidden(), of, None, None, None))
        else:
            rows.append((name, shown, of, missed / (missed + rest), *wilson(missed, missed + rest, asked.level)))
    columns = (
        Column(by, by.capitalize()), Column("missed", "Not measured in time", "count"), Column("infants", "Infants", "count"),
        Column("share", "Share", "share"), Column("low", "Interval from", "share"), Column("high", "to", "share"),
    )  # fmt: skip
    return Table(f"places-{by}", caption, columns, tuple(rows))


def _both(asked: Asked, by: str) -> Table:
    found = {(site, month): (n, of) for site, month, n, of in asked.rows(
        f"SELECT site, {by}, count(*) FILTER (missed), count(*) FROM places GROUP BY ALL")}  # fmt: skip
    sites, months = sorted({s for s, _ in found}), sorted({m for _, m in found})
    missed = hide_grid([[found.get((s, m), (0, 0))[0] for m in months] for s in sites], asked.below)
    totals = hide_grid([[found.get((s, m), (0, 0))[1] for m in months] for s in sites], asked.below)
    rest = hide_grid([[of - n for n, of in (found.get((s, m), (0, 0)) for m in months)] for s in sites], asked.below)
    rows: list[tuple[Cell, ...]] = []
    for r, site in enumerate(sites):
        for c, month in enumerate(months):
            n, of = found.get((site, month), (0, 0))
            if not of:
                continue
            shown: Cell = missed[r][c]
            if isinstance(rest[r][c], Hidden) and isinstance(shown, int) and isinstance(totals[r][c], int):
                shown = Hidden()
            share = n / of if isinstance(shown, int) and isinstance(totals[r][c], int) else None
            rows.append((site, month, shown, totals[r][c], share))
    columns = (
        Column("site", "Site"), Column(by, by.capitalize()), Column("missed", "Not measured in time", "count"),
        Column("infants", "Infants", "count"), Column("share", "Share", "share"),
    )  # fmt: skip
    return Table(f"places-site-{by}", f"By site and {by}", columns, tuple(rows))
