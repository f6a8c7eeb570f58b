"""The infants of a cohort: what none of them can be is put aside, and weights get the age at which they were measured."""

from __future__ import annotations

from typing import TYPE_CHECKING

from neomag import ages
from neomag.case.model import SETTINGS, SEXES
from neomag.cohort.readers.staging import clear
from neomag.knowledge import Knowledge

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection


def columns(con: DuckDBPyConnection, table: str) -> set[str]:
    """The names of the columns of a table."""
    return {row[0] for row in con.execute(f"DESCRIBE {table}").fetchall()}


def say(con: DuckDBPyConnection, query: str) -> None:
    """Add the rows of `query` to the problems."""
    con.execute(f"INSERT INTO problems BY NAME {query}")


def mend(con: DuckDBPyConnection, knowledge: Knowledge) -> None:
    """Weights, gestations and words no infant has become NULL, each with a problem."""
    low, high = knowledge.settings["weight_plausible_g"]["between"]
    least, most = knowledge.settings["gestation_possible_weeks"]["between"]
    checks = [
        *((name, f"{name} NOT BETWEEN {low} AND {high}", "weight-suspect") for name in ("birth_weight", "weight")),
        ("gestation", f"gestation NOT BETWEEN {least} AND {most}", "gestation-suspect"),
        ("sex", f"sex NOT IN {SEXES}", "unknown-word"),
        ("setting", f"setting NOT IN {SETTINGS}", "unknown-word"),
    ]
    for name, wrong, problem in checks:
        say(con, f"SELECT infant, '{problem}' AS problem, '{name}' AS detail FROM infants WHERE {wrong}")
        con.execute(f"UPDATE infants SET {name} = NULL WHERE {wrong}")
    say(con, "SELECT infant, 'future-born' AS problem FROM infants WHERE born > timezone('UTC', now())")
    if "born_day" in columns(con, "infants"):
        say(con, "SELECT infant, 'birth-day-only' AS problem FROM infants WHERE born_day")


def weigh(con: DuckDBPyConnection, knowledge: Knowledge) -> None:
    """infants.weights: every weight of a known age, as (at, seq, grams), for the weight of a moment is the last one by then."""
    con.execute('ALTER TABLE infants ADD COLUMN IF NOT EXISTS weights STRUCT("at" BIGINT, seq BIGINT, grams DOUBLE)[]')
    if not con.execute("SELECT count(*) FROM duckdb_tables() WHERE table_name = 'weights'").fetchall()[0][0]:
        return
    low, high = knowledge.settings["weight_plausible_g"]["between"]
    died = "i.died" if "died" in columns(con, "infants") else "NULL::TIMESTAMP"
    con.execute(f"""
        CREATE OR REPLACE TABLE raw_weights AS
        SELECT infant, seq, age, grams, CASE
            WHEN NOT known_infant THEN 'unknown-infant'
            WHEN age IS NULL THEN 'no-birth'
            WHEN age < 0 THEN 'before-birth'
            WHEN age > {ages.OLDEST} THEN 'too-long-after-birth'
            WHEN time > died THEN 'after-death'
            WHEN grams NOT BETWEEN {low} AND {high} THEN 'weight-suspect' END AS gone
        FROM (
            SELECT e.infant, e.seq, e.time, e.grams, i.infant IS NOT NULL AS known_infant, {died} AS died,
                {age_of("e.day")} AS age
            FROM weights e LEFT JOIN infants i USING (infant)
        )""")
    say(con, "SELECT infant, seq, gone AS problem, 'weight' AS detail FROM raw_weights WHERE gone IS NOT NULL")
    con.execute("""
        UPDATE infants SET weights = w.weights FROM (
            SELECT infant, list({'at': age, 'seq': seq, 'grams': grams} ORDER BY age, seq) AS weights
            FROM raw_weights WHERE gone IS NULL GROUP BY infant) w
        WHERE w.infant = infants.infant""")
    clear(con, "raw_weights")


def age_of(day: str) -> str:
    """SQL: the age at row `e` of infant `i`: given, or from its time. The day of birth without its hour is birth."""
    # As Python's round() of the total seconds: a half goes to the even second.
    age = "round_even((epoch_us(e.time) - epoch_us(i.born)) / 1000000.0, 0)::BIGINT"
    return f"""CASE WHEN e."at" IS NOT NULL THEN e."at"
        WHEN coalesce({day}, false) AND e.time < i.born AND e.time::DATE = i.born::DATE THEN 0 ELSE {age} END"""
