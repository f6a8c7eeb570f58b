"""FHIR MedicationAdministration and MedicationRequest to raw events; the drug may stand in a Medication they refer to."""

from __future__ import annotations

from collections.abc import Mapping

from neomag.cohort.readers.bindings import word_in
from neomag.cohort.readers.fhir_columns import base, lines
from neomag.cohort.readers.fhir_sql import CODED, codings, conflict, joins, listed, one, said, source_code, time_trouble
from neomag.terminology import Bindings

# Of the table `medications`: what `codings` gives of each.
COLUMNS = f"id VARCHAR, {', '.join(f'{name} VARCHAR' for name in CODED)}"


def medications(path: str) -> str:
    """SQL: id, codes, names and place of the Medications of a file."""
    return f"""
    SELECT m.n, m.id, {codings("m.code")} FROM ({lines(path, "Medication")}) m
    WHERE {base("Medication", "m")} IS NULL AND m.id IS NOT NULL"""


def lines_of(path: str, resource: str) -> str:
    """SQL: lines of drugs given or ordered, with `codings` of the drug where it stands in the line, contained or not, else the
    id of the Medication it is `referring` to."""
    own, referred = "m.medicationCodeableConcept", "m.medicationReference"
    inside = f"list_filter(m.contained, lambda c: c.resourceType = 'Medication' AND '#' || c.id = {referred}.reference)[1]"
    more = _MORE if resource == "MedicationAdministration" else ""
    return f"""
    SELECT m.n, m.id, {base(resource, "m")} AS broken, m.status, subject_of(m.subject.reference, 'Patient') AS infant,
        {codings(f"coalesce({own}, m.held.code)")},
        {referred} IS NOT NULL AND {own} IS NULL AND m.held IS NULL AS referring,
        CASE WHEN referring THEN subject_of({referred}.reference, 'Medication') END AS referred{more}
    FROM (SELECT m.*, {inside} AS held FROM ({lines(path, resource)}) m) m"""


_MORE = f""", coalesce(m.effectiveDateTime, m.effectivePeriod."start") AS when_said, m.effectivePeriod."end" AS ended_said,
        {said("m.dosage.route")} AS route_said,
        m.dosage.route.coding[1].system || '|' || m.dosage.route.coding[1].code AS route_key,
        try_cast(m.dosage.dose."value" AS DOUBLE) AS dose, coalesce(m.dosage.dose.code, m.dosage.dose.unit) AS dose_unit"""


def _named(drugs: str) -> str:
    """SQL: `drugs` (of lines_of) with the codings of what they refer to. `astray`: they refer to none that there is."""
    coded = ", ".join(f"CASE WHEN d.id IS NULL THEN m.{name} ELSE d.{name} END AS {name}" for name in CODED)
    return f"""
    SELECT m.* REPLACE ({coded}), referring AND d.id IS NULL AS astray
    FROM {drugs} m LEFT JOIN medications d ON d.id = m.referred"""


def given(drugs: str, start: int, bindings: Bindings) -> str:
    """SQL: raw_events of drugs given (a relation of `lines_of`). A drug is known by its code, or by a name that codes.csv
    binds."""
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
                WHEN again THEN 'duplicate-id'
                WHEN status IS NULL OR status NOT IN ('completed', 'in-progress', 'stopped') THEN 'not-given'
                WHEN infant IS NULL THEN 'no-subject'
                WHEN astray THEN 'unresolved-reference'
                WHEN codes_differ THEN 'code-conflict'
                WHEN drug IS NULL THEN 'unbound-code'
                WHEN bound_kind NOT IN ('given') THEN 'excluded-code'
                WHEN when_said IS NOT NULL AND time IS NULL THEN 'bad-time' END) AS gone
            FROM (
                SELECT taken.*, {one("kind")} AS bound_kind, {conflict()} AS codes_differ,
                    coalesce({one("word")}, by_name) AS drug,
                    coalesce({source_code()}, 'name ' || by_name) AS source_code, coalesce(r.word, route_name) AS route
                FROM (
                    SELECT *, moment_of(when_said) AS time, {word_in("called", bindings.names("given"))} AS by_name,
                        {word_in("concat(' ', route_said, ' ')", _whole(bindings.names("route")))} AS route_name,
                        try_cast(nullif(regexp_extract(called, '([0-9]+([.][0-9]+)?) ?%', 1), '') AS DOUBLE) AS concentration,
                        n > once AS again
                    FROM ({_named(drugs)})
                    LEFT JOIN (SELECT id AS twice, min(n) AS once FROM {drugs} GROUP BY id HAVING count(id) > 1) ON twice = id
                ) taken
                {joins()}
                LEFT JOIN bound r ON r.kind = 'route' AND r.key = route_key
            )
        )
    )"""


def _whole(names: Mapping[str, str]) -> dict[str, str]:
    """Names as whole words of a text with a space at either end: `iv` is not found in `rivastigmine`."""
    return {f" {name} ": word for name, word in names.items()}


def ordered(drugs: str, start: int, bindings: Bindings) -> str:
    """SQL: raw_events of orders, every one lost: an order is not a dose."""
    return f"""
    SELECT infant, {start} + n AS seq, source_code, [gone] AS trouble, true AS lost FROM (
        SELECT n, infant, coalesce({source_code()}, 'name ' || by_name) AS source_code, coalesce(broken, CASE
            WHEN status = 'entered-in-error' THEN 'entered-in-error'
            WHEN astray THEN 'unresolved-reference'
            WHEN coalesce({one("word")}, by_name) IS NULL THEN 'unbound-code' ELSE 'ordered-not-given' END) AS gone
        FROM (SELECT *, {word_in("called", bindings.names("given"))} AS by_name FROM ({_named(drugs)}))
        {joins()}
    )"""
