"""What is not known of the fitted parameters, carried to serum by drawing them again and again (Monte Carlo)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import exp
from random import Random

from neomag.body.data import figures
from neomag.body.errors import BodyInputError, BodyModelError
from neomag.body.run import run
from neomag.body.scenario import Scenario
from neomag.knowledge import Knowledge

MOST = 500
_RELATIVE = 1e-6
_ENDS = (0.025, 0.5, 0.975)


@dataclass(frozen=True, slots=True)
class Uncertainty:
    """Serum in mmol/L at hours `t`: 2.5 %, median and 97.5 % of `draws`. `left_out` draws could not be described."""

    draws: int
    seed: int
    left_out: int
    t: tuple[float, ...]
    low: tuple[float, ...]
    median: tuple[float, ...]
    high: tuple[float, ...]


def uncertainty(scenario: Scenario, draws: int, seed: int, knowledge: Knowledge) -> Uncertainty:
    """The scenario under `draws` draws of the fitted parameters, log-normal about the scenario's own, independent.

    The same seed gives the same draws. Raises BodyInputError for a number of draws that is refused, BodyModelError when
    no draw can be described.
    """
    if not 2 <= draws <= MOST:
        raise BodyInputError(f"draws: from 2 to {MOST} is accepted")
    random = Random(seed)
    spreads = {code.replace("-", "_"): f.log_sd for code, f in figures("parameters", knowledge).items() if f.log_sd}
    levels: list[list[float]] = []
    moments: tuple[float, ...] = ()
    for _ in range(draws):
        p = scenario.infant.p
        drawn = {name: getattr(p, name) * exp(random.gauss(0.0, sd)) for name, sd in spreads.items()}
        infant = replace(scenario.infant, p=replace(p, **drawn))
        try:
            points = run(replace(scenario, infant=infant), knowledge, relative=_RELATIVE).points
        except BodyModelError:
            continue
        moments = tuple(point.t for point in points)
        levels.append([point.level for point in points])
    if not levels:
        raise BodyModelError("no draw could be described by the model")
    low, median, high = (tuple(_quantile([drawn[i] for drawn in levels], end) for i in range(len(moments))) for end in _ENDS)
    return Uncertainty(draws, seed, draws - len(levels), moments, low, median, high)


def _quantile(values: list[float], end: float) -> float:
    """The quantile by straight lines between ordered values."""
    ordered = sorted(values)
    place = end * (len(ordered) - 1)
    below = int(place)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (ordered[above] - ordered[below]) * (place - below)
