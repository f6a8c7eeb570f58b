"""Rules for other engines: CQL, ELM, SQL of DuckDB and Spark, JavaScript, and JSON."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from textwrap import wrap

from neomag.findings.catalogue import describe
from neomag.rules import cql, duckdb, elm, javascript, json_form
from neomag.rules.selection import Selection
from neomag.rules.tree import Node, names

TABLE = "findings"
KEYS = ("infant", "now")


def to_cql(chosen: Selection) -> str:
    """A CQL library."""
    return cql.text(chosen, _described(chosen))


def to_elm(chosen: Selection) -> str:
    """An ELM library in JSON."""
    return _json(elm.library(chosen))


def to_json(chosen: Selection) -> str:
    """The trees in JSON."""
    return _json(json_form.document(chosen, _described(chosen)))


def to_javascript(chosen: Selection) -> str:
    """An ES module."""
    return javascript.text(chosen, _described(chosen))


def to_sql(chosen: Selection) -> str:
    """One SELECT for DuckDB over a table `findings`."""
    return "\n".join(_select(chosen, duckdb.expression, '"', duckdb.TYPES)) + "\n"


def to_spark(chosen: Selection) -> str:
    """The same SELECT for Spark SQL."""
    import sqlglot

    def spark(node: Node) -> str:
        return sqlglot.transpile(duckdb.expression(node), read="duckdb", write="spark")[0]

    types = {"truth": "BOOLEAN", "count": "BIGINT", "quantity": "DOUBLE", "word": "STRING"}
    return "\n".join(_select(chosen, spark, "`", types)) + "\n"


# What a target writes, and the name of its file.
TARGETS: Mapping[str, tuple[Callable[[Selection], str], str]] = {
    "cql": (to_cql, f"{elm.NAME}.cql"),
    "elm": (to_elm, f"{elm.NAME}.elm.json"),
    "sql": (to_sql, "neomag-rules.duckdb.sql"),
    "spark": (to_spark, "neomag-rules.spark.sql"),
    "javascript": (to_javascript, "neomag-rules.js"),
    "json": (to_json, "neomag-rules.json"),
}


def _described(chosen: Selection) -> dict[str, str]:
    return {name: describe(name, chosen.knowledge) for name in chosen.findings}


def _json(data: object) -> str:
    return json.dumps(data, ensure_ascii=False, indent=1) + "\n"


def _select(chosen: Selection, expression: Callable[[Node], str], quote: str, types: Mapping[str, str]) -> Iterator[str]:
    """A line each of the SELECT: each rule in a layer above those it builds on, so that no rule's text is written twice."""
    known, depth = chosen.knowledge, _depths(chosen)
    yield f"-- neomag's rules, knowledge {known.version}, digest {known.digest}."
    yield "-- Decision support for magnesium deficiency in infants, birth to 24 months. Not a substitute for a clinician."
    yield f"-- Over a table {TABLE}: a row an infant and moment, with the columns {', '.join(KEYS)} and those below."
    yield "-- NULL is unknown. Counts are never NULL."
    for name, signature in chosen.findings.items():
        unit = f" [{signature.unit}]" if signature.unit else ""
        yield f"--   {name} {types[signature.type]}: {' '.join(describe(name, known).split())}{unit}"
    below = TABLE
    says = {entry.name: entry.says for entry in chosen.entries}
    ids = chosen.ids
    for layer in range(1, max(depth.values()) + 1):
        yield f"{'WITH ' if layer == 1 else ''}layer_{layer} AS ("
        yield "  SELECT *"
        for name in (n for n in chosen.order if depth[n] == layer):
            yield from wrap(says[name], 120, initial_indent=f"    -- {ids[name]}: ", subsequent_indent="    --   ")
            yield f"    , {expression(chosen.trees[name])} AS {quote}{name}{quote}"
        yield f"  FROM {below}"
        yield ")," if layer < max(depth.values()) else ")"
        below = f"layer_{layer}"
    yield f"SELECT {', '.join(KEYS)}"
    yield from (f"  , {quote}{name}{quote} AS {quote}{rule}{quote}" for name, rule in ids.items())
    yield f"FROM {below}"


def _depths(chosen: Selection) -> dict[str, int]:
    """How many layers of rules each rule stands on, itself included."""
    depth: dict[str, int] = {}
    for name in chosen.order:
        depth[name] = 1 + max((depth[n] for n in names(chosen.trees[name]) if n in depth), default=0)
    return depth
