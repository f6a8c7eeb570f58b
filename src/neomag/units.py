"""Quantities: exact numbers, units, and their conversion by molar mass and valence. What is not listed is refused.

The tables are `units.toml` and `analytes.toml` of the knowledge. Numbers stay exact (Decimal, Fraction) until the one
rounding to the float that rules compare, so that 1.4583 mg/dL and 0.6 mmol/L of magnesium are the same number.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from functools import cache

from neomag.knowledge import Analyte, Knowledge
from neomag.nearest import nearest

# Beyond these exponents a number is a slip or an attack, and exact arithmetic on it would be unbounded.
_LARGEST, _SMALLEST = 12, -12


class UnitError(ValueError):
    """A number or unit that cannot be used; the text says what would be accepted."""


@dataclass(frozen=True, slots=True)
class Reading:
    """A laboratory value: `value` in the analyte's canonical `unit`, and as `reported`.

    `plausible` is False when the number is outside the analyte's band: a slip of unit or decimal point is suspected.
    """

    value: float
    unit: str
    reported: str
    plausible: bool


def number(given: object) -> Decimal:
    """`given` (int, float, Decimal or text) as an exact, finite, non-negative Decimal of sane size. Raises UnitError."""
    if isinstance(given, bool) or not isinstance(given, int | float | Decimal | str):
        raise UnitError("write a number")
    try:
        # repr gives the shortest text that is the same float: 0.13 becomes exactly 0.13.
        exact = Decimal(repr(given) if isinstance(given, float) else given.strip() if isinstance(given, str) else given)
    except InvalidOperation:
        raise UnitError("write a plain number (no comparator, no comma)") from None
    if not exact.is_finite():
        raise UnitError("the number must be finite")
    if exact.is_signed() and exact != 0:
        raise UnitError("the number must not be negative")
    # Of zero too: written without its exponent, 0e-999999 would be a megabyte of zeros.
    if not _SMALLEST <= exact.adjusted() <= _LARGEST or len(exact.as_tuple().digits) > 30:
        raise UnitError("no measurement has a number of that size")
    return abs(exact)


def plain(unit: str) -> str:
    """A unit without spaces, case and kind of micro sign, as units are compared."""
    return "".join(unit.split()).replace("µ", "u").replace("μ", "u").casefold()


@cache
def _spellings(knowledge: Knowledge) -> dict[str, list[tuple[str, str]]]:
    """Each spelling of a unit to its (dimension, canonical spelling) pairs."""
    found: dict[str, list[tuple[str, str]]] = {}
    for dimension, units in knowledge.units.items():
        for unit in units:
            found.setdefault(plain(unit), []).append((dimension, unit))
    return found


def dimension(unit: str, knowledge: Knowledge) -> tuple[str, str]:
    """The (dimension, canonical spelling) of `unit`. Raises UnitError naming the nearest unit there is."""
    found = _spellings(knowledge).get(plain(unit))
    if not found:
        near = nearest(plain(unit), _spellings(knowledge))
        hint = f"; is it `{_spellings(knowledge)[near][0][1]}`?" if near else ""
        raise UnitError(f"unit `{unit}` is not known{hint}")
    return found[0]


def convert(value: Decimal | Fraction, unit: str, to: str, knowledge: Knowledge, analyte: Analyte | None = None) -> Fraction:
    """`value` in `unit` as an exact amount in unit `to`, by way of the analyte's molar mass and valence where needed.

    Raises UnitError when the two have no common dimension for this analyte.
    """
    (have, unit), (want, to) = dimension(unit, knowledge), dimension(to, knowledge)
    amount = Fraction(value) * knowledge.units[have][unit]
    if have != want:
        amount = _to_substance(amount, have, analyte, knowledge) / _to_substance(Fraction(1), want, analyte, knowledge)
    return amount / knowledge.units[want][to]


def _to_substance(amount: Fraction, dimension: str, analyte: Analyte | None, knowledge: Knowledge) -> Fraction:
    """An amount in the first unit of its dimension, as mmol/L (for ratios: mol/mol)."""
    if dimension in {"substance-concentration", "substance-ratio"}:
        return amount
    if analyte is not None:
        if dimension == "mass-concentration" and analyte.molar_mass is not None:
            return amount * 1000 / analyte.molar_mass
        if dimension == "charge-concentration" and analyte.valence is not None:
            return amount / analyte.valence
        if dimension == "mass-ratio" and analyte.ratio_of is not None:
            upper, lower = (knowledge.analytes[code].molar_mass for code in analyte.ratio_of)
            if upper is not None and lower is not None:
                return amount * lower / upper
    raise UnitError(f"{dimension} does not convert{f' for {analyte.code}' if analyte else ''}")


def accepted_unit(analyte: Analyte, unit: object, knowledge: Knowledge) -> str:
    """The canonical spelling of `unit` when `analyte` may have it. Raises UnitError saying which it may have."""
    if unit is None:
        if analyte.unitless:
            return analyte.canonical
        raise UnitError(f"a value needs its unit; {analyte.code} may have {', '.join(analyte.units)}")
    if not isinstance(unit, str):
        raise UnitError(f"the unit must be text; {analyte.code} may have {', '.join(analyte.units)}")
    for refused, reason in analyte.refused.items():
        if plain(unit) == plain(refused):
            raise UnitError(f"{analyte.code} in {refused} is refused: {reason}; it may have {', '.join(analyte.units)}")
    for known in analyte.units:
        if plain(unit) == plain(known):
            return known
    raise UnitError(f"{analyte.code} cannot have unit `{unit[:40]}`; it may have {', '.join(analyte.units)}")


def read(analyte: Analyte, value: object, unit: object, knowledge: Knowledge) -> Reading:
    """A reported laboratory value in its analyte's canonical unit. Raises UnitError for a number or unit that is refused."""
    exact = number(value)
    known = accepted_unit(analyte, unit, knowledge)
    canonical = float(convert(exact, known, analyte.canonical, knowledge, analyte))
    if known in analyte.plausible:
        low, high = analyte.plausible[known]
        plausible = low <= float(exact) <= high
    else:
        low, high = analyte.plausible[analyte.canonical]
        plausible = low <= canonical <= high
    return Reading(canonical, analyte.canonical, f"{exact:f} {known}", plausible)


_QUANTITY = re.compile(r"\s*([-+]?[\d.]+(?:[eE][-+]?\d+)?)\s*([^\d\s.].*?)\s*")


def quantity(text: str) -> tuple[Decimal, str]:
    """The number and unit of a quantity such as `4.1 kg`. Raises UnitError when either is missing."""
    match = _QUANTITY.fullmatch(text)
    if match is None:
        raise UnitError("write a number and its unit, such as `4.1 kg`")
    return number(match[1]), match[2]
