"""What is read off a run to hold against a published figure. Each measure gives a number in the unit of its target."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from itertools import pairwise
from math import log

from neomag.body.errors import BodyModelError
from neomag.body.given import Stretch
from neomag.body.model import GIVEN, GUT, MOTHER, URINE, held
from neomag.body.run import Point, Run
from neomag.body.run import run as exact
from neomag.body.scenario import Scenario
from neomag.body.stores import mg_per_mmol
from neomag.body.tracer import exchangeable
from neomag.knowledge import Knowledge

Given = Mapping[str, float]
Measure = Callable[[Scenario, Given, Knowledge], float]
_FINE = 240  # points that an integral over a run is taken from
_RELATIVE = 1e-6  # what a published figure can be told apart by is far coarser
_DAY = 24.0
_HALVINGS, _CLOSE = 60, 1e-4  # trials, and mmol/L


def run(scenario: Scenario, knowledge: Knowledge, stops: Iterable[float] = ()) -> Run:
    """The course of `scenario`, as closely as a measure needs it, with no more points than `stops`."""
    return exact(scenario, knowledge, stops, _RELATIVE, even=1)


def level(scenario: Scenario, given: Given, knowledge: Knowledge) -> float:
    """Serum at a moment."""
    return run(scenario, knowledge, [given["at"]]).at(given["at"]).level


def level_mg(scenario: Scenario, given: Given, knowledge: Knowledge) -> float:
    """Serum at a moment, mg/dL."""
    return level(scenario, given, knowledge) * mg_per_mmol(knowledge) / 10


def rise(scenario: Scenario, given: Given, knowledge: Knowledge) -> float:
    """Serum at a moment over serum before."""
    found = run(scenario, knowledge, [given["before"], given["at"]])
    return found.at(given["at"]).level - found.at(given["before"]).level


def slope(scenario: Scenario, given: Given, knowledge: Knowledge) -> float:
    """Change of serum in a day, mg/dL."""
    start, end = given["start"], given["end"]
    change = rise(scenario, {"before": start, "at": end}, knowledge)
    return change / ((end - start) / _DAY) * mg_per_mmol(knowledge) / 10


def mean_level(scenario: Scenario, given: Given, knowledge: Knowledge) -> float:
    """Mean serum over a time."""
    return _mean(_over(scenario, given, knowledge), lambda p: p.level)


def mean_level_mg(scenario: Scenario, given: Given, knowledge: Knowledge) -> float:
    """Mean serum over a time, mg/dL."""
    return mean_level(scenario, given, knowledge) * mg_per_mmol(knowledge) / 10


def lowest_day(scenario: Scenario, given: Given, knowledge: Knowledge) -> float:
    """The lowest of the daily means."""
    return min(_days(scenario, given, knowledge))


def highest_day(scenario: Scenario, given: Given, knowledge: Knowledge) -> float:
    """The highest of the daily means."""
    return max(_days(scenario, given, knowledge))


def excess(scenario: Scenario, given: Given, knowledge: Knowledge) -> float:
    """Serum over that of the same infant without dose or exposure."""
    return level(scenario, given, knowledge) - level(_plain(scenario), given, knowledge)


def half_life(scenario: Scenario, given: Given, knowledge: Knowledge) -> float:
    """Hours in which the excess over the same infant without dose or exposure halves."""
    stops = (given["start"], given["end"])
    exposed, plain = (run(s, knowledge, stops) for s in (scenario, _plain(scenario)))
    first, last = (exposed.at(t).level - plain.at(t).level for t in stops)
    if not 0 < last < first:
        raise BodyModelError("the excess does not fall")
    return log(2) * (given["end"] - given["start"]) / log(first / last)


def days_to(scenario: Scenario, given: Given, knowledge: Knowledge) -> float:
    """Days until serum is first at a level (mg/dL) or below."""
    return _first(scenario, given["level_mg_dl"] * 10 / mg_per_mmol(knowledge), knowledge) / _DAY


def weeks_to(scenario: Scenario, given: Given, knowledge: Knowledge) -> float:
    """Weeks until serum is first at a level (mmol/L) or below."""
    return _first(scenario, given["level_mmol_l"], knowledge) / (7 * _DAY)


def free_peak(scenario: Scenario, given: Given, knowledge: Knowledge) -> float:
    """The highest ultrafilterable magnesium over a time."""
    points = _over(scenario, given, knowledge)
    return max(p.level * scenario.infant.ultrafilterable(p.t) for p in points)


def retained(scenario: Scenario, given: Given, knowledge: Knowledge) -> float:
    """Percent of what was injected that did not leave in urine, beyond what leaves without it."""
    stops = (given["start"], given["end"])
    lost = [
        found.at(given["end"]).state[URINE] - found.at(given["start"]).state[URINE]
        for found in (run(s, knowledge, stops) for s in (scenario, _plain(scenario)))
    ]
    return 100 * (1 - (lost[0] - lost[1]) / sum(b.mmol for b in scenario.boluses))


def excretion(scenario: Scenario, given: Given, knowledge: Knowledge) -> float:
    """Percent of filtered magnesium that leaves in urine at a serum level."""
    body = run(scenario, knowledge).body
    filtered = scenario.infant.filtration_l(0.0) * scenario.infant.ultrafilterable(0.0) * given["level"]
    return 100 * body.spilt(given["level"], 0.0) / filtered


def absorption(scenario: Scenario, given: Given, knowledge: Knowledge) -> float:
    """Percent of magnesium fed over a time that the gut takes up (true absorption)."""
    taken, fed = _absorbed(scenario, given, knowledge)
    return 100 * taken / fed


def net_absorption(scenario: Scenario, given: Given, knowledge: Knowledge) -> float:
    """As `absorption`, less what the gut itself loses."""
    taken, fed = _absorbed(scenario, given, knowledge)
    found = run(scenario, knowledge)
    p = scenario.infant.p
    points = _over(scenario, given, knowledge)
    own = _sum(points, lambda x: found.body.gut_loss * scenario.infant.tissue_kg(x.t) * x.level / p.level)
    return 100 * (taken - own) / fed


def retention(scenario: Scenario, given: Given, knowledge: Knowledge) -> float:
    """mg that stay in the body in a day for each kg."""
    start, end = given["start"], given["end"]
    found = run(scenario, knowledge, (start, end))
    kept = held(list(found.at(end).state)) - held(list(found.at(start).state))
    kg = scenario.infant.weight_kg((start + end) / 2)
    return kept * mg_per_mmol(knowledge) / kg / ((end - start) / _DAY)


def pool(scenario: Scenario, given: Given, knowledge: Knowledge) -> float:
    """mmol/kg with which a tracer put into a vein at the start has mixed."""
    return exchangeable(run(scenario, knowledge, _grid(0.0, given["at"])), given["at"])


def infusion_for(scenario: Scenario, given: Given, knowledge: Knowledge) -> float:
    """mg of salt for each kg in an hour that bring serum to a level in some hours, found by trial."""
    hours, kg = given["hours"], scenario.infant.birth_kg
    of_salt = float(knowledge.dosing.salts["magnesium-sulfate-heptahydrate"].g_per_mol)

    def reached(rate: float) -> float:
        infused = replace(scenario, stretches=(*scenario.stretches, Stretch("vein", rate * kg / of_salt, 0.0, hours)))
        return level(infused, {"at": hours}, knowledge)

    wanted = given["level_mmol_l"]
    low, high = 0.0, 1000.0
    below, above = reached(low) - wanted, reached(high) - wanted
    if not below < 0 < above:
        raise BodyModelError(f"no infusion brings serum to {wanted:g} mmol/L")
    for _ in range(_HALVINGS):
        # Regula falsi, the Illinois way: the end that stays counts half.
        rate = (low * above - high * below) / (above - below)
        found = reached(rate) - wanted
        if abs(found) < _CLOSE:
            return rate
        if found < 0:
            low, below, above = rate, found, above / 2
        else:
            high, above, below = rate, found, below / 2
    raise BodyModelError(f"no infusion was found that brings serum to {wanted:g} mmol/L")


MEASURES: Mapping[str, Measure] = {
    made.__name__: made
    for made in (
        level, level_mg, rise, slope, mean_level, mean_level_mg, lowest_day, highest_day, excess, half_life, days_to, weeks_to,
        free_peak, retained, excretion, absorption, net_absorption, retention, pool, infusion_for,
    )
}  # fmt: skip


def _plain(scenario: Scenario) -> Scenario:
    """The same infant and feeds without doses and without exposure."""
    return replace(scenario, mother=None, boluses=(), stretches=tuple(s for s in scenario.stretches if s.kind != "vein"))


def _grid(start: float, end: float) -> list[float]:
    return [start + (end - start) * i / _FINE for i in range(_FINE + 1)]


def _over(scenario: Scenario, given: Given, knowledge: Knowledge) -> tuple[Point, ...]:
    start, end = given["start"], given["end"]
    return run(scenario, knowledge, _grid(start, end)).between(start, end)


def _days(scenario: Scenario, given: Given, knowledge: Knowledge) -> list[float]:
    points = _over(scenario, given, knowledge)
    count = round((given["end"] - given["start"]) / _DAY)
    edges = [given["start"] + i * _DAY for i in range(count + 1)]
    days = [[p for p in points if a - 1e-9 <= p.t <= b + 1e-9] for a, b in pairwise(edges)]
    return [_mean(day, lambda p: p.level) for day in days]


def _sum(points: Iterable[Point], value: Callable[[Point], float]) -> float:
    return sum((b.t - a.t) * (value(a) + value(b)) / 2 for a, b in pairwise(points))


def _mean(points: Iterable[Point], value: Callable[[Point], float]) -> float:
    every = list(points)
    return _sum(every, value) / (every[-1].t - every[0].t)


def _first(scenario: Scenario, limit: float, knowledge: Knowledge) -> float:
    points = [p for p in run(scenario, knowledge, _grid(0.0, scenario.lasts)).points if p.t >= 0]
    for a, b in pairwise(points):
        if a.level <= limit:
            return a.t
        if b.level <= limit:
            return a.t + (b.t - a.t) * (a.level - limit) / (a.level - b.level)
    raise BodyModelError(f"serum does not come down to {limit:.3g} mmol/L")


def _absorbed(scenario: Scenario, given: Given, knowledge: Knowledge) -> tuple[float, float]:
    """mmol taken up and mmol fed over a time. Nothing else may be given meanwhile."""
    start, end = given["start"], given["end"]
    found = run(scenario, knowledge, (start, end))
    before, after = found.at(start).state, found.at(end).state
    # A dose at the start is not yet in the point of the start, so it is counted here.
    fed = after[GIVEN] - before[GIVEN]
    # Whatever the fluid and tissues gained or lost in urine came through the gut, once its own loss is set aside.
    own = found.body.gut_loss / scenario.infant.p.level
    points = _over(scenario, given, knowledge)
    lost = _sum(points, lambda x: own * scenario.infant.tissue_kg(x.t) * x.level)
    beyond = [held(list(s)) - s[GUT] + s[URINE] - s[MOTHER] for s in (before, after)]
    return beyond[1] - beyond[0] + lost, fed
