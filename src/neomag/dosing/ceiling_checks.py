"""A dose held against every ceiling that is a number: dose, 24 hours, rate, time, concentration, volume, weight."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from neomag.dosing.amounts import sulfate_mmol
from neomag.dosing.figures import Figures
from neomag.dosing.lines import Line, apart, held, number, refusal, warning
from neomag.dosing.measure import Dilution
from neomag.dosing.order import Order
from neomag.dosing.state import State
from neomag.knowledge import Knowledge

_MASSES = ("mg-salt", "mg-salt/kg")


def dose_ceiling(route: str, state: State) -> str:
    """The id of the ceiling by weight that holds for one dose by this route."""
    if route == "im" and state.severe_malnutrition_day_1:
        return "dose-im-malnutrition"
    return f"dose-{route}"


def total_ceiling(state: State) -> str:
    """The id of the ceiling that holds for 24 hours."""
    return "total-24h-with-level" if state.fresh_level else "total-24h"


def ceilings(
    figures: Figures, mixed: Dilution, order: Order, state: State, knowledge: Knowledge
) -> Iterator[tuple[bool, Line]]:
    """Each ceiling that is passed: whether it refuses, and the line."""
    known = knowledge.dosing.ceilings
    yield from against(dose_ceiling(order.route, state), figures.mg_per_kg, knowledge)
    yield from against("dose-iv-absolute", figures.mg, knowledge)
    if order.route == "im":
        yield from against("dose-im-absolute", figures.mg, knowledge)
    yield from against(total_ceiling(state), figures.total_mg_per_kg, knowledge)
    if state.fresh_level and held(known["total-24h"], figures.total_mg_per_kg).refuse is not None:
        yield False, warning("fresh-level", knowledge)
    if order.over is not None:
        yield from _pace(figures, order, state, knowledge)
        yield from against("concentration", mixed.percent, knowledge)
        yield from against("fluid-iv", mixed.volume_ml / state.weight_kg, knowledge)
    elif order.route == "im":
        yield from against("concentration-im", mixed.percent, knowledge)
        yield from against("volume-im", mixed.volume_ml, knowledge)
    yield from against("weight", state.weight_kg, knowledge)


def _pace(figures: Figures, order: Order, state: State, knowledge: Knowledge) -> Iterator[tuple[bool, Line]]:
    """How fast it runs: the rate always, the time unless the ceiling lets it go."""
    rate = knowledge.dosing.ceilings["rate"]
    if figures.rate is None:
        limit = f"{number(rate.refuse_above or Fraction(0))} {rate.unit}"
        yield True, refusal("rate-of-push", knowledge, rate, what=rate.says, limit=limit)
        return
    yield from against("rate", figures.rate, knowledge)
    if not (knowledge.dosing.ceilings["duration"].unless == "pulseless-torsades" and state.pulseless_torsades):
        yield from against("duration", order.over or Fraction(0), knowledge)


def against(name: str, value: Fraction, knowledge: Knowledge) -> Iterator[tuple[bool, Line]]:
    """The ceiling `name` held against `value`, in the ceiling's unit."""
    ceiling = knowledge.dosing.ceilings[name]
    verdict = held(ceiling, value)
    limit = verdict.refuse if verdict.refuse is not None else verdict.warn
    if limit is None:
        return
    found, least = apart(value, limit)
    said = {"what": ceiling.says, "found": f"{found} {ceiling.unit}", "limit": f"{least} {ceiling.unit}"}
    if ceiling.unit in _MASSES:
        per_kg = ceiling.unit.removeprefix("mg-salt")
        said["limit"] += f" ({number(sulfate_mmol(limit, knowledge))} mmol{per_kg})"
    if name == "weight":
        said["limit"] = _limits(name, knowledge)
    if verdict.refuse is not None and ceiling.code is not None:
        yield True, refusal(ceiling.code, knowledge, ceiling, **said)
    elif ceiling.warns is not None:
        yield False, warning(ceiling.warns, knowledge, ceiling, **said)


def _limits(name: str, knowledge: Knowledge) -> str:
    ceiling = knowledge.dosing.ceilings[name]
    return f"{number(ceiling.refuse_below or Fraction(0))} to {number(ceiling.refuse_above or Fraction(0))} {ceiling.unit}"
