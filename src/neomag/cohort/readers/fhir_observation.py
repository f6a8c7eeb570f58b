"""FHIR Observation to raw events: laboratory results, signs, and the weights and gestation of the infant."""

from __future__ import annotations

from neomag.cohort.readers.bindings import word_in
from neomag.cohort.readers.fhir_columns import base, lines
from neomag.cohort.readers.fhir_sql import (
    code_unit,
    codings,
    conflict,
    joins,
    listed,
    one,
    source_code,
    time_trouble,
    trait_amount,
)
from neomag.terminology import Bindings

_KEPT = "('final', 'amended', 'corrected', 'preliminary', 'appended')"
_UCUM = "('http://unitsofmeasure.org', 'urn:oid:2.16.840.1.113883.6.8')"


def observations(path: str, start: int, bindings: Bindings) -> str:
    """SQL: raw_events of one file of Observations; `start` is the seq of its first line. Reads `specimens`."""
    return f"""
    SELECT infant, {start} + n AS seq, time, lost_kind AS kind, CASE WHEN lost_kind IS NOT NULL THEN word END AS code,
        source_code,
        CASE WHEN lost_kind IN ('sign', 'condition') THEN truth IS false END AS absent,
        CASE WHEN lost_kind = 'lab' THEN number
            WHEN lost_kind = 'infant' THEN {trait_amount("number")} END AS value,
        CASE WHEN lost_kind = 'lab' THEN unit END AS unit,
        CASE WHEN lost_kind = 'lab' THEN comparator END AS comparator,
        CASE WHEN lost_kind = 'lab' AND (number IS NULL OR comparator IS NOT NULL) THEN flag END AS flag,
        CASE WHEN lost_kind = 'lab' THEN tags END AS specimen, length(when_said) = 10 AS day,
        {listed("gone", "doubt", "conflict")} AS trouble, gone IS NOT NULL AS lost
    FROM (
        SELECT *, CASE WHEN gone IS NULL THEN kind END AS lost_kind,
            CASE WHEN gone IS NULL THEN {time_trouble("when_said", "time")} END AS doubt,
            CASE WHEN gone IS NULL AND kind = 'lab' THEN {code_unit("property", "dimension", "unit")} END AS conflict
        FROM ({_judged(path, bindings)})
    )"""


def _judged(path: str, bindings: Bindings) -> str:
    """SQL: lines with what they say, and why one gives no event (`gone`)."""
    return f"""
    SELECT *, coalesce(broken,
            CASE WHEN status = 'entered-in-error' THEN 'entered-in-error'
                WHEN status IS NULL OR status NOT IN {_KEPT} THEN 'not-final'
                WHEN infant IS NULL THEN 'no-subject'
                WHEN codes_differ THEN 'code-conflict'
                WHEN kind IS NULL THEN CASE WHEN valued THEN 'unbound-code' WHEN members THEN 'panel'
                    WHEN components THEN 'component-not-read' ELSE 'unbound-code' END
                    || CASE WHEN contains(called, 'magnes') THEN ': named magnesium' ELSE '' END
                WHEN kind NOT IN ('lab', 'sign', 'condition', 'infant') THEN 'excluded-code'
                WHEN kind = 'lab' AND ({_MISNAMED}) THEN 'name-code-conflict'
                WHEN NOT valued AND flag IS NULL AND members THEN 'panel'
                WHEN NOT valued AND flag IS NULL AND components THEN 'component-not-read'
                WHEN NOT valued AND flag IS NULL AND not_there THEN 'not-measured'
                WHEN when_said IS NOT NULL AND time IS NULL THEN 'bad-time'
                WHEN kind IN ('sign', 'condition') AND valued AND truth IS NULL THEN 'not-understood'
                WHEN kind = 'infant' AND (number IS NULL OR comparator IS NOT NULL OR over_ IS NULL)
                THEN 'trait-unit'
            END) AS gone
    FROM (
        SELECT *, moment_of(when_said) AS time,
            CASE WHEN kind = 'lab' THEN {word_in("called", bindings.words("element"))} END AS element,
            CASE WHEN kind = 'lab' THEN {word_in("called", bindings.words("quality"))} END AS quality
        FROM ({_said(path)})
    )"""


def _said(path: str) -> str:
    """SQL: one row a line, its parts joined with bindings, units and specimens."""
    return f"""
    SELECT n, broken, status, infant, when_said, {one("kind")} AS kind, {one("word")} AS word, {one("property")} AS property,
        {conflict()} AS codes_differ, {source_code()} AS source_code, called, number, comparator, truth, valued, not_there,
        members, components,
        CASE WHEN uc.spelling <> ut.spelling THEN ucum || ' | ' || unit_text
            ELSE coalesce(uc.spelling, CASE WHEN ut.spelling IS NOT NULL THEN unit_text END, ucum, unit_text) END AS unit,
        CASE WHEN uc.spelling <> ut.spelling THEN NULL ELSE coalesce(uc.dimension, ut.dimension) END AS dimension,
        f.word AS flag, s.tags, t.over_, t.under
    FROM ({_taken(path)})
    {joins()}
    LEFT JOIN unit_words uc ON uc.plain = plain_unit(ucum)
    LEFT JOIN unit_words ut ON ut.plain = plain_unit(CASE WHEN unit_text IS DISTINCT FROM ucum THEN unit_text END)
    LEFT JOIN bound f ON f.kind = 'flag' AND f.key = told
    LEFT JOIN specimens s ON s.id = specimen
    LEFT JOIN trait_units t ON b1.kind = 'infant' AND t.trait = b1.word AND t.plain = plain_unit(coalesce(ucum, unit_text))"""


def _taken(path: str) -> str:
    """SQL: one row a line, with the elements that count."""
    quantity = "o.valueQuantity"
    return f"""
    SELECT o.n, {base("Observation", "o")} AS broken, o.status, subject_of(o.subject.reference, 'Patient') AS infant,
        coalesce(o.effectiveDateTime, o.effectiveInstant, o.effectivePeriod."start", o.effectivePeriod."end", o.issued)
            AS when_said,
        {codings("o.code")},
        CASE WHEN {quantity}."value" IS NOT NULL THEN coalesce(try_cast({quantity}."value" AS DOUBLE), 'nan'::DOUBLE)
            WHEN o.valueInteger IS NOT NULL OR o.valueString IS NOT NULL OR o.valueCodeableConcept IS NOT NULL
            THEN 'nan'::DOUBLE END AS number,
        -- A code counts as a unit only under UCUM; SNOMED codes of units occur.
        CASE WHEN {quantity}.system IN {_UCUM} THEN {quantity}.code END AS ucum, {quantity}.unit AS unit_text,
        {quantity}.comparator AS comparator, try_cast(o.valueBoolean AS BOOLEAN) AS truth,
        number IS NOT NULL OR o.valueBoolean IS NOT NULL AS valued,
        o.dataAbsentReason IS NOT NULL AS not_there, len(o.hasMember) > 0 AS members, len(o.component) > 0 AS components,
        coalesce(o.interpretation[1].coding[1].system, 'v3-ObservationInterpretation') || '|'
            || o.interpretation[1].coding[1].code AS told,
        subject_of(o.specimen.reference, 'Specimen') AS specimen
    FROM ({lines(path, "Observation")}) o"""


# A name that names another element than its code, or another quality.
_MISNAMED = """(element IS NOT NULL AND NOT contains(word, element)) OR (quality = 'ionised' AND NOT contains(word, 'ionised'))
    OR (quality = 'urine' AND NOT starts_with(word, 'urine')) OR quality IN ('red-cell', 'fluid', 'mother')"""
