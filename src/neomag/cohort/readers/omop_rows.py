"""The tables of the OMOP CDM as rows of events, in SQL. `concepts` (omop.py) says what a concept means."""

from __future__ import annotations

from neomag.cohort.readers import omop_specimens as tubes
from neomag.cohort.readers.stager import Stager
from neomag.cohort.readers.table_codes import grams, weeks
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
from neomag.terminology import load_bindings

_EVENT_KINDS = "('lab', 'sign', 'condition', 'given', 'infant', 'excluded')"


def told(stager: Stager, zone: str, table: str) -> str:
    """measurement or observation: results, signs and conditions, facts of the infant (kind `infant`, whose code is the trait).

    A row of another kind, or about something that is not bound, is lost: of family history the value may be a sign, and the
    concept is not. Results of measurement get what `omop_links` says of their specimen.
    """
    values = ["value_as_number", "value_as_concept_id", "value_as_string", "value_source_value", "operator_concept_id"]
    more = [*values, "unit_concept_id", "unit_source_value", "qualifier_concept_id", "qualifier_source_value"]
    links = ["measurement_event_id", "meas_event_field_concept_id"] if table == "measurement" else []
    taken = _taken(stager, table, table, [*_columns(table, table), *more, *links], answers=table == "observation")
    if links:
        tubes.link(stager.con, taken, zone)
    rows = f"""
        SELECT {_alike(table, table, zone)}, 'OMOP ' || e.{table}_concept_id AS concept, e.value_as_number,
            coalesce(e.value_as_string, e.value_source_value) AS text, {_concept("value_as")} AS concept_said,
            u.code AS first, e.unit_source_value AS second, f.code AS flagged,
            {number("e.value_as_number", "e.value_as_string", "e.value_source_value")} AS value,
            CASE WHEN o.code IS NULL THEN {comparator("coalesce(e.value_as_string, e.value_source_value)")}
                WHEN o.code <> '=' THEN o.code END AS comparator,
            {_answer("concept_said", "a", "text", "e.value_as_number")} AS answered,
            {_answer(_concept("qualifier"), "q", "e.qualifier_source_value", "NULL")} AS qualified
            {", l.tags" if links else ", CAST(NULL AS VARCHAR[]) AS tags"}
        FROM {taken} AS e {_joins(table)} {_word("u", "unit", "unit")} {_word("o", "operator", "comparator")}
        {_word("f", "value_as", "flag")} {_word("a", "value_as", "answer")} {_word("q", "qualifier", "answer")}
        {"LEFT JOIN omop_links AS l ON l.n = e.n" if links else ""}"""
    name = f"omop_units_{table}"
    pairs = unit_pairs(stager.con, name, f"SELECT code, first, second FROM ({rows}) WHERE kind IN ('lab', 'infant')")
    # A level known only as low, normal or high is a result without a number, and no trouble. Concept 0 matches nothing.
    bare = f"""CASE WHEN flagged IS NULL AND kind = 'lab' THEN
        {no_number("value", "value_as_number", "text", "concept_said")} END"""
    unclear = "CASE WHEN kind IN ('sign', 'condition') AND (answered IS NULL OR qualified IS NULL) THEN 'not-understood' END"
    unfit = "CASE WHEN kind IS NULL THEN 'unbound-code' WHEN kind = 'given' THEN 'wrong-type' END"
    return f"""
        SELECT infant, n, time, day, kind, r.code, coalesce(source_code, concept) AS source_code,
            'absent' IN (answered, qualified) AS absent, CASE WHEN kind IN ('lab', 'infant') THEN value END AS value,
            {pairs}.unit, comparator, CASE WHEN kind = 'lab' THEN tags END AS specimen,
            CASE WHEN kind = 'lab' AND (value IS NULL OR comparator IS NOT NULL) THEN flagged END AS flag,
            {listed(unfit, "bad_time", "codes_differ", unclear, bare, code_unit(pairs, "r.property"))} AS trouble
        FROM ({rows}) AS r {pair_join(pairs, "r")}"""


def _concept(column: str) -> str:
    """A concept that is told; 0 is none."""
    return f"nullif(TRY_CAST(e.{column}_concept_id AS BIGINT), 0)"


