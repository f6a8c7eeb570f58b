"""SQL that reads what tables hold as text: numbers with their comparators, times with or without a zone, pairs of units."""

from __future__ import annotations

from typing import TYPE_CHECKING

from neomag import units
from neomag.knowledge import Knowledge, load
from neomag.sql import literal
from neomag.terminology import load_bindings, plain

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

_COMPARATOR = r"^\s*(<=|>=|<|>|≤|≥|less than|greater than)"
_ZONE = r"\d{2}:\d{2}(:\d{2}(\.\d+)?)?\s?(Z|[+-]\d{2}(:?\d{2})?)$"
# These troubles stop an event: the row is lost. The others leave it in doubt.
LOST = (
    "bad-time", "name-code-conflict", "code-conflict", "not-measured", "not-given", "ordered-not-given", "not-understood",
    "unbound-code", "wrong-type",
)  # fmt: skip


def comparator(text: str) -> str:
    """The comparator in front of a value's text, as `<`, `<=`, `>` or `>=`; NULL when there is none."""
    found = f"regexp_extract(lower(coalesce({text}, '')), {literal(_COMPARATOR)}, 1)"
    return (
        f"CASE {found} WHEN '' THEN NULL WHEN '≤' THEN '<=' WHEN '≥' THEN '>=' WHEN 'less than' THEN '<'"
        f" WHEN 'greater than' THEN '>' ELSE {found} END"
    )


def number(*texts: str) -> str:
    """The first of `texts` that is a finite number, its comparator put aside; NULL when none is."""
    first = literal(_COMPARATOR + r"\s*")
    parts = [f"TRY_CAST(regexp_replace(lower({text}), {first}, '') AS DOUBLE)" for text in texts]
    return f"coalesce({', '.join(f'CASE WHEN isfinite({part}) THEN {part} END' for part in parts)})"


def no_number(value: str, *texts: str) -> str:
    """The trouble of a result without a number: `not-a-number` for a text (it is not repeated), else `not-measured`."""
    given = " OR ".join(f"{text} IS NOT NULL" for text in texts)
    return f"CASE WHEN {value} IS NULL THEN CASE WHEN {given} THEN 'not-a-number' ELSE 'not-measured' END END"


def moment(text: str, zone: str) -> str:
    """A time as TIMESTAMP in UTC: its own offset where it carries one, else of `zone`. NULL when it is not a time."""
    bare = f"TRY_CAST({text} AS TIMESTAMP)"
    local = bare if zone == "UTC" else f"timezone('UTC', timezone({literal(zone)}, {bare}))"
    offset = f"timezone('UTC', TRY_CAST({text} AS TIMESTAMPTZ))"
    return f"CASE WHEN regexp_matches({text}, {literal(_ZONE)}) THEN {offset} ELSE {local} END"


def whole_day(text: str) -> str:
    """Whether a time's text is only a day: no hour is written, or midnight, which tables put where the hour is not known."""
    return f"(NOT regexp_matches({text}, '[T ]\\d') OR regexp_matches({text}, '[T ]00:00(:00(\\.0+)?)?$'))"


def listed(*troubles: str) -> str:
    """The troubles that are not NULL, as a list."""
    return f"list_filter(CAST([{', '.join(troubles)}] AS VARCHAR[]), lambda t: t IS NOT NULL)"


def lost(troubles: str) -> str:
    """Whether one of the troubles stops the event."""
    names = ", ".join(literal(name) for name in LOST)
    return f"coalesce(len(list_filter({troubles}, lambda t: split_part(t, ': ', 1) IN ({names}))) > 0, FALSE)"


def unit_pairs(con: DuckDBPyConnection, name: str, pairs: str) -> str:
    """A table `name` (code, first, second, unit, property) of the distinct rows of `pairs`.

    A result may name its unit twice. `unit` is the one to use, the first where both will do. Where they do not mean the same
    for this analyte (2 mg/dL is not 2 mmol/L) neither can be trusted: then it is both, `mg/dL | mmol/L`, which normalising does
    not know, so that the result stands without a value. `property` is mass or moles, where the unit is of that kind.
    """
    knowledge = load()
    spellings = load_bindings().records["unit_spellings"]
    aliases = {plain(alias): unit for alias, unit in spellings.items() if isinstance(unit, str)}
    said = f"SELECT DISTINCT code, first, second FROM ({pairs}) WHERE first IS NOT NULL OR second IS NOT NULL"
    rows: list[tuple[object, ...]] = []
    for code, first, second in con.execute(said).fetchall():
        known = [aliases.get(plain(unit), unit) if unit else None for unit in (first, second)]
        unit = _one_unit(code, known[0], known[1], knowledge)
        rows.append((code, first, second, unit, _property(unit, knowledge)))
    columns = "code VARCHAR, first VARCHAR, second VARCHAR, unit VARCHAR, property VARCHAR"
    con.execute(f"CREATE OR REPLACE TEMP TABLE {name} ({columns})")
    if rows:
        con.executemany(f"INSERT INTO {name} VALUES (?, ?, ?, ?, ?)", rows)
    return name


def pair_join(pairs: str, of: str) -> str:
    """The join of `unit_pairs` with rows that have code, first and second."""
    return (
        f"LEFT JOIN {pairs} ON {pairs}.code = {of}.code AND {pairs}.first IS NOT DISTINCT FROM {of}.first"
        f" AND {pairs}.second IS NOT DISTINCT FROM {of}.second"
    )


def code_unit(pairs: str, stated: str) -> str:
    """The trouble of a unit of mass under a code of moles, or the other way; the unit is believed, not the code."""
    return (
        f"CASE WHEN {stated} <> '' AND {pairs}.property <> {stated}"
        f" THEN 'code-unit-conflict: ' || {stated} || ' ' || {pairs}.unit END"
    )


def _one_unit(code: str, first: str | None, second: str | None, knowledge: Knowledge) -> str | None:
    if first is None or second is None or code not in knowledge.analytes:
        return first or second
    sizes = [_size(code, unit, knowledge) for unit in (first, second)]
    if None in sizes:
        return second if sizes[0] is None and sizes[1] is not None else first
    return first if sizes[0] == sizes[1] else f"{first} | {second}"


def _size(code: str, unit: str, knowledge: Knowledge) -> object:
    """What one `unit` of the analyte is in its canonical unit; when it does not convert, the known unit itself; else None."""
    analyte = knowledge.analytes[code]
    try:
        return units.convert(units.number(1), unit, analyte.canonical, knowledge, analyte)
    except units.UnitError:
        pass
    try:
        return units.dimension(unit, knowledge)
    except units.UnitError:
        return None


def _property(unit: str | None, knowledge: Knowledge) -> str | None:
    try:
        kind = units.dimension(unit or "", knowledge)[0]
    except units.UnitError:
        return None
    return {"mass-concentration": "mass", "substance-concentration": "moles", "charge-concentration": "moles"}.get(kind)
