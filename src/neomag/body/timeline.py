"""What happens when: the moments at which a scenario changes something, and what comes and goes between and at them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from neomag.body.model import DEPOT, GIVEN, GUT, PLACES, STOOL, Inflow, State
from neomag.body.scenario import Scenario

_SAME = 1e-7  # hours within which two moments are one
_PLACES = {"gut": GUT, "depot": DEPOT, "undissolved": STOOL}


def begin(scenario: Scenario) -> float:
    """Hours after the start at which a run begins: before birth when the mother was given magnesium."""
    return -scenario.mother[1] if scenario.mother else 0.0


def marks(scenario: Scenario, more: Iterable[float]) -> list[float]:
    """Every moment from first to last at which the scenario changes something, and those of `more` between them."""
    first, end = begin(scenario), scenario.lasts
    found = {0.0, first, end, *more}
    found |= {edge for s in scenario.stretches for edge in (s.start, s.end)} | {b.at for b in scenario.boluses}
    apart: list[float] = []
    for mark in sorted(m for m in found if first <= m <= end):
        if not apart or mark - apart[-1] > _SAME:
            apart.append(mark)
    return apart


def inflow(scenario: Scenario, middle: float) -> Inflow:
    """What comes and goes in the stretch of time around `middle`, between two marks."""
    if middle < 0:
        return Inflow(mother=scenario.mother[0] if scenario.mother else None)
    rate: dict[str, float] = defaultdict(float)
    for s in scenario.stretches:
        if s.start <= middle < s.end:
            rate[s.kind] += s.rate
    return Inflow(rate["feed"], rate["undissolved"], rate["vein"], rate["lost"])


def put(scenario: Scenario, now: float) -> State | None:
    """mmol put into every place at a moment; None when nothing is."""
    found: State | None = None
    for bolus in scenario.boluses:
        if abs(bolus.at - now) <= _SAME:
            found = found or [0.0] * len(PLACES)
            found[_PLACES[bolus.place]] += bolus.mmol
            found[GIVEN] += bolus.mmol
    return found
