"""FHIR Patient, Encounter, Specimen and Condition to infants, traits and raw events."""

from __future__ import annotations

from neomag.cohort.readers.fhir_columns import base, lines
from neomag.cohort.readers.fhir_sql import codings, conflict, joins, listed, one, said, source_code, time_trouble
from neomag.sql import literal
from neomag.terminology import Bindings

_BIRTH_TIME = "http://hl7.org/fhir/StructureDefinition/patient-birthTime"


def patients(path: str, start: int) -> str:
    """SQL: infants. The extension patient-birthTime gives the hour of birth; without it age counts from the day's start."""
    birth_time = f"list_filter(p._birthDate.extension, lambda e: e.url = '{_BIRTH_TIME}')[1].valueDateTime"
    return f"""
    SELECT infant, {start} + n AS read_seq, born, sex, site, born_day, died FROM (
        SELECT p.n, p.id AS infant, coalesce({birth_time}, p.birthDate) AS said, moment_of(said) AS moment,
            CASE WHEN length(said) >= 10 THEN moment END AS born,
            CASE WHEN p.gender IN ('female', 'male') THEN p.gender END AS sex,
            subject_of(p.managingOrganization.reference, 'Organization') AS site, length(said) = 10 AS born_day,
            moment_of(p.deceasedDateTime) AS died, {base("Patient", "p")} AS broken
        FROM ({lines(path, "Patient")}) p
    ) WHERE broken IS NULL AND infant IS NOT NULL"""


def patient_problems(path: str, start: int) -> str:
    """SQL: problems of lines of patients that give no infant."""
    return f"""
    SELECT p.id AS infant, {start} + p.n AS seq, coalesce({base("Patient", "p")}, 'no-id') AS problem
    FROM ({lines(path, "Patient")}) p
    WHERE {base("Patient", "p")} IS NOT NULL OR p.id IS NULL"""


def encounters(path: str, start: int) -> str:
    """SQL: raw_events of kind infant that carry the setting as `flag`; the class of the encounter tells it."""
    return f"""
    SELECT infant, {start} + n AS seq, CASE WHEN gone IS NULL THEN 'infant' END AS kind,
        CASE WHEN gone IS NULL THEN 'setting' END AS code, source_code, moment_of(begun) AS time,
        CASE WHEN gone IS NULL THEN word END AS flag, {listed("gone")} AS trouble, gone IS NOT NULL AS lost
    FROM (
        SELECT e.n, subject_of(e.subject.reference, 'Patient') AS infant, b.word, e.period."start" AS begun,
            coalesce({base("Encounter", "e")}, CASE
                WHEN e.status = 'entered-in-error' THEN 'entered-in-error'
                WHEN e.status IN ('planned', 'cancelled', 'unknown') THEN 'not-final'
                WHEN subject_of(e.subject.reference, 'Patient') IS NULL THEN 'no-subject'
                WHEN b.word IS NULL THEN 'unbound-code' END) AS gone,
            coalesce(b.system || ' ' || b.code, e.class.system || ' ' || e.class.code, e.class.code) AS source_code
        FROM ({lines(path, "Encounter")}) e
        LEFT JOIN bound b ON b.kind = 'setting' AND b.key = e.class.system || '|' || e.class.code
    )"""


def specimens(path: str, bindings: Bindings) -> str:
    """SQL: id, tags and place of the specimens that have tags, by the codes of their type and condition or by words of
    records.toml."""
    words = bindings.words("specimen")
    parts = (
        "s.type, s.condition[1], s.condition[2], s.condition[3], s.container[1].type, s.container[1].additiveCodeableConcept"
    )
    called = f"lower(concat_ws(' ', s.container[1].description, {', '.join(_names(part) for part in parts.split(', '))}))"
    tags = ", ".join(f"CASE WHEN contains(called, {literal(word)}) THEN {literal(tag)} END" for word, tag in words.items())
    return f"""
    SELECT n, id, list_sort(list_distinct(found)) AS tags FROM (
        SELECT n, id, list_filter([{", ".join(f"word{n}" for n in range(4))}, {tags}], lambda t: t IS NOT NULL) AS found FROM (
            SELECT s.n, s.id, {called} AS called, {", ".join(f"b{n}.word AS word{n}" for n in range(4))}
            FROM ({lines(path, "Specimen")}) s
            {"".join(_tag_join(n, part) for n, part in enumerate(parts.split(", ")[:4]))}
        )
    ) WHERE id IS NOT NULL AND len(found) > 0"""


