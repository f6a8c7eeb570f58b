"""SQL as text: literals and names that mean the same in DuckDB and Spark, and DuckDB's SQL said in Spark's."""

from __future__ import annotations

from pathlib import Path

DIALECTS = ("duckdb", "spark")


def literal(value: float | int | str | Path) -> str:
    """A value, or the path of a file, as SQL text.

    Floats carry an exponent: plain decimals would be DECIMAL and compare differently.
    """
    if isinstance(value, str | Path):
        return "'" + str(value).replace("'", "''") + "'"
    return f"{value!r}e0" if isinstance(value, float) and "e" not in repr(value) else repr(value)


def quoted(name: str) -> str:
    """A column's or table's name."""
    return f'"{name}"'


def in_dialect(text: str, dialect: str) -> str:
    """DuckDB's SQL `text` in another dialect. Raises ValueError naming the dialects there are."""
    if dialect not in DIALECTS:
        raise ValueError(f"dialect {dialect} is not one of {', '.join(DIALECTS)}")
    return text if dialect == "duckdb" else _spark(text)


def _spark(text: str) -> str:
    import sqlglot
    from sqlglot import exp

    def same(node: exp.Expr) -> exp.Expr:
        # The value at the highest place, nulls kept: DuckDB's arg_max passes over them, Spark's max_by does not.
        if isinstance(node, exp.Anonymous) and node.name.upper() == "ARG_MAX_NULL":
            return exp.Anonymous(this="MAX_BY", expressions=node.expressions)
        return node

    return sqlglot.parse_one(text, read="duckdb").transform(same).sql(dialect="spark")
