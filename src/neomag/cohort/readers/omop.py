"""OMOP CDM 5.4: folder of tables, DuckDB file, or PostgreSQL.

A concept is known by the site's own table, else by the CDM's concept table (its LOINC, SNOMED or ICD code), else by the
concepts that ship. The standard and the source concept of a row are both looked at: where they mean two things, neither is
used.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from neomag.cohort.readers import Options
from neomag.cohort.readers import omop_rows as of
from neomag.cohort.readers import omop_specimens as tubes
from neomag.cohort.readers.postgres import masked
from neomag.cohort.readers.stager import Stager
from neomag.cohort.readers.staging import SourceError
from neomag.cohort.readers.table_codes import load_codes
from neomag.cohort.readers.tables import Tables, open_tables
from neomag.cohort.readers.values import moment, whole_day
from neomag.sql import literal

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

_NEEDED = ("person_id", "year_of_birth")


def detects(where: str) -> bool:
    """Whether the tables are those of the OMOP CDM."""
    return set(_NEEDED) <= set(open_tables(where).columns.get("person", ()))


def source(where: str, options: Options) -> OmopSource:
    """The CDM at `where`. Raises SourceError when it is not there."""
    tables = open_tables(where)
    if not set(_NEEDED) <= set(tables.columns.get("person", ())):
        raise SourceError(
            f"{masked(where)}: no OMOP tables; wanted is person (with person_id and year_of_birth), as CSV or Parquet, in a"
            " DuckDB file, or in a schema on the search path"
        )
    return OmopSource(masked(where), options, tables)


@dataclass(slots=True)
class OmopSource:
    """A database of the OMOP Common Data Model."""

    where: str
    options: Options
    tables: Tables
    layout: str = "omop"

    def stage(self, con: DuckDBPyConnection, workdir: Path, buckets: int) -> None:
        """Write infants, measurements, conditions, drugs and observations by bucket of infants."""
        codes, zone = load_codes("omop_concepts.csv", self.options), self.options.zone
        with Stager(con, workdir, buckets, self.tables, self.where, codes) as stager:
            _concepts(stager)
            _people(stager, zone)
            tubes.specimens(stager, zone)
            measured = of.told(stager, zone, "measurement")
            stager.rows("measurement", f"SELECT * FROM ({measured}) WHERE kind IS DISTINCT FROM 'infant'")
            stager.traits("measurement_weights", of.traits(measured))
            stager.rows("condition_occurrence", of.conditions(stager, zone))
            stager.rows("drug_exposure", of.drugs(stager, zone))
            observed = of.told(stager, zone, "observation")
            stager.rows("observation", f"SELECT * FROM ({observed}) WHERE kind IS DISTINCT FROM 'infant'")
            stager.traits("observation_traits", of.traits(observed))
            stager.problems("specimen", tubes.unlinked())


def _concepts(stager: Stager) -> None:
    """The table `concepts`: every concept known, once: id, kind, code, source_code, route and property."""
    codes = stager.codes
    vocabularies = {code.code: code.vocabulary for code in codes.values("OMOP-vocabulary")}
    systems = sorted({*vocabularies.values(), *(name for name in codes.of if not name.startswith(("OMOP", "name")))})
    names = codes.table("name", ["given"])
    columns = ["concept_id", "concept_name", "vocabulary_id", "concept_class_id", "concept_code"]
    wanted = [
        ("concept_code", [code.code.lower() for system in systems for code in codes.values(system)]),
        ("concept_name", [*(code.code for code in codes.values("name", ["given"])), tubes.FIELD]),
        ("vocabulary_id", ["ucum"]),
    ]
    taken = stager.take("concept", columns, wanted)
    cases = " ".join(f"WHEN {literal(code)} THEN {literal(system)}" for code, system in vocabularies.items())
    bound = " UNION ALL ".join(f"SELECT {literal(system)} AS system, * FROM {codes.table(system)}" for system in systems)
    site = ", ".join(literal(code.code) for code in codes.values("OMOP") if code.site) or "''"
    stager.con.execute(
        f"""CREATE OR REPLACE TEMP TABLE concepts AS
        WITH there AS (
            SELECT TRY_CAST(concept_id AS BIGINT) AS id, lower(concept_name) AS name, lower(concept_class_id) AS class,
                lower(vocabulary_id) AS vocabulary, concept_code,
                CASE lower(vocabulary_id) {cases} ELSE vocabulary_id END AS system
            FROM {taken}),
        found AS (
            SELECT t.id, b.kind, b.code, b.source_code, b.route, b.property, 1 AS rank
            FROM there AS t JOIN ({bound}) AS b ON b.system = t.system AND b.item = lower(t.concept_code)
            UNION ALL SELECT t.id, 'given', b.code, b.source_code, '', '', 1
            FROM there AS t JOIN {names} AS b ON b.item = t.name WHERE t.class = 'ingredient'
            UNION ALL SELECT id, 'field', 'specimen', '', '', '', 1 FROM there WHERE name = '{tubes.FIELD}'
            UNION ALL SELECT id, 'unit', concept_code, 'UCUM ' || concept_code, '', '', 1 FROM there WHERE vocabulary = 'ucum'
            UNION ALL SELECT TRY_CAST(item AS BIGINT), kind, code, source_code, route, property,
                CASE WHEN item IN ({site}) THEN 0 ELSE 2 END
            FROM {codes.table("OMOP")})
        SELECT id, kind, code, source_code, nullif(route, '') AS route, property FROM found WHERE id > 0
        QUALIFY row_number() OVER (PARTITION BY id ORDER BY rank, kind, code) = 1"""
    )


def _people(stager: Stager, zone: str) -> None:
    columns = [
        "person_id",
        "gender_concept_id",
        "year_of_birth",
        "month_of_birth",
        "day_of_birth",
        "birth_datetime",
        "care_site_id",
    ]
    people = stager.take("person", columns, needed=_NEEDED)
    periods = stager.take("observation_period", ["person_id", "observation_period_start_date"])
    parts = ", ".join(f"TRY_CAST({part}_of_birth AS BIGINT)" for part in ("year", "month", "day"))
    day = f"CAST(TRY(make_date({parts})) AS VARCHAR)"
    # Without periods it is not known when anyone was watched: every birth counts, and later rows are set aside by their age.
    watched = "FALSE" if "observation_period" in stager.tables.columns else "TRUE"
    stager.con.execute(
        f"""CREATE OR REPLACE TEMP TABLE people AS
        WITH watched AS (
            SELECT person_id, min(TRY_CAST(observation_period_start_date AS TIMESTAMP)) AS since
            FROM {periods} GROUP BY person_id),
        born AS (
            SELECT *, coalesce({moment("birth_datetime", zone)}, {moment(day, zone)}) AS born,
                born IS NOT NULL AND coalesce({whole_day("birth_datetime")}, TRUE) AS born_day
            FROM {people})
        SELECT b.person_id AS infant, b.born, b.born_day, CAST(NULL AS BIGINT) AS start, s.code AS sex, b.care_site_id AS site,
            CASE WHEN b.born IS NULL THEN 'no-birth' WHEN {watched} THEN 'in'
                WHEN date_diff('second', b.born, w.since) <= {stager.scope} THEN 'in' ELSE 'out-of-scope' END AS scope
        FROM born AS b LEFT JOIN watched AS w USING (person_id)
        LEFT JOIN concepts AS s ON s.id = TRY_CAST(b.gender_concept_id AS BIGINT) AND s.kind = 'sex'
        QUALIFY row_number() OVER (PARTITION BY b.person_id ORDER BY b.n) = 1"""
    )
    stager.infants(
        f"""SELECT p.infant, t.n AS read_seq, p.born, p.born_day, p.sex, p.site
        FROM {people} AS t JOIN people AS p ON p.infant = t.person_id WHERE p.scope = 'in'"""
    )
