"""The monitoring plan that goes with a dose: what goes before, what to watch, the next level, when to stop, the antidote."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from neomag import ages
from neomag.dosing.state import State
from neomag.knowledge import Knowledge
from neomag.knowledge.dosing import Watch

PARTS = {
    "before": "Before",
    "watch": "Watch",
    "level": "Next level",
    "stop": "Stop",
    "too-much": "Signs of too much",
    "antidote": "Antidote",
    "course": "Expected course",
}


@dataclass(frozen=True, slots=True)
class Antidote:
    """Calcium for this infant: usual and largest single dose in mL, over how long, never faster; minutes."""

    product: str
    ml: Fraction
    most_ml: Fraction
    over_min: Fraction
    least_min: Fraction

    def to_dict(self) -> dict[str, Any]:
        """As JSON has it."""
        return {
            "product": self.product, "ml": float(self.ml), "most_ml": float(self.most_ml), "over_min": float(self.over_min),
            "never_faster_than_min": float(self.least_min),
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class Plan:
    """The lines of the plan in order, when the next level is due (seconds after the dose: from, to), and the antidote."""

    lines: tuple[Watch, ...]
    level_due: tuple[int, int]
    antidote: Antidote

    def part(self, name: str) -> list[Watch]:
        """The lines of one part."""
        return [line for line in self.lines if line.part == name]

    def to_dict(self) -> dict[str, Any]:
        """As JSON has it: a list for each part, the antidote's figures, the next level in hours after the dose."""
        said = {part: [{"code": w.id, "says": w.says, "sources": list(w.sources)} for w in self.part(part)] for part in PARTS}
        hours = [at / ages.SECONDS["h"] for at in self.level_due]
        return {**said, "next_level_h": hours, "antidote_dose": self.antidote.to_dict()}


def plan(state: State, route: str, knowledge: Knowledge) -> Plan:
    """The monitoring plan for an infant of this weight by this route; lines, times and figures are monitoring.toml's."""
    lines = tuple(watch for watch in knowledge.dosing.monitoring.values() if route in watch.routes)
    return Plan(lines, level_due(knowledge), antidote(state.weight_kg, knowledge))


def level_due(knowledge: Knowledge) -> tuple[int, int]:
    """When the next level is taken: not before, and not after so many seconds from the dose."""
    level = next(w for w in knowledge.dosing.monitoring.values() if w.after is not None and w.until is not None)
    return level.after or 0, level.until or 0


def antidote(weight_kg: Fraction, knowledge: Knowledge) -> Antidote:
    """Calcium gluconate for this weight (kg): usual dose and ceiling in mL, both held to the absolute ceiling."""
    entry = next(w for w in knowledge.dosing.monitoring.values() if w.ml_per_kg is not None)
    most = entry.max_ml or Fraction(0)
    return Antidote(
        entry.product or "",
        min((entry.ml_per_kg or 0) * weight_kg, most),
        min((entry.ml_per_kg_most or 0) * weight_kg, most),
        Fraction(entry.over or 0, 60),
        Fraction(entry.over_least or 0, 60),
    )
