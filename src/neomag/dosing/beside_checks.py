"""What is beside the dose: other drugs, what the assessment blocks, the muscle, the weight for the age, an odd regimen."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from neomag import ages
from neomag.dosing.infant_checks import ruled
from neomag.dosing.lines import Line, number, refusal, warning
from neomag.dosing.order import Order
from neomag.dosing.state import State
from neomag.knowledge import Knowledge


def beside(order: Order, state: State, knowledge: Knowledge) -> Iterator[tuple[bool, Line]]:
    """Each thing beside the dose that is to be said: whether it refuses, and the line."""
    for name in (*state.interactions, *(("same-line",) if order.same_line else ())):
        item = knowledge.dosing.interactions[name]
        yield item.refuses, replace(refusal("interaction", knowledge, item, found=item.says), unusual=item.unusual)
    for rule in state.blocked:
        yield from ruled(rule, state, knowledge)
    if order.route == "im" and (state.preterm or state.blocked_im or state.severe_malnutrition_day_1):
        reasons = [knowledge.rules[rule].says for rule in state.blocked_im]
        yield False, warning("im-preterm", knowledge, found="".join(f" {says}" for says in reasons))
    yield from _weight_for_age(state, knowledge)
    yield from _regimen(order, state, knowledge)


def _weight_for_age(state: State, knowledge: Knowledge) -> Iterator[tuple[bool, Line]]:
    if state.age is None:
        return
    bands = [b for b in knowledge.dosing.weights if b.months == state.age // ages.MONTH and state.sex in (None, b.sex)]
    if not bands:
        return
    low, high = min(b.low for b in bands), max(b.high for b in bands)
    until = ages.seconds(knowledge.dosing.defaults["weight-for-age"]["preterm_until"])
    light = state.weight_kg < low and not (state.preterm and state.age < until)
    if light or state.weight_kg > high:
        found, limit = f"{number(state.weight_kg)} kg", f"{number(low)} to {number(high)} kg"
        yield False, warning("weight-for-age", knowledge, found=found, limit=limit)


def _regimen(order: Order, state: State, knowledge: Knowledge) -> Iterator[tuple[bool, Line]]:
    row = order.regimen
    if row is None:
        return
    if row.quirk:
        yield False, warning("quirk", knowledge, row, found=row.quirk)
    if row.amount[0] != row.amount[-1]:
        yield False, warning("range", knowledge, found=f"{number(row.amount[0])} to {number(row.amount[-1])} {row.unit}")
    outside = state.age is not None and not (row.start or 0) <= state.age < (row.end or state.age + 1)
    if outside:
        yield False, warning("population", knowledge, found=row.population)
    fits = ("deficiency", "oral", *(("torsades",) if state.pulseless_torsades else ()))
    if row.indication not in fits:
        yield False, warning("indication", knowledge, found=row.indication)
