"""From the raw events of a source to the events that findings read: ages, canonical units, words, order.

The meaning is that of `neomag.case`: the same numbers give the same floats, bands and contradictions. What the case reader
refuses, a cohort cannot: there the value, or the event, is left out and counted.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from neomag import ages
from neomag.case.events import GRADES, ROUTES, SPECIMENS
from neomag.case.model import FLAGS
from neomag.cohort import normalise_units
from neomag.cohort.normalise_doubts import doubts
from neomag.cohort.normalise_infants import age_of, columns, mend, say, weigh
from neomag.cohort.readers.staging import PROBLEMS, clear
from neomag.knowledge import Knowledge, load

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

KINDS = ("sign", "condition", "given", "lab")


def normalise(con: DuckDBPyConnection, *, knowledge: Knowledge | None = None) -> None:
    """Make the table events, and add to the table problems, from raw_events (table or view) and the table infants.

    infants is mended in place: impossible weights and words become NULL, and it gets `weights`, from the table of that name.
    That table, `born_day` and `died` of infants, and `day` of raw_events are read where they are there. An event of a lost row
    (docs/cohort-data.md) is not in events; its problem is in problems.
    """
    known = knowledge or load()
    _problems_table(con)
    mend(con, known)
    weigh(con, known)
    normalise_units.fill(con, known)
    _timed(con)
    _vocabulary(con, known)
    _judged(con, known)
    _events(con, known)
    _problems(con)
    for sql in doubts(known):
        say(con, sql)
    con.execute("UPDATE problems SET rows = 1 WHERE rows IS NULL")
    for table in ("raw_timed", "raw_judged", "raw_vocabulary", "raw_tagged", "lab_units", "dose_units", "odd_values"):
        clear(con, table)


def _problems_table(con: DuckDBPyConnection) -> None:
    shape = ", ".join(f"{name} {kind}" for name, kind in PROBLEMS.items())
    con.execute(f"CREATE TABLE IF NOT EXISTS problems ({shape}, rows BIGINT DEFAULT 1)")
    if "rows" not in columns(con, "problems"):
        con.execute("ALTER TABLE problems ADD COLUMN rows BIGINT DEFAULT 1")


# What a value is before its unit is known. The sizes are those of neomag.units.number.
_VALUE_PROBLEM = """CASE
    WHEN e.kind <> 'lab' OR e.value IS NULL THEN NULL
    WHEN isnan(e.value) OR isinf(e.value) THEN 'not-a-number'
    WHEN e.value < 0 THEN 'negative'
    WHEN e.value <> 0 AND (e.value < 1e-12 OR e.value >= 1e13) THEN 'not-a-number'
    ELSE u.refused END"""


def _timed(con: DuckDBPyConnection) -> None:
    """raw_timed: raw_events with the age of each (`age`, seconds) or why it is lost (`gone`), and of each result the usable
    number as reported, its canonical amount, or why there is none (`unusable`)."""
    infants, raw = columns(con, "infants"), columns(con, "raw_events")
    died = "i.died" if "died" in infants else "NULL::TIMESTAMP"
    age = age_of("e.day" if "day" in raw else "false")
    # n is the reported number as a whole number of 1/scale; exact where n / scale gives the number back.
    exact = "n < 1e15 AND n / scale = number AND n * over_ < 9007199254740992"
    con.execute(f"""
        CREATE OR REPLACE TABLE raw_timed AS
        SELECT * EXCLUDE (born, died, n, over_, under, scale), CASE WHEN {exact} THEN n * over_ / under END AS canonical, CASE
            WHEN NOT known_infant THEN 'unknown-infant'
            WHEN kind IS NULL OR kind NOT IN {KINDS} OR code IS NULL THEN 'unbound-code'
            WHEN "at" IS NULL AND time IS NOT NULL AND born IS NULL THEN 'no-birth'
            WHEN age < 0 THEN 'before-birth'
            WHEN age > {ages.OLDEST} THEN 'too-long-after-birth'
            WHEN time > died THEN 'after-death'
        END AS gone
        FROM (
            SELECT *, round(number * scale) AS n FROM (
                SELECT e.* EXCLUDE ({"day, " if "day" in raw else ""}specimen), i.infant IS NOT NULL AS known_infant, i.born,
                    {died} AS died, coalesce(e.specimen, []) AS specimen,
                    {age} AS age,
                    {_VALUE_PROBLEM} AS unusable, CASE WHEN e.kind = 'lab' AND unusable IS NULL THEN abs(e.value) END AS number,
                    u.known, u.over_, u.under, u.scale, u.low, u.high, u.by_reported, u.floor_, u.ceiling
                FROM raw_events e LEFT JOIN infants i USING (infant)
                LEFT JOIN lab_units u ON e.kind = 'lab' AND u.code = e.code AND u.unit IS NOT DISTINCT FROM e.unit
            )
        )""")


def _vocabulary(con: DuckDBPyConnection, knowledge: Knowledge) -> None:
    con.execute("CREATE OR REPLACE TABLE raw_vocabulary (kind VARCHAR, code VARCHAR)")
    rows = [("given" if kind == "drug" else kind, code) for kind, terms in knowledge.vocabulary.items() for code in terms]
    con.execute(
        "INSERT INTO raw_vocabulary SELECT unnest(?::VARCHAR[]), unnest(?::VARCHAR[])",
        [list(column) for column in zip(*rows, strict=True)],
    )


def _judged(con: DuckDBPyConnection, knowledge: Knowledge) -> None:
    """raw_judged: the events that stay, each result with its `amount`, plausibility, and the flag its comparator stands for."""
    normalise_units.odd_values(
        con,
        knowledge,
        "SELECT DISTINCT code, unit, number FROM raw_timed WHERE gone IS NULL AND number IS NOT NULL AND canonical IS NULL",
    )
    con.execute("""
        CREATE OR REPLACE TABLE raw_judged AS
        SELECT *, CASE WHEN comparator IS NULL OR NOT plausible THEN NULL
            WHEN starts_with(comparator, '<') AND amount <= floor_ THEN 'low'
            WHEN starts_with(comparator, '>') AND amount >= ceiling THEN 'high' END AS told
        FROM (
            SELECT e.* EXCLUDE (canonical, gone), coalesce(e.canonical, o.canonical) AS amount,
                CASE WHEN e.by_reported THEN e.number ELSE amount END BETWEEN e.low AND e.high AS plausible
            FROM raw_timed e SEMI JOIN raw_vocabulary v ON v.kind = e.kind AND v.code = e.code
            LEFT JOIN odd_values o ON e.canonical IS NULL AND o.code = e.code AND o.value = e.number
                AND o.unit IS NOT DISTINCT FROM e.unit
            WHERE gone IS NULL
        )""")


def _events(con: DuckDBPyConnection, knowledge: Knowledge) -> None:
    canonical = " ".join(f"WHEN '{code}' THEN '{analyte.canonical}'" for code, analyte in knowledge.analytes.items())
    spoils = knowledge.settings["specimen_spoils"]
    spoilt = " OR ".join(
        f"(list_contains(specimen, '{tag}') AND code IN ({', '.join(map(repr, spoils[tag]))}))"
        for tag in SPECIMENS
        if tag in spoils
    )
    con.execute(f"""
        CREATE OR REPLACE TABLE raw_tagged AS
        SELECT infant, age, list_sort(list_distinct(flatten(list(specimen)))) AS specimen FROM (
            SELECT infant, age, list_filter(specimen, lambda tag: tag IN {SPECIMENS}) AS specimen FROM raw_judged
            WHERE kind = 'lab' AND age IS NOT NULL AND len(specimen) > 0
        ) GROUP BY ALL""")
    clear(con, "events")
    con.execute(f"""
        CREATE TABLE events AS
        SELECT infant, seq, row_number() OVER (PARTITION BY infant ORDER BY age NULLS FIRST, seq) AS ord, age AS "at",
            kind, code,
            kind || ':' || code AS key, absent, CASE WHEN NOT spoilt THEN value END AS value, unit, reported, suspect,
            CASE WHEN NOT spoilt THEN flag END AS flag, specimen, lasting, grade, dose, dose_unit, route, concentration, "over",
            reported_unit, spoilt
        FROM (SELECT *, kind = 'lab' AND ({spoilt}) AS spoilt FROM (
            SELECT e.infant, e.seq, e.age, e.kind, e.code, coalesce(e.absent, false) AND e.kind <> 'lab' AS absent,
                CASE WHEN e.comparator IS NULL AND e.plausible THEN e.amount END AS value,
                CASE WHEN e.number IS NOT NULL THEN CASE e.code {canonical} END END AS unit,
                e.number AS reported, coalesce(NOT e.plausible, false) AS suspect,
                CASE WHEN e.kind <> 'lab' THEN NULL
                    WHEN e.value IS NULL OR e.comparator IS NOT NULL
                    THEN coalesce(CASE WHEN e.flag IN {FLAGS} THEN e.flag END, e.told) END AS flag,
                CASE WHEN e.kind <> 'lab' THEN []
                    ELSE coalesce(t.specimen, list_sort(list_distinct(list_filter(e.specimen, lambda tag: tag IN {SPECIMENS}))))
                END AS specimen,
                CASE WHEN e.kind = 'condition' AND e.lasting >= 0 THEN e.lasting END AS lasting,
                CASE WHEN e.kind = 'condition' AND e.grade IN {GRADES} THEN e.grade END AS grade,
                CASE WHEN e.kind = 'given' AND d.known IS NOT NULL AND e.dose >= 0 AND e.dose < 1e13 THEN e.dose END AS dose,
                CASE WHEN dose IS NOT NULL THEN d.known END AS dose_unit,
                CASE WHEN e.kind = 'given' AND e.route IN {ROUTES} THEN e.route END AS route,
                CASE WHEN e.kind = 'given' AND e.concentration >= 0 AND e.concentration < 1e13 THEN e.concentration
                END AS concentration,
                CASE WHEN e.kind = 'given' AND e."over" >= 0 THEN e."over" END AS "over",
                e.known AS reported_unit
            FROM raw_judged e
            LEFT JOIN raw_tagged t ON e.kind = 'lab' AND t.infant = e.infant AND t.age = e.age
            LEFT JOIN dose_units d ON d.unit = e.dose_unit
        ))""")


def _problems(con: DuckDBPyConnection) -> None:
    """What was lost or not used, a row each; rows of codes bound to nothing are counted by code."""
    say(
        con,
        """
        SELECT infant, seq, gone AS problem, source_code FROM raw_timed WHERE gone IS NOT NULL AND gone <> 'unbound-code'
        UNION ALL BY NAME
        SELECT gone AS problem, source_code, count(*) AS rows FROM raw_timed WHERE gone = 'unbound-code' GROUP BY ALL
        UNION ALL BY NAME
        SELECT 'unknown-code' AS problem, kind || ':' || code AS detail, source_code, count(*) AS rows
        FROM raw_timed e ANTI JOIN raw_vocabulary v ON v.kind = e.kind AND v.code = e.code WHERE gone IS NULL GROUP BY ALL""",
    )
    say(
        con,
        f"""
        SELECT infant, seq, unusable AS problem, concat_ws(' ', code, unit) AS detail, source_code FROM raw_judged
        WHERE unusable IS NOT NULL
        UNION ALL BY NAME
        SELECT infant, seq, 'implausible' AS problem, concat_ws(' ', code, number, known) AS detail, source_code FROM raw_judged
        WHERE plausible IS false
        UNION ALL BY NAME
        SELECT infant, seq, 'comparator' AS problem, concat_ws(' ', code, comparator, number, known) AS detail, source_code
        FROM raw_judged WHERE comparator IS NOT NULL AND number IS NOT NULL
        UNION ALL BY NAME
        SELECT infant, seq, problem, detail, source_code FROM (
            SELECT infant, seq, source_code, unnest([
                CASE WHEN kind = 'lab' AND value IS NULL AND flag IS NULL THEN 'no-value' END,
                CASE WHEN age IS NULL THEN 'no-time' END,
                CASE WHEN flag NOT IN {FLAGS} OR route NOT IN {ROUTES} OR grade NOT IN {GRADES}
                    OR len(list_filter(specimen, lambda tag: tag NOT IN {SPECIMENS})) > 0 THEN 'unknown-word' END,
                CASE WHEN dose < 0 OR lasting < 0 OR "over" < 0 OR concentration < 0 THEN 'negative' END,
                CASE WHEN isnan(dose) OR isnan(concentration) OR dose >= 1e13 THEN 'not-a-number' END,
                CASE WHEN kind = 'given' AND dose IS NOT NULL AND d.known IS NULL THEN 'dose-unit' END
            ]) AS problem, code AS detail
            FROM raw_judged LEFT JOIN dose_units d ON d.unit = dose_unit
            WHERE (kind = 'lab' AND (value IS NULL OR len(specimen) > 0)) OR age IS NULL OR flag IS NOT NULL OR kind <> 'lab'
        ) WHERE problem IS NOT NULL
        UNION ALL BY NAME
        SELECT infant, seq, 'specimen-spoilt' AS problem, code AS detail FROM events WHERE spoilt""",
    )
    con.execute("ALTER TABLE events DROP COLUMN spoilt")
