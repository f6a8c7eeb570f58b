"""What a syringe can measure: the volume drawn, the error of it, and the diluent."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from neomag.knowledge import Knowledge
from neomag.knowledge.amount import mg_salt_per_ml
from neomag.knowledge.dosing import Product, Syringe


@dataclass(frozen=True, slots=True)
class Measured:
    """A volume drawn in a syringe (mL) in place of the exact one; `error` is relative, positive when too much is drawn.

    `diluent_ml` is rounded up, so that the strength is at most the one aimed at; `ml_per_h` is the rate of that volume.
    """

    ml: Fraction
    syringe: str
    step_ml: Fraction
    draws: int
    error: Fraction
    diluent_ml: Fraction
    volume_ml: Fraction
    ml_per_h: Fraction | None

    def to_dict(self) -> dict[str, float | str | int | None]:
        """As JSON has it; the error in percent."""
        return {
            "ml": float(self.ml), "syringe": self.syringe, "step_ml": float(self.step_ml), "draws": self.draws,
            "error_percent": float(self.error * 100), "diluent_ml": float(self.diluent_ml), "volume_ml": float(self.volume_ml),
            "ml_per_h": None if self.ml_per_h is None else float(self.ml_per_h),
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class Dilution:
    """Diluent for the exact dose (mL), the volume that results (mL) and its strength (g of salt in 100 mL)."""

    diluent_ml: Fraction
    volume_ml: Fraction
    percent: Fraction

    def to_dict(self) -> dict[str, float]:
        """As JSON has it."""
        return {"diluent_ml": float(self.diluent_ml), "volume_ml": float(self.volume_ml), "percent": float(self.percent)}


def _syringe(ml: Fraction, knowledge: Knowledge) -> tuple[Syringe, int]:
    """The smallest syringe that holds `ml`, else the largest and how often it is filled."""
    by_size = sorted(knowledge.dosing.syringes.values(), key=lambda s: s.holds_ml)
    for syringe in by_size:
        if ml <= syringe.holds_ml:
            return syringe, 1
    return by_size[-1], -(-ml // by_size[-1].holds_ml)


def measured(ml: Fraction, mixed: Dilution, most_ml: Fraction, over: Fraction | None, knowledge: Knowledge) -> Measured:
    """`ml` rounded to the nearest step of its syringe, a half down; one step less where that would pass `most_ml`.

    The diluent (of `mixed`) is rounded up to a step of its own syringe; `over` is in minutes.
    """
    syringe, draws = _syringe(ml, knowledge)
    steps = ml / syringe.step_ml
    nearest = -((Fraction(1, 2) - steps) // 1) * syringe.step_ml
    if nearest > max(most_ml, ml):
        nearest = (steps // 1) * syringe.step_ml
    # As much diluent for what is drawn as the exact dose has for itself.
    wanted = mixed.diluent_ml * max(nearest, ml) / ml
    step = _syringe(wanted, knowledge)[0].step_ml
    diluent = -(-wanted // step) * step
    volume = nearest + diluent
    rate = None if over is None else volume / over * 60
    return Measured(nearest, syringe.id, syringe.step_ml, draws, nearest / ml - 1, diluent, volume, rate)


def dilution(ml: Fraction, product: Product, percent: Fraction) -> Dilution:
    """Diluent that brings `ml` of `product` to at most `percent`; none where the product is weaker already."""
    strongest = min(percent, product.g_per_100ml)
    volume = ml * mg_salt_per_ml(product) / (strongest * 10)
    return Dilution(volume - ml, volume, strongest)
