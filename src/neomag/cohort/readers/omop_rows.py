"""The tables of the OMOP CDM as rows of events, in SQL. `concepts` (omop.py) says what a concept means."""

from __future__ import annotations

from neomag.cohort.readers.stager import Stager
from neomag.cohort.readers.table_codes import grams
from neomag.cohort.readers.values import (
    code_unit,
    comparator,
    listed,
    moment,
    no_number,
    number,
    pair_join,
    unit_pairs,
    whole_day,
)
from neomag.sql import literal

_EVENT_KINDS = "('lab', 'sign', 'condition', 'given', 'infant', 'excluded')"


def measured(stager: Stager, zone: str) -> str:
    """measurement: results, and weights of the infant (kind `infant`, whose code is the trait)."""
    values = ["value_as_number", "value_as_concept_id", "value_source_value", "operator_concept_id"]
    columns = [*_columns("measurement", "measurement"), *values, "unit_concept_id", "unit_source_value"]
    taken = _taken(stager, "measurement", "measurement", columns)
    rows = f"""
        SELECT {_alike("measurement", "measurement", zone)}, e.value_as_number, e.value_source_value AS text,
            e.value_as_concept_id, u.code AS first, e.unit_source_value AS second, f.code AS flagged,
            {number("e.value_as_number", "e.value_source_value")} AS value,
            CASE WHEN o.code IS NULL THEN {comparator("e.value_source_value")}
                WHEN o.code <> '=' THEN o.code END AS comparator
        FROM {taken} AS e {_joins("measurement")} {_word("u", "unit", "unit")} {_word("o", "operator", "comparator")}
        {_word("f", "value_as", "flag")}"""
    pairs = unit_pairs(stager.con, "omop_units", f"SELECT code, first, second FROM ({rows}) WHERE kind IN ('lab', 'infant')")
    # A level known only as low, normal or high is a result without a number, and no trouble. Concept 0 matches nothing.
    bare = f"""CASE WHEN flagged IS NULL AND kind = 'lab' THEN
        {no_number("value", "value_as_number", "text", "nullif(value_as_concept_id, '0')")} END"""
    return f"""
        SELECT infant, n, time, day, kind, r.code, source_code, value, {pairs}.unit, comparator,
            CASE WHEN value IS NULL OR comparator IS NOT NULL THEN flagged END AS flag,
            {listed("bad_time", "codes_differ", bare, code_unit(pairs, "r.property"))} AS trouble
        FROM ({rows}) AS r {pair_join(pairs, "r")}"""


def weights(measured_rows: str) -> str:
    """Those rows of `measured` that weigh the infant, in grams; of a unit that is none of weight, no number."""
    sizes = " ".join(f"WHEN {literal(unit)} THEN {factor}" for unit, factor in grams().items())
    return f"""
        SELECT infant, n, time, code AS trait,
            CASE WHEN len(trouble) = 0 THEN round(value * CASE lower(unit) {sizes} END, 6) END AS number
        FROM ({measured_rows}) WHERE kind = 'infant' AND code IN ('weight', 'birth_weight')"""


def conditions(stager: Stager, zone: str) -> str:
    """condition_occurrence, each at its start."""
    taken = _taken(stager, "condition_occurrence", "condition", _columns("condition", "condition_start"))
    return f"""
        SELECT infant, n, time, day, kind, code, source_code, {listed("bad_time", "codes_differ")} AS trouble
        FROM (SELECT {_alike("condition", "condition_start", zone)} FROM {taken} AS e {_joins("condition")})
        WHERE kind IN ('sign', 'condition', 'excluded')"""


def drugs(stager: Stager, zone: str) -> str:
    """drug_exposure, each at its start. A quantity without its unit may count tablets, bags or mL: it is no dose."""
    more = ["quantity", "dose_unit_source_value", "route_concept_id", "route_source_value"]
    taken = _taken(stager, "drug_exposure", "drug", [*_columns("drug", "drug_exposure_start"), *more])
    routes = stager.codes.table("name", ["route"])
    return f"""
        SELECT infant, n, time, day, kind, code, source_code, coalesce(said_route, own_route) AS route, dose,
            CASE WHEN dose IS NOT NULL THEN dose_unit END AS dose_unit, {listed("bad_time", "codes_differ")} AS trouble
        FROM (
            SELECT {_alike("drug", "drug_exposure_start", zone)}, coalesce(o.code, w.code) AS said_route,
                coalesce(s.route, r.route) AS own_route, e.dose_unit_source_value AS dose_unit,
                CASE WHEN e.dose_unit_source_value IS NOT NULL THEN {number("e.quantity")} END AS dose
            FROM {taken} AS e {_joins("drug")} {_word("o", "route", "route")}
            LEFT JOIN {routes} AS w ON w.item = lower(e.route_source_value))
        WHERE kind IN ('given', 'excluded')"""


def _columns(what: str, begins: str) -> list[str]:
    return ["person_id", f"{what}_concept_id", f"{what}_source_concept_id", f"{begins}_date", f"{begins}_datetime"]


def _taken(stager: Stager, table: str, what: str, columns: list[str]) -> str:
    rows = stager.con.execute(f"SELECT id FROM concepts WHERE kind IN {_EVENT_KINDS}").fetchall()
    ids = [str(row[0]) for row in rows]
    where = [(f"{what}_{column}", ids) for column in ("concept_id", "source_concept_id")]
    return stager.take(table, columns, where, needed=["person_id", f"{what}_concept_id"])


def _alike(what: str, begins: str, zone: str) -> str:
    """What every table gives alike: whose, when, and what its two concepts mean together."""
    said = f"coalesce(e.{begins}_datetime, e.{begins}_date)"
    # A row whose standard concept is bound to nothing here keeps what its source concept says.
    return f"""e.person_id AS infant, e.n, {moment(said, zone)} AS time, coalesce({whole_day(said)}, FALSE) AS day,
            CASE WHEN s.kind = 'excluded' OR r.kind = 'excluded' THEN 'excluded' ELSE coalesce(s.kind, r.kind) END AS kind,
            coalesce(s.code, r.code) AS code, coalesce(s.source_code, r.source_code) AS source_code,
            coalesce(s.property, r.property) AS property,
            CASE WHEN {said} IS NOT NULL AND time IS NULL THEN 'bad-time' END AS bad_time,
            CASE WHEN s.code <> r.code THEN 'code-conflict' END AS codes_differ"""


def _joins(what: str) -> str:
    return " ".join(
        f"LEFT JOIN concepts AS {alias} ON {alias}.id = TRY_CAST(e.{what}_{column} AS BIGINT)"
        f" AND {alias}.kind IN {_EVENT_KINDS}"
        for alias, column in (("s", "concept_id"), ("r", "source_concept_id"))
    )


def _word(alias: str, column: str, kind: str) -> str:
    return (
        f"LEFT JOIN concepts AS {alias} ON {alias}.id = TRY_CAST(e.{column}_concept_id AS BIGINT) AND {alias}.kind = '{kind}'"
    )
