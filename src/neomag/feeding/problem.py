"""A linear problem with whole numbers in it, written down once, for whichever solver is to solve it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import inf
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Row:
    """`low` <= the sum of coefficient times column <= `high`. `name` says which rule of the plan it is."""

    name: str
    terms: Mapping[int, float]
    low: float
    high: float


@dataclass(slots=True)
class Problem:
    """Columns with bounds, some of them whole numbers, and rows. It only grows."""

    names: list[str] = field(default_factory=list[str])
    low: list[float] = field(default_factory=list[float])
    high: list[float] = field(default_factory=list[float])
    integer: list[bool] = field(default_factory=list[bool])
    rows: list[Row] = field(default_factory=list[Row])

    def column(self, name: str, high: float = inf, *, low: float = 0.0, integer: bool = False) -> int:
        """Add a column between `low` and `high`; its index."""
        self.names.append(name)
        self.low.append(low)
        self.high.append(high)
        self.integer.append(integer)
        return len(self.names) - 1

    def row(self, name: str, terms: Mapping[int, float], low: float = -inf, high: float = inf) -> int:
        """Add a row; its index. Coefficients of nothing are left out."""
        self.rows.append(Row(name, {c: v for c, v in terms.items() if v}, low, high))
        return len(self.rows) - 1


@dataclass(frozen=True, slots=True)
class Solution:
    """What a solver found: `optimal`, `feasible` (stopped at its limit of work with a solution), or `infeasible`.

    `objective` and `values` (one a column) are meaningless when infeasible. `duals` (one a row) only of a problem without
    whole numbers: by how much the objective changes when the row's limit moves by one.
    """

    status: str
    objective: float = 0.0
    values: tuple[float, ...] = ()
    duals: tuple[float, ...] = ()


# A plan is in half portions: a thousandth of what is made least is below anything a spoon can measure.
GAP = 1e-3


class Session(Protocol):
    """A problem in a solver's hands."""

    def minimise(self, costs: Mapping[int, float], *, relaxed: bool = False, gap: float = GAP) -> Solution:
        """The least sum of cost times column, to within `gap` of it; `relaxed` lets whole numbers be fractions."""
        ...

    def row(self, row: Row) -> None:
        """Add a row to what is asked from now on."""
        ...
