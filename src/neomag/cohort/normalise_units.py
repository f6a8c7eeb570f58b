"""Units for a whole table at once: exact factors as whole numbers, so that one division of SQL rounds as one of Python does.

A reported number of at most six decimals is n / 10^k with a whole n; its canonical amount is n times a whole number over
another. Where both fit a double exactly, IEEE division gives the float nearest to the exact amount, the
same as `neomag.units.read`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

from neomag import units
from neomag.case import events
from neomag.intervals import extremes
from neomag.knowledge import Knowledge

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

_EXACT = 2**53
_DECIMALS = 6


@dataclass(frozen=True, slots=True)
class LabUnit:
    """How a result of `code` in reported `unit` converts: times `over` / `under`, with `scale` a power of ten.

    `known` is the unit's own spelling; `band` is judged in the reported unit when `by_reported`, else in the canonical one.
    `refused` is the problem instead.
    """

    code: str
    unit: str | None
    known: str | None = None
    over: float = 0
    under: float = 1
    scale: float = 1
    low: float = 0
    high: float = 0
    by_reported: bool = False
    refused: str | None = None


def lab_unit(code: str, unit: str | None, knowledge: Knowledge) -> LabUnit:
    """How a result of lab `code` in `unit` is to be read."""
    analyte = knowledge.analytes.get(code)
    if analyte is None:
        return LabUnit(code, unit, refused="unknown-code")
    if unit is not None and " | " in unit:
        return LabUnit(code, unit, refused="unit-text-conflict")
    try:
        known = units.accepted_unit(analyte, unit or None, knowledge)
    except units.UnitError:
        return LabUnit(code, unit, refused="unknown-unit" if unit else "no-unit")
    factor = units.convert(Fraction(1), known, analyte.canonical, knowledge, analyte)
    by_reported = known in analyte.plausible
    low, high = analyte.plausible[known if by_reported else analyte.canonical]
    scale = 10**_DECIMALS
    while scale > 1 and factor.denominator * scale >= _EXACT:
        scale //= 10
    return LabUnit(
        code, unit, known, factor.numerator, factor.denominator * scale, scale, low, high, by_reported=by_reported
    )  # fmt: skip


def dose_unit(unit: str) -> str | None:
    """The canonical spelling of a dose's `unit`, as the case reader has it; None where it is not known."""
    try:
        return events.dose_unit(unit)
    except units.UnitError:
        return None


def fill(con: DuckDBPyConnection, knowledge: Knowledge) -> None:
    """Tables lab_units and dose_units for what raw_events holds; both are replaced. A unit that is not known has a NULL."""
    pairs = con.execute("SELECT DISTINCT code, unit FROM raw_events WHERE kind = 'lab' AND code IS NOT NULL").fetchall()
    rows = [lab_unit(code, unit, knowledge) for code, unit in pairs]
    con.execute(
        "CREATE OR REPLACE TABLE lab_units (code VARCHAR, unit VARCHAR, known VARCHAR, over_ DOUBLE, under DOUBLE, "
        "scale DOUBLE, low DOUBLE, high DOUBLE, by_reported BOOLEAN, refused VARCHAR, floor_ DOUBLE, ceiling DOUBLE)"
    )
    for row in rows:
        floor, ceiling = extremes(row.code, knowledge)
        con.execute(
            "INSERT INTO lab_units VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [row.code, row.unit, row.known, float(row.over), float(row.under), float(row.scale), float(row.low),
             float(row.high), row.by_reported, row.refused, floor, ceiling],
        )  # fmt: skip
    doses = con.execute("SELECT DISTINCT dose_unit FROM raw_events WHERE kind = 'given' AND dose_unit IS NOT NULL").fetchall()
    con.execute("CREATE OR REPLACE TABLE dose_units (unit VARCHAR, known VARCHAR)")
    for (unit,) in doses:
        con.execute("INSERT INTO dose_units VALUES (?, ?)", [unit, dose_unit(unit)])


def odd_values(con: DuckDBPyConnection, knowledge: Knowledge, query: str) -> None:
    """Table odd_values(code, unit, value, canonical, plausible): what `query` gives (code, unit, value, each once) as the case
    reader reads it, one by one. It is for numbers with more digits than a laboratory reports."""
    con.execute(
        "CREATE OR REPLACE TABLE odd_values (code VARCHAR, unit VARCHAR, value DOUBLE, canonical DOUBLE, plausible BOOLEAN)"
    )
    found = list(_read_each(con.execute(query).fetchall(), knowledge))
    if found:
        columns = [list(column) for column in zip(*found, strict=True)]
        con.execute(
            "INSERT INTO odd_values SELECT unnest(?::VARCHAR[]), unnest(?::VARCHAR[]), unnest(?::DOUBLE[]), "
            "unnest(?::DOUBLE[]), unnest(?::BOOLEAN[])",
            columns,
        )


def _read_each(
    rows: list[tuple[str, str | None, float]], knowledge: Knowledge
) -> Iterator[tuple[str, str | None, float, float, bool]]:
    for code, unit, value in rows:
        reading = units.read(knowledge.analytes[code], value, unit or None, knowledge)
        yield code, unit, value, reading.value, reading.plausible
