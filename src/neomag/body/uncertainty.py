"""Two uncertainties of serum, kept apart: what the fit leaves open of the mean infant, and how infants differ (Monte Carlo)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from math import exp
from random import Random

from neomag.body.between import infants
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


@dataclass(frozen=True, slots=True)
class Uncertainties:
    """Of the mean infant, from the fit; and between infants, when that was asked for."""

    mean_infant: Uncertainty
    between_infants: Uncertainty | None = None

    def each(self) -> Iterator[tuple[str, Uncertainty]]:
        """Those that are there, the wider first, each with the name of the words that tell what it is."""
        if self.between_infants:
            yield "between-infants", self.between_infants
        yield "mean-infant", self.mean_infant


def uncertainties(scenario: Scenario, draws: int, seed: int, knowledge: Knowledge, *, between: bool) -> Uncertainties:
    """The uncertainty of the mean infant and, when asked for, that `between` infants. Raises as `of_the_mean`."""
    return Uncertainties(
        of_the_mean(scenario, draws, seed, knowledge),
        between_infants(scenario, draws, seed, knowledge) if between else None,
    )


def of_the_mean(scenario: Scenario, draws: int, seed: int, knowledge: Knowledge) -> Uncertainty:
    """The scenario under draws of the fitted parameters, log-normal about the scenario's own, independent.

    The same seed gives the same draws. Raises BodyInputError for a number of draws that is refused, BodyModelError when
    no draw can be described.
    """
    return _spread(_refitted(scenario, seed, knowledge), draws, seed, knowledge)


def between_infants(scenario: Scenario, draws: int, seed: int, knowledge: Knowledge) -> Uncertainty:
    """The scenario in one simulated infant after another, the fit held fixed. Raises as `of_the_mean`."""
    return _spread(infants(scenario, seed, knowledge), draws, seed, knowledge)


def quantile(values: Sequence[float], end: float) -> float:
    """The quantile by straight lines between ordered values."""
    ordered = sorted(values)
    place = end * (len(ordered) - 1)
    below = int(place)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (ordered[above] - ordered[below]) * (place - below)


def _refitted(scenario: Scenario, seed: int, knowledge: Knowledge) -> Iterator[Scenario]:
    random = Random(seed)
    spreads = {code.replace("-", "_"): f.log_sd for code, f in figures("parameters", knowledge).items() if f.log_sd}
    p = scenario.infant.p
    while True:
        drawn = {name: getattr(p, name) * exp(random.gauss(0.0, sd)) for name, sd in spreads.items()}
        yield replace(scenario, infant=replace(scenario.infant, p=replace(p, **drawn)))


def _spread(drawn: Iterator[Scenario], draws: int, seed: int, knowledge: Knowledge) -> Uncertainty:
    if not 2 <= draws <= MOST:
        raise BodyInputError(f"draws: from 2 to {MOST} is accepted")
    levels: list[list[float]] = []
    moments: tuple[float, ...] = ()
    for scenario in islice(drawn, draws):
        try:
            points = run(scenario, knowledge, relative=_RELATIVE).points
        except BodyModelError:
            continue
        moments = tuple(point.t for point in points)
        levels.append([point.level for point in points])
    if not levels:
        raise BodyModelError("no draw could be described by the model")
    low, median, high = (tuple(quantile([one[i] for one in levels], end) for i in range(len(moments))) for end in _ENDS)
    return Uncertainty(draws, seed, draws - len(levels), moments, low, median, high)