def _tag_join(n: int, concept: str) -> str:
    coding = f"{concept}.coding[1]"
    return f"\nLEFT JOIN bound b{n} ON b{n}.kind = 'specimen' AND b{n}.key = {coding}.system || '|' || {coding}.code"


def _names(concept: str) -> str:
    return f"{concept}.text, {concept}.coding[1].display, {concept}.coding[2].display"


def unreadable(resource: str, path: str, start: int) -> str:
    """SQL: problems of lines of a resource that others refer to, and that cannot be read or are there before."""
    return f"""
    SELECT NULL::VARCHAR AS infant, {start} + n AS seq, problem FROM (
        SELECT s.n, coalesce({base(resource, "s")}, CASE WHEN s.id IS NULL THEN 'no-id'
            WHEN row_number() OVER (PARTITION BY s.id ORDER BY s.n) > 1 THEN 'duplicate-id' END) AS problem
        FROM ({lines(path, resource)}) s
    ) WHERE problem IS NOT NULL"""


def conditions(path: str, start: int) -> str:
    """SQL: raw_events of conditions and of signs coded as conditions.

    A second row stands at the end of one that ended: a sign is then absent; of a condition it is then known how long it lasted.
    """
    verified = "c.verificationStatus.coding[1].code"
    return f"""
    WITH told AS (
        SELECT *, moment_of(ended_said) AS ended, CASE WHEN gone IS NULL THEN {time_trouble("when_said", "time")} END AS doubt
        FROM (
            SELECT *, coalesce(broken, CASE
                WHEN verified = 'entered-in-error' THEN 'entered-in-error'
                WHEN copy > 1 THEN 'duplicate-id'
                WHEN infant IS NULL THEN 'no-subject'
                WHEN verified IN ('unconfirmed', 'provisional', 'differential') THEN 'unconfirmed'
                WHEN codes_differ THEN 'code-conflict'
                WHEN bound_kind IS NULL THEN 'unbound-code'
                WHEN bound_kind NOT IN ('sign', 'condition') THEN 'excluded-code'
                WHEN when_said IS NOT NULL AND time IS NULL THEN 'bad-time' END) AS gone
            FROM (
                SELECT taken.*, {one("kind")} AS bound_kind, {one("word")} AS word, {conflict()} AS codes_differ,
                    {source_code()} AS source_code
                FROM (
                    SELECT c.n, {base("Condition", "c")} AS broken, subject_of(c.subject.reference, 'Patient') AS infant,
                        coalesce(c.onsetDateTime, c.onsetPeriod."start", c.recordedDate) AS when_said,
                        moment_of(when_said) AS time, {verified} AS verified, {codings("c.code")},
                        coalesce(c.abatementDateTime, c.abatementPeriod."end", c.onsetPeriod."end") AS ended_said,
                        c.onsetDateTime IS NOT NULL OR c.onsetPeriod IS NOT NULL AS begun,
                        CASE WHEN c.id IS NOT NULL THEN row_number() OVER (PARTITION BY c.id ORDER BY c.n) END AS copy,
                        nullif(regexp_extract({said("c.severity")}, 'mild|moderate|severe'), '') AS severity
                    FROM ({lines(path, "Condition")}) c
                ) taken
                {joins()}
            )
        )
    )
    SELECT infant, {start} + 2 * n AS seq, time, CASE WHEN gone IS NULL THEN bound_kind END AS kind,
        CASE WHEN gone IS NULL THEN word END AS code, source_code, verified IS NOT DISTINCT FROM 'refuted' AS absent,
        NULL::BIGINT AS lasting, CASE WHEN bound_kind = 'condition' THEN severity END AS grade, length(when_said) = 10 AS day,
        {listed("gone", "doubt")} AS trouble, gone IS NOT NULL AS lost
    FROM told
    UNION ALL BY NAME
    SELECT infant, {start} + 2 * n + 1 AS seq, ended AS time, bound_kind AS kind, word AS code, source_code,
        bound_kind = 'sign' AS absent,
        CASE WHEN bound_kind = 'condition' THEN epoch(ended - time)::BIGINT END AS lasting, length(ended_said) = 10 AS day,
        CASE WHEN bound_kind = 'condition' THEN severity END AS grade
    FROM told WHERE gone IS NULL AND begun AND ended > time AND verified IS DISTINCT FROM 'refuted'"""
