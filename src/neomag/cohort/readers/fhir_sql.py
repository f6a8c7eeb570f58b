"""Parts of SQL that FHIR resources share: references, times, codes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from neomag.sql import literal

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

# The first four codings of a concept are looked up; hardly any record has more than three.
_CODINGS = 4
# The names of what `codings` gives.
CODED = (*(f"key{n}" for n in range(1, _CODINGS + 1)), "first_code", "called")


def install(con: DuckDBPyConnection, zone: str) -> None:
    """Macros of references and times; `zone` is that of times without one."""
    # `Patient/x`, `https://host/fhir/Patient/x/_history/1`, `urn:uuid:x`.
    con.execute(r"""
        CREATE OR REPLACE TEMP MACRO subject_of(said, kind) AS CASE
            WHEN starts_with(said, kind || '/') AND NOT contains(substr(said, length(kind) + 2), '/')
            THEN nullif(substr(said, length(kind) + 2), '')
            WHEN starts_with(said, 'urn:uuid:') THEN substr(said, 10)
            WHEN starts_with(said, kind || '/') OR contains(said, '/' || kind || '/')
            THEN nullif(split_part(split_part('/' || said, '/' || kind || '/', 2), '/', 1), '') END""")
    # A time of day needs its zone in FHIR; one without, and a day, are of the zone given.
    local = "" if zone == "UTC" else literal(zone)
    utc = "moment" if not local else f"timezone('UTC', timezone({local}, moment))"
    con.execute(f"CREATE OR REPLACE TEMP MACRO in_zone(moment) AS {utc}")
    con.execute(r"""
        CREATE OR REPLACE TEMP MACRO moment_of(said) AS CASE
            WHEN length(said) > 10 THEN CASE
                WHEN right(said, 1) = 'Z' THEN try_cast(said AS TIMESTAMP)
                -- A cast to TIMESTAMP would drop the offset without a word.
                WHEN substr(said, length(said) - 5, 1) IN ('+', '-') THEN timezone('UTC', try_cast(said AS TIMESTAMPTZ))
                ELSE in_zone(try_cast(said AS TIMESTAMP)) END
            WHEN length(said) = 10 THEN in_zone(try_cast(said AS TIMESTAMP))
            WHEN length(said) = 7 THEN in_zone(try_cast(said || '-01' AS TIMESTAMP) + INTERVAL 1 MONTH - INTERVAL 1 SECOND)
            WHEN length(said) = 4 THEN in_zone(try_cast(said || '-12-31 23:59:59' AS TIMESTAMP)) END""")


def time_trouble(said: str, moment: str) -> str:
    """SQL: what is doubtful about the time written in `said` and read as `moment`, or NULL. (No time: normalising tells.)"""
    return (
        f"CASE WHEN {said} IS NOT NULL AND {moment} IS NULL THEN 'bad-time' WHEN length({said}) = 10 THEN 'date-only' "
        f"WHEN length({said}) < 10 THEN 'imprecise-time' END"
    )


def codings(concept: str) -> str:
    """SQL: select items of a concept, for `joins` and the others: key1…, first_code, called (all its names, in lower case).

    Taken out of the nested concept before anything is joined, since joins carry every column along.
    """
    at = [f"{concept}.coding[{n}]" for n in range(1, _CODINGS + 1)]
    keys = ", ".join(f"{coding}.system || '|' || {coding}.code AS key{n}" for n, coding in enumerate(at, start=1))
    return f"{keys}, coalesce({at[0]}.system || ' ' || {at[0]}.code, {at[0]}.code) AS first_code, {said(concept)} AS called"


def said(concept: str) -> str:
    """SQL: everything a concept is called, in lower case."""
    displays = ", ".join(f"{concept}.coding[{n}].display" for n in range(1, _CODINGS + 1))
    return f"lower(concat_ws(' ', {concept}.text, {displays}))"


def joins() -> str:
    """SQL: left joins of `bound` for the codings, as b1, b2, …"""
    return "\n".join(f"LEFT JOIN bound b{n} ON b{n}.key = key{n}" for n in range(1, _CODINGS + 1))


def one(column: str) -> str:
    """SQL: a column of the first coding that is bound."""
    return f"coalesce({', '.join(f'b{n}.{column}' for n in range(1, _CODINGS + 1))})"


def conflict() -> str:
    """SQL: whether bound codings of one concept mean different things."""
    word, kind = one("word"), one("kind")
    return " OR ".join(f"b{n}.word <> {word} OR b{n}.kind <> {kind}" for n in range(2, _CODINGS + 1))


def source_code() -> str:
    """SQL: the code as it stands in the source, `LOINC 2601-3`: the first one bound, else the first one there."""
    return f"coalesce({one('system')} || ' ' || {one('code')}, first_code)"


def listed(*troubles: str) -> str:
    """SQL: the troubles that are not NULL, as a list; NULL when there is none."""
    each = ", ".join(troubles)
    return f"CASE WHEN coalesce({each}) IS NOT NULL THEN list_filter([{each}], lambda trouble: trouble IS NOT NULL) END"


def code_unit(property_: str, dimension: str, unit: str) -> str:
    """SQL: the trouble of a unit of mass under a code of moles, or the other way, or NULL; the unit is believed."""
    return (
        f"CASE WHEN {property_} = 'mass' AND {dimension} IN ('substance-concentration', 'charge-concentration') "
        f"OR {property_} = 'moles' AND {dimension} = 'mass-concentration' "
        f"THEN 'code-unit-conflict: ' || {property_} || ' ' || {unit} END"
    )


def trait_amount(number: str) -> str:
    """SQL: a weight in g or a gestation in weeks, by the factors of trait_units. 4.1 kg are 4100 g, not a little more."""
    return f"CASE WHEN under = '1' THEN round({number} * over_::DOUBLE, 6) ELSE {number} * over_::DOUBLE / under::DOUBLE END"
