"""How fast a plan is made, beside the same model given to PuLP with CBC and to scipy's milp, in the same run on one core.

Every solver gets the same problem, the same tiers, the same gaps; what they reach is compared too. CPU counts that of
children, since PuLP runs CBC as a process of its own.
"""

from __future__ import annotations

import resource
import statistics
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from neomag.feeding.highs import HighsSession
from neomag.feeding.plan import Plan, Request, plan
from neomag.feeding.problem import GAP, Problem, Row, Solution
from neomag.knowledge.feeding import load_feeding
from neomag.knowledge.foods import load_foods

AIM_SECONDS = 1.0
INF = float("inf")


class PulpSession:
    """The problem in PuLP, solved by CBC."""

    def __init__(self, problem: Problem) -> None:
        self.problem, self.rows = problem, list(problem.rows)

    def row(self, row: Row) -> None:
        self.rows.append(row)

    def minimise(self, costs: Mapping[int, float], *, relaxed: bool = False, gap: float = GAP) -> Solution:
        import pulp  # pyright: ignore[reportMissingTypeStubs]

        p: Any = self.problem
        model: Any = pulp.LpProblem("plan", pulp.LpMinimize)
        x: list[Any] = [
            pulp.LpVariable(
                f"x{i}", p.low[i], None if p.high[i] == INF else p.high[i],
                pulp.LpInteger if p.integer[i] and not relaxed else pulp.LpContinuous,
            )
            for i in range(len(p.names))
        ]  # fmt: skip
        model += pulp.lpSum(v * x[c] for c, v in costs.items())
        for row in self.rows:
            body = pulp.lpSum(v * x[c] for c, v in row.terms.items())
            if row.low > -INF:
                model += body >= row.low
            if row.high < INF:
                model += body <= row.high
        model.solve(pulp.PULP_CBC_CMD(msg=False, threads=1, gapRel=gap))
        if pulp.LpStatus[model.status] != "Optimal":
            return Solution("infeasible")
        values = tuple(float(v.value() or 0.0) for v in x)
        return Solution("optimal", float(pulp.value(model.objective) or 0.0), values, (0.0,) * len(self.rows))


class ScipySession:
    """The problem in scipy.optimize.milp."""

    def __init__(self, problem: Problem) -> None:
        self.problem, self.rows = problem, list(problem.rows)

    def row(self, row: Row) -> None:
        self.rows.append(row)

    def minimise(self, costs: Mapping[int, float], *, relaxed: bool = False, gap: float = GAP) -> Solution:
        import numpy as np
        from scipy.optimize import Bounds, LinearConstraint, milp  # pyright: ignore[reportMissingTypeStubs]
        from scipy.sparse import csr_array  # pyright: ignore[reportMissingTypeStubs]

        p = self.problem
        wide = len(p.names)
        c = np.zeros(wide)
        for at, value in costs.items():
            c[at] = value
        entries = [(r, col, v) for r, row in enumerate(self.rows) for col, v in row.terms.items()]
        at_row, at_col, data = (list(part) for part in zip(*entries, strict=True))
        a: Any = csr_array((data, (at_row, at_col)), shape=(len(self.rows), wide))
        bounds: Any = Bounds
        rows: Any = LinearConstraint
        done: Any = milp(
            c, integrality=np.array(p.integer, dtype=int) * (not relaxed), bounds=bounds(np.array(p.low), np.array(p.high)),
            constraints=rows(a, [r.low for r in self.rows], [r.high for r in self.rows]),
            options={"mip_rel_gap": gap},
        )  # fmt: skip
        if done.x is None:
            return Solution("infeasible")
        return Solution("optimal", float(done.fun), tuple(done.x), (0.0,) * len(self.rows))


def cpu() -> float:
    """CPU seconds of this process and its children so far."""
    total = 0.0
    for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN):
        used = resource.getrusage(who)
        total += used.ru_utime + used.ru_stime
    return total


def timed(request: Request, make: Callable[[Problem], Any]) -> tuple[float, Plan]:
    """CPU seconds of one plan, and the plan."""
    start = cpu()
    found = plan(request, make=make)
    return cpu() - start, found


def worst(found: Plan) -> float:
    """The largest shortfall of a plan, a share of its target."""
    return max((short.share for short in found.short), default=0.0)


def main() -> None:
    """Print the figures."""
    candidates = len(load_feeding().candidates)
    load_foods()
    requests = [
        Request(age_months=age, milk=milk, fortified=fortified, seldom=True, ranges=False)
        for age in (6, 8, 10, 12, 15, 20)
        for milk in ("breast", "formula")
        for fortified in (True, False)
    ]
    solvers: dict[str, Callable[[Problem], Any]] = {"HiGHS": HighsSession, "scipy milp": ScipySession, "PuLP/CBC": PulpSession}
    times: dict[str, list[float]] = {name: [] for name in solvers}
    reached: dict[str, list[float]] = {name: [] for name in solvers}
    for request in requests:
        for name, make in solvers.items():
            seconds, found = timed(request, make)
            times[name].append(seconds)
            reached[name].append(worst(found))
    ours = statistics.median(times["HiGHS"])
    print(
        f"{len(requests)} plans of a day from {candidates} candidate foods, four tiers, one core, CPU of this and its children"
    )
    for name, of in times.items():
        print(
            f"  {name:<10} median {statistics.median(of):6.2f} s, slowest {max(of):6.2f} s, "
            f"{statistics.median(of) / ours:5.1f} times HiGHS; mean of the largest shortfall {statistics.mean(reached[name]):.4f}"
        )
    full = [timed(replace(r, ranges=True), HighsSession)[0] for r in requests]
    verdict = "met" if statistics.median(full) < AIM_SECONDS else "MISSED"
    print(f"  with the least and most of every nutrient: median {statistics.median(full):.2f} s   (aim: under 1 s; {verdict})")


if __name__ == "__main__":
    main()
