"""Amounts as they are ordered: `0.2mmol/kg`, `0.8mEq`, `50mg-salt/kg`, `5mg-elemental/kg`, `0.1mL/kg`. Plain mg is refused."""

from __future__ import annotations

import re
from fractions import Fraction

from neomag import units
from neomag.knowledge import Knowledge
from neomag.knowledge.amount import Amount, unit_of
from neomag.knowledge.dosing import SULFATE

FORM = "an amount such as `0.2mmol/kg`, `0.8mEq`, `50mg-salt/kg`, `5mg-elemental/kg` or `0.1mL/kg`"
_WRITTEN = re.compile(r"\s*(\d+(?:\.\d+)?|\.\d+)\s*([^\d\s/][^/]*?)\s*(/\s*kg)?\s*(?:/\s*dose)?\s*", re.IGNORECASE)


class DoseInputError(ValueError):
    """An input that cannot be read; `problems` says what would be accepted, a line each. The command exits with 2."""

    def __init__(self, *problems: str):
        self.problems = problems
        super().__init__("; ".join(problems))


class AmbiguousUnitError(DoseInputError):
    """A mass that does not say of what: `written` is the amount as it was written. A refusal, not an error of form."""

    def __init__(self, written: str):
        self.written = written
        super().__init__(f"`{written}` does not say of what; write {FORM}")


def number_in(text: str) -> Fraction:
    """The number written in `text`, exactly. Raises DoseInputError for one of impossible size."""
    try:
        return Fraction(units.number(text))
    except units.UnitError as error:
        raise DoseInputError(f"`{text[:40]}`: {error}") from None


def parse_amount(text: str, knowledge: Knowledge, *, nothing: bool = False) -> Amount:
    """The amount written in `text`, exactly; with `nothing` it may be none, in any unit.

    Raises AmbiguousUnitError for mg or g without salt or elemental, DoseInputError for anything else that is no amount:
    no unit, an unknown one, a sign, a comma, an exponent, zero, or a number of impossible size.
    """
    match = _WRITTEN.fullmatch(text) if len(text) <= 80 else None
    unit = unit_of(match[2], knowledge) if match else None
    if match is None or unit is None:
        raise DoseInputError(f"`{text[:40]}` is no amount; write {FORM}")
    value = number_in(match[1])
    if not value and nothing:
        return Amount(value, "mmol", False, text.strip())
    if not value:
        raise DoseInputError(f"`{text[:40]}`: the amount must be more than nothing")
    if unit.kind == "ambiguous":
        raise AmbiguousUnitError(text.strip())
    return Amount(value * unit.factor, unit.kind, match[3] is not None, text.strip())


def sulfate_mg(mmol: Fraction, knowledge: Knowledge) -> Fraction:
    """`mmol` of magnesium as mg of magnesium sulfate heptahydrate, in which the ceilings are written."""
    return mmol * knowledge.dosing.salts[SULFATE].g_per_mol


def sulfate_mmol(mg: Fraction, knowledge: Knowledge) -> Fraction:
    """`mg` of magnesium sulfate heptahydrate as mmol of magnesium."""
    return mg / knowledge.dosing.salts[SULFATE].g_per_mol
