"""One dose in five units, and the same dose again by another way."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from neomag.knowledge import Knowledge
from neomag.knowledge.amount import mg_salt_per_ml
from neomag.knowledge.dosing import Product


@dataclass(frozen=True, slots=True)
class FiveUnits:
    """One dose, exactly: mg of the product's salt, mg of magnesium, mmol, mEq, and mL of the product."""

    mg_salt: Fraction
    mg_elemental: Fraction
    mmol: Fraction
    meq: Fraction
    ml: Fraction

    def to_dict(self) -> dict[str, float]:
        """The five figures as floats."""
        return {name: float(getattr(self, name)) for name in ("mg_salt", "mg_elemental", "mmol", "meq", "ml")}


@dataclass(frozen=True, slots=True)
class Echo:
    """The dose in mL/kg of the product, worked out twice: from the grams in the bottle, and from the mmol on its label."""

    ml_per_kg: Fraction
    by_label_ml_per_kg: Fraction

    def to_dict(self) -> dict[str, float]:
        """Both figures as floats."""
        return {"ml_per_kg": float(self.ml_per_kg), "by_label_ml_per_kg": float(self.by_label_ml_per_kg)}


def five_units(mmol: Fraction, product: Product, knowledge: Knowledge) -> FiveUnits:
    """`mmol` of magnesium in five units; mg of salt and mL are of `product`. Exact."""
    magnesium = knowledge.analytes["magnesium"]
    mg_salt = mmol * knowledge.dosing.salts[product.salt].g_per_mol
    return FiveUnits(
        mg_salt=mg_salt,
        mg_elemental=mmol * (magnesium.molar_mass or 0),
        mmol=mmol,
        meq=mmol * (magnesium.valence or 0),
        ml=mg_salt / mg_salt_per_ml(product),
    )


def echo(dose: FiveUnits, weight_kg: Fraction, product: Product, knowledge: Knowledge) -> Echo:
    """The dose in mL/kg by two other ways: elemental magnesium in a mL of the product, and the label's mmol/mL with mEq.

    Raises ArithmeticError when the first differs at all from the dose, or the second by more than labels are rounded: then
    nothing may be shown.
    """
    magnesium = knowledge.analytes["magnesium"]
    salt = knowledge.dosing.salts[product.salt]
    share = (magnesium.molar_mass or Fraction(0)) / salt.g_per_mol
    ml_per_kg = dose.mg_elemental / weight_kg / (product.g_per_100ml * 1000 * share / 100)
    by_label = dose.meq / (magnesium.valence or 1) / weight_kg / product.label_mmol_per_ml
    rounded = Fraction(knowledge.dosing.defaults["agreement"]["label"])
    for found, tolerance in ((ml_per_kg, Fraction(0)), (by_label, rounded)):
        if abs(found * weight_kg - dose.ml) > tolerance * dose.ml:
            raise ArithmeticError(
                f"two ways to the volume disagree for {product.id}: {float(found)} and {float(dose.ml)} mL/kg"
            )
    return Echo(ml_per_kg, by_label)
