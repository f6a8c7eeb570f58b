"""Levels read by an adult's lower limit, and by each authority's own for the age."""

from __future__ import annotations

from collections.abc import Iterator

from neomag.cohort.report import charts
from neomag.cohort.report.answer import Answer, Cell, Column, Table, headline
from neomag.cohort.report.asked import Asked
from neomag.cohort.report.ground import LAB
from neomag.cohort.report.shares import hide, hide_grid, thousands
from neomag.rules import rulebook
from neomag.rules.tree import Compare, Node, children


def ask(asked: Asked) -> Answer:
    """The answer: adult reading against the age's, then every authority that has a limit for each of the levels."""
    adult = float(asked.question.fields["adult_low"])
    deficient, grey = (_edge(asked, rule) for rule in ("magnesium_deficient", "magnesium_grey"))
    grey = grey if asked.local[0] is None else asked.local[0]  # as the rule has it
    asked.make("misread", f"""
        SELECT infant, "at", value, value < {adult!r} AS adult_low, value < low AS age_low, CASE
            WHEN value < {deficient!r} THEN 'deficient' WHEN value < {grey!r} THEN 'grey'
            WHEN value > high THEN 'above' ELSE 'within' END AS state
        FROM levels WHERE "at" IS NOT NULL AND low IS NOT NULL""")  # fmt: skip
    [(number, of, infants, missed)] = asked.rows("""
        SELECT count(*) FILTER (adult_low AND NOT age_low), count(*),
            count(DISTINCT infant) FILTER (adult_low AND NOT age_low), count(*) FILTER (NOT adult_low AND age_low)
        FROM misread""")
    head = headline(number, of, asked.below, asked.level, infants)
    reads, authorities = _reads(asked, adult), _authorities(asked, adult)
    facts = [f"These levels are those of {thousands(infants)} infants."] if number and infants >= asked.below else []
    if missed >= asked.below:
        facts.append(f"The other way round, {thousands(missed)} levels that the adult limit passes are low for the age.")
    return Answer(
        asked.question, "levels", head.number, head.of, head.share, head.interval,
        facts=tuple(facts), tables=(reads, authorities),
        charts=(charts.shares(authorities, "reader", "of the levels called low"),),
        line_list='SELECT infant, state, "at" AS age_s, value AS magnesium_mmol_l FROM misread WHERE adult_low AND NOT age_low',
    )  # fmt: skip


def _edge(asked: Asked, rule: str) -> float:
    """The highest literal below which the rule takes a magnesium level."""

    def literals(node: Node) -> Iterator[float]:
        if isinstance(node, Compare) and node.op == "<" and node.left == LAB and isinstance(node.right, int | float):
            yield float(node.right)
        for child in children(node):
            yield from literals(child)

    return max(literals(rulebook(asked.knowledge).trees[rule]))


def _reads(asked: Asked, adult: float) -> Table:
    words = {k: v for k, v in asked.question.fields["reads"].items() if k != "policy"}
    counts = {(state, low): n for state, low, n in asked.rows("SELECT state, adult_low, count(*) FROM misread GROUP BY ALL")}
    grid = hide_grid([[counts.get((state, low), 0) for low in (True, False)] for state in words], asked.below)
    rows = tuple((said, *shown) for said, shown in zip(words.values(), grid, strict=True))
    columns = (
        Column("for_age", "For the age"), Column("adult_low", f"Adult limit says low (below {adult:g})", "count"),
        Column("adult_not_low", "Adult limit says not low", "count"),
    )  # fmt: skip
    return Table("misread", "The same levels read twice", columns, rows)


def _authorities(asked: Asked, adult: float) -> Table:
    """Shares of levels below each lower limit, of the authorities whose intervals cover (nearly) all of the levels."""
    covers = float(asked.question.fields["covers"])
    found = asked.rows(f"""
        WITH judged AS (
            SELECT l.infant, l.ord, r.authority, l.value < arg_min(r.low, r.rank) AS called_low
            FROM levels l LEFT JOIN infants i USING (infant) JOIN intervals r ON l."at" >= r.start AND l."at" < r.stop
                AND r.low IS NOT NULL AND (r.below_g IS NULL OR i.birth_weight < r.below_g) AND (r.sex IS NULL OR i.sex = r.sex)
            GROUP BY l.infant, l.ord, r.authority, l.value
        )
        SELECT authority, count(*) FILTER (called_low), count(*) FROM judged GROUP BY authority
        HAVING count(*) >= {covers!r} * (SELECT count(*) FROM levels WHERE "at" IS NOT NULL)
        ORDER BY count(*) FILTER (called_low) / count(*) DESC, authority""")
    called = [(f"adult limit {adult:g}", *asked.rows("SELECT count(*) FILTER (adult_low), count(*) FROM misread")[0]), *found]
    rows: list[tuple[Cell, ...]] = []
    for reader, low, of in called:
        if of < asked.below or not of:
            continue
        shown, rest = hide([low, of - low], asked.below)
        rows.append((reader, shown, rest, low / of if isinstance(shown, int) else None))
    columns = (
        Column("reader", "Lower limit of"), Column("low", "Levels called low", "count"),
        Column("not_low", "Not low", "count"), Column("share", "Share called low", "share"),
    )  # fmt: skip
    return Table("misread-authorities", "Who would call these levels low", columns, tuple(rows))
