"""What stands against a dose: every ceiling, the infant, and what is beside. Refusals first, warnings apart."""

from __future__ import annotations

from dataclasses import dataclass

from neomag.dosing.beside_checks import beside
from neomag.dosing.ceiling_checks import ceilings
from neomag.dosing.figures import Figures
from neomag.dosing.infant_checks import infant
from neomag.dosing.lines import Line
from neomag.dosing.measure import Dilution
from neomag.dosing.order import Order
from neomag.dosing.state import State
from neomag.knowledge import Knowledge


@dataclass(frozen=True, slots=True)
class Against:
    """Every refusal and warning of one dose."""

    refused: tuple[Line, ...]
    warnings: tuple[Line, ...]


def check(figures: Figures, mixed: Dilution, order: Order, state: State, knowledge: Knowledge) -> Against:
    """Everything that stands against a dose, each once: ceilings, then level, kidneys and heart, then what is beside."""
    refused: dict[tuple[str, str], Line] = {}
    warned: dict[tuple[str, str], Line] = {}
    for source in (
        ceilings(figures, mixed, order, state, knowledge),
        infant(order, state, knowledge),
        beside(order, state, knowledge),
    ):
        for refuses, line in source:
            (refused if refuses else warned).setdefault((line.code, line.says), line)
    return Against(tuple(refused.values()), tuple(warned.values()))
