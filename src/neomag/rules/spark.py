"""Rules to Spark SQL: the text for DuckDB, said in Spark's dialect."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from neomag.rules import duckdb
from neomag.rules.tree import Node
from neomag.sql import in_dialect


def query(rules: Mapping[str, Node], order: Sequence[str], table: str) -> str:
    """A SELECT of all rules over `table`, in the order of `rules`."""
    return in_dialect(duckdb.query(rules, order, table), "spark")
