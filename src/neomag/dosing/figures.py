"""What the ceilings are held against: a dose in mg of sulfate heptahydrate, by kg, by 24 hours, by minute."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from neomag.dosing.amounts import sulfate_mg
from neomag.dosing.order import Order
from neomag.dosing.state import State
from neomag.knowledge import Knowledge


@dataclass(frozen=True, slots=True)
class Figures:
    """Milligrams of sulfate heptahydrate (or as much magnesium): in all, by kg, by kg in 24 h, by kg and minute.

    The 24 h total is what was given and every dose that is planned in 24 h. `rate` is None where nothing runs, and for a push.
    """

    mg: Fraction
    mg_per_kg: Fraction
    total_mg_per_kg: Fraction
    rate: Fraction | None

    def to_dict(self) -> dict[str, Any]:
        """As JSON has it."""
        return {
            "mg_salt_per_kg": float(self.mg_per_kg),
            "total_24h_mg_salt_per_kg": float(self.total_mg_per_kg),
            "mg_per_kg_per_min": None if self.rate is None else float(self.rate),
        }


def figures(mmol: Fraction, order: Order, state: State, knowledge: Knowledge) -> Figures:
    """The figures of `mmol` of magnesium, given as `order` says."""
    mg = sulfate_mg(mmol, knowledge)
    total = mg * order.in_24h + sulfate_mg(state.given_24h_mmol, knowledge)
    per_kg = mg / state.weight_kg
    return Figures(mg, per_kg, total / state.weight_kg, per_kg / order.over if order.over else None)