def _answer(concept: str, bound: str, text: str, figure: str) -> str:
    """Whether something was `present` or `absent`, by a concept, else by a word; NULL where neither is understood. Nothing said
    means present."""
    words = load_bindings().records["answers"]
    entries = ", ".join(f"{literal(word)}: {literal(means)}" for word, means in words.items() if word != "policy")
    return (
        f"CASE WHEN {concept} IS NOT NULL THEN {bound}.code WHEN {text} IS NOT NULL THEN MAP {{{entries}}}[lower({text})]"
        f" WHEN {figure} IS NULL THEN 'present' END"
    )


def traits(rows: str) -> str:
    """Those rows of `told` that are facts of the infant: weights in grams, gestation in weeks; of another unit, no number."""
    sizes = " ".join(f"WHEN {literal(unit)} THEN value * {factor}" for unit, factor in grams().items())
    ages = " ".join(f"WHEN {literal(u)} THEN value * {f.numerator} / {f.denominator}" for u, f in weeks().items())
    return f"""
        SELECT infant, n, time, day, code AS trait, CASE WHEN len(trouble) > 0 OR comparator IS NOT NULL THEN NULL
            WHEN code = 'gestation' THEN CASE lower(unit) {ages} END ELSE round(CASE lower(unit) {sizes} END, 6) END AS number
        FROM ({rows}) WHERE kind = 'infant'"""


def conditions(stager: Stager, zone: str) -> str:
    """condition_occurrence, each at its start."""
    taken = _taken(stager, "condition_occurrence", "condition", _columns("condition", "condition_start"))
    return f"""
        SELECT infant, n, time, day, kind, code, source_code,
            {listed(_unfit("'sign', 'condition', 'excluded'"), "bad_time", "codes_differ")} AS trouble
        FROM (SELECT {_alike("condition", "condition_start", zone)} FROM {taken} AS e {_joins("condition")})"""


def drugs(stager: Stager, zone: str) -> str:
    """drug_exposure, each at its start. A quantity without its unit may count tablets, bags or mL: it is no dose."""
    more = ["quantity", "dose_unit_source_value", "route_concept_id", "route_source_value"]
    taken = _taken(stager, "drug_exposure", "drug", [*_columns("drug", "drug_exposure_start"), *more])
    routes = stager.codes.table("name", ["route"])
    return f"""
        SELECT infant, n, time, day, kind, code, source_code, coalesce(said_route, own_route) AS route, dose,
            CASE WHEN dose IS NOT NULL THEN dose_unit END AS dose_unit,
            {listed(_unfit("'given', 'excluded'"), "bad_time", "codes_differ")} AS trouble
        FROM (
            SELECT {_alike("drug", "drug_exposure_start", zone)}, coalesce(o.code, w.code) AS said_route,
                coalesce(s.route, r.route) AS own_route, e.dose_unit_source_value AS dose_unit,
                CASE WHEN e.dose_unit_source_value IS NOT NULL THEN {number("e.quantity")} END AS dose
            FROM {taken} AS e {_joins("drug")} {_word("o", "route", "route")}
            LEFT JOIN {routes} AS w ON w.item = lower(e.route_source_value))"""


def _unfit(kinds: str) -> str:
    """The trouble of a concept that is of another kind than its table."""
    return f"CASE WHEN kind NOT IN ({kinds}) THEN 'wrong-type' END"


def _columns(what: str, begins: str) -> list[str]:
    return ["person_id", f"{what}_concept_id", f"{what}_source_concept_id", f"{begins}_date", f"{begins}_datetime"]


def _taken(stager: Stager, table: str, what: str, columns: list[str], *, answers: bool = False) -> str:
    """The rows about a bound concept; with `answers` also those whose value is a sign or condition."""
    rows = stager.con.execute(f"SELECT id, kind FROM concepts WHERE kind IN {_EVENT_KINDS}").fetchall()
    ids = [str(row[0]) for row in rows]
    where = [(f"{what}_{column}", ids) for column in ("concept_id", "source_concept_id")]
    if answers:
        where.append(("value_as_concept_id", [str(row[0]) for row in rows if row[1] in {"sign", "condition"}]))
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
