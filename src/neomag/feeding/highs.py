"""HiGHS as the solver: one model kept, asked again and again with other costs.

The same input gives the same answer: one thread, one seed, and a limit of nodes rather than of seconds.
"""

from __future__ import annotations

from collections.abc import Mapping
from time import monotonic
from typing import Any

from neomag.feeding.errors import FeedingInputError, OutOfTimeError
from neomag.feeding.problem import GAP, Problem, Row, Solution

_NODES = 2000


def _module() -> Any:
    try:
        import highspy
    except ImportError:
        raise FeedingInputError("a plan needs the extra `feeding`: pip install 'neomag[feeding]'") from None
    return highspy


class HighsSession:
    """`problem` in HiGHS. Raises FeedingInputError when highspy is not installed.

    `until`, by the monotonic clock, is when nobody waits for the answer any more: asking then raises OutOfTimeError. An answer
    that is given is the same with it and without.
    """

    def __init__(self, problem: Problem, *, nodes: int = _NODES, until: float | None = None):
        self._until = until
        self._api = _module()
        self._integer = [c for c, whole in enumerate(problem.integer) if whole]
        self._relaxed = True
        self._costs: dict[int, float] = {}
        self._rows = 0
        model = self._api.Highs()
        for option, value in {
            "output_flag": False, "threads": 1, "random_seed": 0, "mip_max_nodes": nodes,
        }.items():  # fmt: skip
            model.setOptionValue(option, value)
        model.addVars(len(problem.names), problem.low, problem.high)
        self._model = model
        for row in problem.rows:
            self.row(row)

    def row(self, row: Row) -> None:
        """Add a row to what is asked from now on."""
        self._model.addRow(row.low, row.high, len(row.terms), list(row.terms), list(row.terms.values()))
        self._rows += 1

    def _left(self) -> float:
        """Seconds that are left. Raises OutOfTimeError when there are none."""
        left = (self._until or 0.0) - monotonic()
        if left <= 0:
            raise OutOfTimeError
        return left

    def minimise(self, costs: Mapping[int, float], *, relaxed: bool = False, gap: float = GAP) -> Solution:
        """The least sum of cost times column, to within `gap` of it; `relaxed` lets whole numbers be fractions."""
        api, model = self._api, self._model
        if self._until is not None:
            # The solver's clock runs on from one question to the next.
            model.setOptionValue("time_limit", model.getRunTime() + self._left())
        model.setOptionValue("mip_rel_gap", gap)
        model.setOptionValue("mip_abs_gap", gap / 10)
        for column in {*self._costs, *costs}:
            model.changeColCost(column, costs.get(column, 0.0))
        self._costs = dict(costs)
        if relaxed is not self._relaxed:
            kind = api.HighsVarType.kContinuous if relaxed else api.HighsVarType.kInteger
            model.changeColsIntegrality(len(self._integer), self._integer, [kind] * len(self._integer))
            self._relaxed = relaxed
        model.run()
        status, info = model.getModelStatus(), model.getInfo()
        if status == api.HighsModelStatus.kTimeLimit:
            raise OutOfTimeError
        # A status is read before any number: a model that was not solved still holds numbers.
        if status == api.HighsModelStatus.kOptimal:
            word = "optimal"
        elif info.primal_solution_status == api.SolutionStatus.kSolutionStatusFeasible:
            word = "feasible"
        else:
            return Solution("infeasible")
        found = model.getSolution()
        duals = tuple(found.row_dual) if relaxed or not self._integer else ()
        return Solution(word, info.objective_function_value, tuple(found.col_value), duals)
