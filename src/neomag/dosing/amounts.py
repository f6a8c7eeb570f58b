"""Amounts as they are ordered: `0.2mmol/kg`, `0.8mEq`, `50mg-salt/kg`, `5mg-elemental/kg`, `0.1mL/kg`. Plain mg is refused."""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction

from neomag import units
from neomag.dosing.products import SULFATE, mg_salt_per_ml
from neomag.knowledge import Knowledge
from neomag.knowledge.dosing import Product, Spelling

FORM = "an amount such as `0.2mmol/kg`, `0.8mEq`, `50mg-salt/kg`, `5mg-elemental/kg` or `0.1mL/kg`"
_WRITTEN = re.compile(r"\s*(\d+(?:\.\d+)?|\.\d+)\s*([^\d\s/][^/]*?)\s*(/\s*kg)?\s*(?:/\s*dose)?\s*", re.IGNORECASE)


class DoseInputError(ValueError):
    """An input that cannot be read; the text says what would be accepted. The command exits with 2."""


class AmbiguousUnitError(DoseInputError):
    """A mass that does not say of what: `written` is the amount as it was written. A refusal, not an error of form."""

    def __init__(self, written: str):
        self.written = written
        super().__init__(f"`{written}` does not say of what; write {FORM}")


@dataclass(frozen=True, slots=True)
class Amount:
    """An exact `value` in a unit of `kind` (salt and elemental in mg, mmol, meq, ml), by kg of weight or not."""

    value: Fraction
    kind: str
    per_kg: bool
    written: str

    def mmol(self, weight_kg: Fraction, product: Product, knowledge: Knowledge) -> Fraction:
        """The amount in mmol of magnesium at this weight. Milligrams of salt and mL are those of `product`."""
        total = self.value * weight_kg if self.per_kg else self.value
        magnesium = knowledge.analytes["magnesium"]
        salt = knowledge.dosing.salts[product.salt]
        match self.kind:
            case "mmol":
                return total
            case "meq":
                return total / (magnesium.valence or 1)
            case "elemental":
                return total / (magnesium.molar_mass or 1)
            case "salt":
                return total / salt.g_per_mol
            case _:
                return total * mg_salt_per_ml(product) / salt.g_per_mol


def unit_of(text: str, knowledge: Knowledge) -> Spelling | None:
    """The unit of amount written in `text`, matched without regard to case and spaces; None when there is none such."""
    plain = re.sub(r"\s", "", text).casefold()
    for unit in knowledge.dosing.amounts.values():
        if plain == unit.id.casefold() or plain in (s.casefold() for s in unit.spellings):
            return unit
    return None


def parse_amount(text: str, knowledge: Knowledge) -> Amount:
    """The amount written in `text`, exactly.

    Raises AmbiguousUnitError for mg or g without salt or elemental, DoseInputError for anything else that is no amount:
    no unit, an unknown one, a sign, a comma, an exponent, zero, or a number of impossible size.
    """
    match = _WRITTEN.fullmatch(text) if len(text) <= 80 else None
    unit = unit_of(match[2], knowledge) if match else None
    if match is None or unit is None:
        raise DoseInputError(f"`{text[:40]}` is no amount; write {FORM}")
    try:
        value = Fraction(units.number(match[1]))
    except units.UnitError as error:
        raise DoseInputError(f"`{text[:40]}`: {error}") from None
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
