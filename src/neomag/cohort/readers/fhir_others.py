"""FHIR Patient, Encounter, Specimen, Condition and medications to infants, traits and raw events."""

from __future__ import annotations

from collections.abc import Mapping

from neomag.cohort.readers.bindings import word_in
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
    """SQL: id and tags of the specimens that have any, by the code of their condition or by words of records.toml."""
    words = bindings.words("specimen")
    parts = (
        "s.type, s.condition[1], s.condition[2], s.condition[3], s.container[1].type, s.container[1].additiveCodeableConcept"
    )
    called = f"lower(concat_ws(' ', s.container[1].description, {', '.join(_names(part) for part in parts.split(', '))}))"
    tags = ", ".join(f"CASE WHEN contains(called, {literal(word)}) THEN {literal(tag)} END" for word, tag in words.items())
    return f"""
    SELECT id, list_sort(list_distinct(found)) AS tags FROM (
        SELECT id, list_filter([first, second, third, {tags}], lambda t: t IS NOT NULL) AS found FROM (
            SELECT s.id, {called} AS called, b1.word AS first, b2.word AS second, b3.word AS third
            FROM ({lines(path, "Specimen")}) s
            {"".join(_condition_join(n) for n in (1, 2, 3))}
        )
    ) WHERE id IS NOT NULL AND len(found) > 0"""


def _condition_join(n: int) -> str:
    coding = f"s.condition[{n}].coding[1]"
    return f"\nLEFT JOIN bound b{n} ON b{n}.kind = 'specimen' AND b{n}.key = {coding}.system || '|' || {coding}.code"


def _names(concept: str) -> str:
    return f"{concept}.text, {concept}.coding[1].display, {concept}.coding[2].display"


def specimen_problems(path: str, start: int) -> str:
    """SQL: problems of lines of specimens that cannot be read."""
    return f"""
    SELECT NULL::VARCHAR AS infant, {start} + s.n AS seq, coalesce({base("Specimen", "s")}, 'no-id') AS problem
    FROM ({lines(path, "Specimen")}) s
    WHERE {base("Specimen", "s")} IS NOT NULL OR s.id IS NULL"""


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


def given(path: str, start: int, bindings: Bindings) -> str:
    """SQL: raw_events of drugs given. A drug is known by its code, or by a name that codes.csv binds."""
    return f"""
    SELECT infant, {start} + n AS seq, time, CASE WHEN gone IS NULL THEN 'given' END AS kind,
        CASE WHEN gone IS NULL THEN drug END AS code, source_code, dose,
        CASE WHEN dose IS NOT NULL THEN dose_unit END AS dose_unit,
        route, concentration, epoch(moment_of(ended_said) - time)::BIGINT AS "over", length(when_said) = 10 AS day,
        {listed("gone", "doubt")} AS trouble, gone IS NOT NULL AS lost
    FROM (
        SELECT *, CASE WHEN gone IS NULL THEN {time_trouble("when_said", "time")} END AS doubt FROM (
            SELECT *, coalesce(broken, CASE
                WHEN status = 'entered-in-error' THEN 'entered-in-error'
                WHEN copy > 1 THEN 'duplicate-id'
                WHEN status IS NULL OR status NOT IN ('completed', 'in-progress', 'stopped') THEN 'not-given'
                WHEN infant IS NULL THEN 'no-subject'
                WHEN codes_differ THEN 'code-conflict'
                WHEN drug IS NULL THEN 'unbound-code'
                WHEN bound_kind NOT IN ('given') THEN 'excluded-code'
                WHEN when_said IS NOT NULL AND time IS NULL THEN 'bad-time' END) AS gone
            FROM (
                SELECT taken.*, {one("kind")} AS bound_kind, {conflict()} AS codes_differ,
                    coalesce({one("word")}, by_name) AS drug,
                    coalesce({source_code()}, 'name ' || by_name) AS source_code, coalesce(r.word, route_name) AS route
                FROM (
                    SELECT m.n, {base("MedicationAdministration", "m")} AS broken, m.status,
                        subject_of(m.subject.reference, 'Patient') AS infant, {codings("m.medicationCodeableConcept")},
                        coalesce(m.effectiveDateTime, m.effectivePeriod."start") AS when_said, moment_of(when_said) AS time,
                        m.effectivePeriod."end" AS ended_said, {word_in("called", bindings.names("given"))} AS by_name,
                        {said("m.dosage.route")} AS route_said,
                        {word_in("concat(' ', route_said, ' ')", _whole(bindings.names("route")))} AS route_name,
                        m.dosage.route.coding[1].system || '|' || m.dosage.route.coding[1].code AS route_key,
                        try_cast(m.dosage.dose."value" AS DOUBLE) AS dose,
                        coalesce(m.dosage.dose.code, m.dosage.dose.unit) AS dose_unit,
                        try_cast(nullif(regexp_extract(called, '([0-9]+([.][0-9]+)?) ?%', 1), '') AS DOUBLE) AS concentration,
                        CASE WHEN m.id IS NOT NULL THEN row_number() OVER (PARTITION BY m.id ORDER BY m.n) END AS copy
                    FROM ({lines(path, "MedicationAdministration")}) m
                ) taken
                {joins()}
                LEFT JOIN bound r ON r.kind = 'route' AND r.key = route_key
            )
        )
    )"""


def _whole(names: Mapping[str, str]) -> dict[str, str]:
    """Names as whole words of a text with a space at either end: `iv` is not found in `rivastigmine`."""
    return {f" {name} ": word for name, word in names.items()}


def ordered(path: str, start: int, bindings: Bindings) -> str:
    """SQL: raw_events of orders, every one lost: an order is not a dose."""
    return f"""
    SELECT infant, {start} + n AS seq, source_code, [gone] AS trouble, true AS lost FROM (
        SELECT n, infant, coalesce({source_code()}, 'name ' || by_name) AS source_code, coalesce(broken, CASE
            WHEN status = 'entered-in-error' THEN 'entered-in-error'
            WHEN coalesce({one("word")}, by_name) IS NULL THEN 'unbound-code' ELSE 'ordered-not-given' END) AS gone
        FROM (
            SELECT m.n, {base("MedicationRequest", "m")} AS broken, m.status,
                subject_of(m.subject.reference, 'Patient') AS infant,
                {codings("m.medicationCodeableConcept")}, {word_in("called", bindings.names("given"))} AS by_name
            FROM ({lines(path, "MedicationRequest")}) m
        )
        {joins()}
    )"""
