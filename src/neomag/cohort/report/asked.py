"""What every question is given to answer with."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from neomag.intervals import Limits

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

    from neomag.cohort.report.definitions import Definition, Definitions
    from neomag.knowledge import Knowledge


@dataclass(frozen=True, slots=True)
class Asked:
    """A question over a run: the tables of `run_folder` and `ground` in `con`, below which count nothing is shown, and the
    local laboratory's limits of magnesium."""

    con: DuckDBPyConnection
    question: Definition
    defined: Definitions
    knowledge: Knowledge
    below: int
    local: Limits = (None, None)

    @property
    def level(self) -> float:
        """The level of intervals."""
        return float(self.defined.report["interval_level"])

    def rows(self, sql: str) -> Sequence[tuple[Any, ...]]:
        """The rows of a query."""
        return self.con.execute(sql).fetchall()

    def make(self, table: str, sql: str) -> None:
        """Keep the rows of a query as a table."""
        self.con.execute(f"CREATE OR REPLACE TEMP TABLE {table} AS {sql}")

    def counts(self, table: str) -> dict[str, int]:
        """How many rows of `table` there are in each state."""
        return dict(self.con.execute(f"SELECT state, count(*) FROM {table} GROUP BY state").fetchall())
