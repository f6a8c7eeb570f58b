"""An amount of magnesium in any unit an order may have, and how much magnesium it is."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from fractions import Fraction

from neomag.knowledge.dosing import Product, Spelling
from neomag.knowledge.model import Knowledge


def mg_salt_per_ml(product: Product) -> Fraction:
    """Milligrams of the product's own salt in one mL (1 g in 100 mL is 10 mg in 1 mL)."""
    return product.g_per_100ml * 10


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
    plain = _plain(text)
    for unit in knowledge.dosing.amounts.values():
        if plain == _plain(unit.id) or plain in map(_plain, unit.spellings):
            return unit
    return None


def _plain(text: str) -> str:
    # The micro sign and the Greek letter are one character in NFKC.
    return re.sub(r"\s", "", unicodedata.normalize("NFKC", text)).casefold()
