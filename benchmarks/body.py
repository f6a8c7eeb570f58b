"""How fast a population is simulated, beside scipy's LSODA and libroadrunner, in the same run, on the same infants.

10,000 infants for 28 days, milk and one dose into a vein, each with numbers of its own; serum is kept every 12 hours. The
peers are given fewer of the same infants and their time is scaled, which is said. All are asked for the same tolerance, and
how far each is from a run at a far closer one is printed. CPU seconds count every thread.
"""

from __future__ import annotations

import resource
import sys
import time
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np
import roadrunner
from scipy.integrate import solve_ivp

from neomag.body.compiled import functions
from neomag.body.equations import FLOWS, INPUTS, inputs
from neomag.body.model import PLACES, body_of
from neomag.body.population import START, draw, prepare, simulate
from neomag.body.sbml import SERUM, sbml
from neomag.body.scenario import Scenario, read
from neomag.body.stores import mg_per_mmol
from neomag.body.timeline import inflow, marks, put
from neomag.knowledge import load

INFANTS = 10_000
AIM = 20
RELATIVE, ABSOLUTE = 1e-6, 1e-9
SCENARIO = {
    "says": "A term newborn on breast milk, given one dose into a vein on the second day.",
    "infant": {"weight": "3.4 kg", "gestation": "40w"},
    "lasts": "28 d",
    "feeds": [
        {"milk": "human", "volume": "60 mL/kg/d", "to": "2 d"},
        {"milk": "human", "volume": "150 mL/kg/d", "from": "2 d"},
    ],
    "doses": [{"route": "iv", "amount": "6 mg-elemental/kg", "at": "36 h", "over": "1 h"}],
}
TIMES = [12.0 * i for i in range(57)]
Numbers = dict[str, float]


def cpu() -> float:
    """CPU seconds of every thread of this process so far."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def timed(make: Callable[[], Any]) -> tuple[float, float, Any]:
    """CPU and wall seconds of a call, and what it gives."""
    start, wall = cpu(), time.perf_counter()
    found = make()
    return cpu() - start, time.perf_counter() - wall, found


def by_scipy(given: Scenario, each: list[Numbers], compiled: bool) -> np.ndarray:
    """Serum of each infant by solve_ivp's LSODA, from change to change, with the equations in Python or compiled."""
    from dataclasses import replace

    eq, mass, found = functions(given.infant.settled), mg_per_mmol(load()), []
    for numbers in each:
        p = replace(given.infant.p, **{n[2:]: v for n, v in numbers.items() if n.startswith("p_")})
        infant = replace(given.infant, p=p)
        body = body_of(infant, mass)
        y, levels = np.array(body.start(numbers[START], 0.0)), [numbers[START]]
        x, k = np.array([numbers[name] for name in INPUTS]), np.empty(eq.fixed)
        eq.prepare(x, k)
        for start, end in pairwise(marks(given, infant.kinks())):
            if (more := put(given, start)) is not None:
                y = y + np.array(more)
            flow = inflow(given, (start + end) / 2)
            u, out = np.array([*(getattr(flow, name) for name in FLOWS), np.nan]), np.empty(len(PLACES))
            wanted = [t for t in TIMES if start < t <= end]
            at = [*wanted, *([] if wanted and wanted[-1] == end else [end])]

            def plain(t: float, y: np.ndarray, body: Any = body, flow: Any = flow) -> list[float]:
                return body.rates(t, list(y), flow)

            def fast(t: float, y: np.ndarray, k: Any = k, u: Any = u, out: Any = out) -> np.ndarray:
                eq.born(t, y, k, u, out)
                return out

            solved = solve_ivp(
                fast if compiled else plain, (start, end), y, method="LSODA", t_eval=at, rtol=RELATIVE, atol=ABSOLUTE
            )
            y = solved.y[:, -1]
            levels += [eq.level(t, solved.y[:, i], k) for i, t in enumerate(at) if i < len(wanted)]
        found.append(levels)
    return np.array(found)


