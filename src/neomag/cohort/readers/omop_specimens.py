"""The OMOP table specimen: what spoils results, and which results are of a specimen.

A result is of the specimen that its row names (measurement_event_id), else of the one taken from the same person at the same
date and hour. Tubes taken together that are not alike tell nothing of a result that names none: the EDTA tube is there for the
blood count.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from neomag.cohort.readers.stager import Stager
from neomag.cohort.readers.values import moment, whole_day
from neomag.sql import literal
from neomag.terminology import load_bindings

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

# The name of the concept by which a row says that it refers to a specimen.
FIELD = "specimen.specimen_id"
_CONCEPTS = ("specimen", "anatomic_site", "disease_status")


def specimens(stager: Stager, zone: str) -> None:
    """The table omop_specimens(id, infant, time, tags): every specimen; `time` only with its hour."""
    ids, texts = [f"{what}_concept_id" for what in _CONCEPTS], [f"{what}_source_value" for what in _CONCEPTS]
    columns = ["specimen_id", "person_id", "specimen_date", "specimen_datetime", *ids, *texts]
    taken = stager.take("specimen", columns, needed=["specimen_id", "person_id"])
    called = stager.take("concept", ["concept_id", "concept_name"], [("domain_id", ["specimen"])])
    words = load_bindings().words("specimen")
    tags = ", ".join(f"CASE WHEN contains(said, {literal(word)}) THEN {literal(tag)} END" for word, tag in words.items())
    joins = " ".join(
        f"LEFT JOIN concepts AS c{n} ON c{n}.id = TRY_CAST(e.{column} AS BIGINT) AND c{n}.kind = 'specimen'"
        for n, column in enumerate(ids)
    )
    when = moment("e.specimen_datetime", zone)
    stager.con.execute(
        f"""CREATE OR REPLACE TEMP TABLE omop_specimens AS
        SELECT id, infant, time, list_sort(list_distinct(list_filter([{tags}, c0, c1, c2], lambda t: t IS NOT NULL))) AS tags
        FROM (
            SELECT e.specimen_id AS id, e.person_id AS infant,
                CASE WHEN NOT {whole_day("e.specimen_datetime")} THEN {when} END AS time,
                lower(concat_ws(' ', m.concept_name, {", ".join(f"e.{text}" for text in texts)})) AS said,
                {", ".join(f"c{n}.code AS c{n}" for n in range(len(ids)))}
            FROM {taken} AS e {joins}
            LEFT JOIN {called} AS m ON m.concept_id = e.specimen_concept_id
            QUALIFY row_number() OVER (PARTITION BY e.specimen_id ORDER BY e.n) = 1)"""
    )


def link(con: DuckDBPyConnection, measurements: str, zone: str) -> None:
    """The table omop_links(n, tags, ids): of results, by row of `measurements`, the specimens and what they all say."""
    when = moment("e.measurement_datetime", zone)
    con.execute(
        f"""CREATE OR REPLACE TEMP TABLE omop_links AS
        WITH alike AS (
            SELECT infant, time, any_value(tags) AS tags, list(id) AS ids FROM omop_specimens WHERE time IS NOT NULL
            GROUP BY infant, time HAVING count(DISTINCT tags) = 1 AND len(any_value(tags)) > 0),
        results AS (
            SELECT e.n, e.person_id AS infant, e.measurement_event_id AS id, f.id IS NOT NULL AS named,
                CASE WHEN NOT {whole_day("e.measurement_datetime")} THEN {when} END AS time
            FROM {measurements} AS e
            LEFT JOIN concepts AS f ON f.id = TRY_CAST(e.meas_event_field_concept_id AS BIGINT) AND f.kind = 'field'
                AND f.code = 'specimen' AND e.measurement_event_id IS NOT NULL)
        SELECT r.n, s.tags, [s.id] AS ids
        FROM results AS r JOIN omop_specimens AS s ON r.named AND s.id = r.id AND s.infant = r.infant
        UNION ALL
        SELECT r.n, a.tags, a.ids
        FROM results AS r JOIN alike AS a ON NOT r.named AND a.infant = r.infant AND a.time = r.time"""
    )


def unlinked() -> str:
    """The count of specimens of infants that would say something of a result, and of which no result is found."""
    return """
        SELECT 'specimen-unlinked' AS problem, 'specimen' AS detail, count(*) AS rows
        FROM omop_specimens AS s JOIN people AS p ON p.infant = s.infant AND p.scope = 'in'
        WHERE len(s.tags) > 0 AND s.id NOT IN (SELECT unnest(ids) FROM omop_links) HAVING count(*) > 0"""
