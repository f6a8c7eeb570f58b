"""Running a scenario: the body hour by hour, its mass balance asserted at every step."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable
from dataclasses import dataclass

from neomag.body.errors import BodyModelError
from neomag.body.integrate import integrate
from neomag.body.model import Body, State, body_of, total
from neomag.body.scenario import Scenario
from neomag.body.stores import mg_per_mmol
from neomag.body.timeline import begin, inflow, marks, put
from neomag.knowledge import Knowledge

BALANCE = 1e-9  # relative; the worst of a run may not pass it
_POINTS = 240


@dataclass(frozen=True, slots=True)
class Point:
    """One moment: hours after the start, the infant's age in hours, serum in mmol/L, and what every place holds, mmol."""

    t: float
    age: float
    level: float
    state: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Run:
    """The course of a scenario. `imbalance` is the worst relative fault of the mass balance at any step."""

    scenario: Scenario
    body: Body
    points: tuple[Point, ...]
    imbalance: float

    def at(self, t: float) -> Point:
        """The point at `t` hours after the start. Raises KeyError when the run was not asked to stop there."""
        i = bisect_left(self.points, t - 1e-9, key=lambda point: point.t)
        if i < len(self.points) and abs(self.points[i].t - t) < 1e-6:
            return self.points[i]
        raise KeyError(t)

    def between(self, start: float, end: float) -> tuple[Point, ...]:
        """The points from `start` to `end`, both included."""
        return tuple(p for p in self.points if start - 1e-9 <= p.t <= end + 1e-9)


def run(
    scenario: Scenario, knowledge: Knowledge, stops: Iterable[float] = (), relative: float = 1e-8, even: int = _POINTS
) -> Run:
    """The scenario, from before birth when the mother was given magnesium; `stops` are hours that must be among the points.

    `even` stretches of equal length part the whole run; more points cost time and change nothing. Raises BodyModelError when
    the model leaves what it can describe or does not balance.
    """
    body = body_of(scenario.infant, mg_per_mmol(knowledge))
    state = body.start(scenario.level, 0.0, scenario.depletion)
    whole, worst = total(state), 0.0

    def check(now: float, at: State) -> None:
        nonlocal worst
        size = sum(abs(v) for v in at)
        fault = abs(total(at) - whole) / size
        worst = max(worst, fault)
        if fault > BALANCE:
            raise BodyModelError(f"magnesium is not conserved at {now:g} h: {fault:.1e} of the whole")

    first = begin(scenario)
    grid = [first + (scenario.lasts - first) * i / even for i in range(even + 1)]
    moments = marks(scenario, [*grid, *scenario.infant.kinks(), *stops])
    points: list[Point] = []
    for i, now in enumerate(moments):
        if i:
            flow = inflow(scenario, (moments[i - 1] + now) / 2)
            state = integrate(
                lambda t, y, flow=flow: body.rates(t, y, flow), moments[i - 1], now, state, check=check, relative=relative
            )
        # What is given at a moment is not yet in the level of that moment.
        points.append(Point(now, scenario.age + now, body.level(state, now), tuple(state)))
        if given := put(scenario, now):
            state = [held + more for held, more in zip(state, given, strict=True)]
    return Run(scenario, body, tuple(points), worst)