class Road:
    """libroadrunner with the scenario's SBML; each infant is reset and given its numbers."""

    def __init__(self, given: Scenario):
        self.runner: Any = roadrunner.RoadRunner(sbml(given, load()))
        self.runner.timeCourseSelections = [SERUM]
        self.runner.integrator.relative_tolerance, self.runner.integrator.absolute_tolerance = RELATIVE, ABSOLUTE
        self.names = [name for name in INPUTS if name in set(self.runner.model.getGlobalParameterIds())]
        self.given = given

    def serum(self, each: list[Numbers]) -> np.ndarray:
        """Serum of each infant."""
        from dataclasses import replace

        found = []
        for numbers in each:
            self.runner.resetAll()
            for name in self.names:
                self.runner.setValue(name, numbers[name])
            p = replace(self.given.infant.p, **{n[2:]: v for n, v in numbers.items() if n.startswith("p_")})
            start = body_of(replace(self.given.infant, p=p), mg_per_mmol(load())).start(numbers[START], 0.0)
            for place, amount in zip(PLACES, start, strict=True):
                self.runner.setValue(place, amount)
            found.append(np.array(self.runner.simulate(times=TIMES))[:, 0])
        return np.array(found)


def main() -> None:
    """Print the figures."""
    infants = int(sys.argv[1]) if len(sys.argv) > 1 else INFANTS
    knowledge = load()
    given = read(SCENARIO, "benchmark", knowledge)
    drawn = draw(given, infants, 1, knowledge)
    own = {**inputs(given, mg_per_mmol(knowledge)), START: given.level}

    def some(count: int) -> list[Numbers]:
        return [{**own, **{name: float(column[i]) for name, column in drawn.items()}} for i in range(count)]

    compiling = timed(lambda: prepare(given))
    exact = simulate(given, {n: c[:40] for n, c in drawn.items()}, knowledge, TIMES, relative=1e-11, absolute=1e-13).serum
    ours = timed(lambda: simulate(given, drawn, knowledge, TIMES, relative=RELATIVE, absolute=ABSOLUTE))
    road_made = timed(lambda: Road(given))
    road: Road = road_made[2]
    by_scipy(given, some(1), compiled=True)
    peers = {
        "scipy LSODA, equations in Python": (10, lambda each: by_scipy(given, each, compiled=False)),
        "scipy LSODA, equations compiled": (40, lambda each: by_scipy(given, each, compiled=True)),
        "libroadrunner (CVODE)": (200, road.serum),
    }
    count = ours[2].serum.shape[0]
    print(
        f"{count:,} infants, 28 days, serum every 12 h, tolerance {RELATIVE:g}; peers are scaled from fewer of the same infants"
    )
    print(f"  {'neomag, numba':<34} {ours[0]:8.1f} CPU s {ours[1]:8.1f} s; serum off by {off(ours[2].serum, exact):.0e}")
    ratios: dict[str, float] = {}
    for name, (number, run) in peers.items():
        each = some(min(number, infants))
        used, wall, serum = timed(lambda run=run, each=each: run(each))
        by = infants / len(each)
        ratios[name] = used * by / ours[0]
        print(
            f"  {name:<34} {used * by:8.1f} CPU s {wall * by:8.1f} s; serum off by {off(serum, exact):.0e}; "
            f"{ratios[name]:6.1f} times the CPU, {wall * by / ours[1]:6.1f} times the time (from {len(each)})"
        )
    print(f"  compiling, apart: neomag {compiling[0]:.1f} CPU s, libroadrunner {road_made[0]:.1f} CPU s")
    for name in list(peers)[:2]:
        print(f"  {name}: {ratios[name]:.1f} times (aim: {AIM}; {'met' if ratios[name] >= AIM else 'MISSED'})")


def off(serum: np.ndarray, exact: np.ndarray) -> float:
    """The largest relative difference of serum from the exact one, over the infants that both have."""
    both = min(len(serum), len(exact))
    return float(np.abs(serum[:both] / exact[:both] - 1).max())


if __name__ == "__main__":
    main()
