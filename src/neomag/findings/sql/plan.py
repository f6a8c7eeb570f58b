"""A plan in SQL: one SELECT that makes the findings of every infant at every moment, in one pass over the events."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from neomag.findings.catalogue import entries
from neomag.findings.sql import calcium, drugs, infant, labs, signs
from neomag.findings.sql.intervals import local_column
from neomag.findings.sql.kinds import FLAG, WIDTH, Builder, Kind
from neomag.knowledge import Knowledge
from neomag.sql import in_dialect, literal, quoted

KINDS: Mapping[str, Kind] = {**infant.KINDS, **signs.KINDS, **labs.KINDS, **drugs.KINDS, **calcium.KINDS}
_INFANT = ("sex", "gestation", "birth_weight", "setting")
# The last weight by the moment, of equal times the last to arrive (structs compare field by field: at, seq, grams). A weight
# whose time is not known stands where there is none.
_WEIGHT = 'coalesce((list_max(list_filter(infants.weights, lambda w: w."at" <= moments.now))).grams, infants.weight) AS weight'


def findings_query(names: Sequence[str], knowledge: Knowledge, *, dialect: str = "duckdb", local: bool = False) -> str:
    """One SELECT with columns infant, now and a column for each finding of `names`, over infants, events and moments.

    `moments` holds each (infant, now) once, `infants` each infant once; `weights` of an infant is a list of structs (at, seq,
    grams), NULL or empty when there is none. With `local`, limits of the laboratory are read
    from a table intervals(analyte, low, high), in canonical units. Raises KeyError for a finding that there is not, and
    ValueError for a dialect that there is not.
    """
    return in_dialect(text(names, knowledge, local=local), dialect)


def text(names: Sequence[str], knowledge: Knowledge, *, local: bool = False) -> str:
    """`findings_query` in DuckDB's dialect."""
    known = entries(knowledge)
    builder = Builder(knowledge, local)
    values = {name: KINDS[known[name][0]](builder, known[name][1]) for name in names}
    parts = [_asked(), _seen(builder), *_found(builder)]
    if builder.doubts:
        parts += [f"{infant.doubt_column(code)} AS ({select})" for code, select in builder.doubts.items()]
    if local:
        parts.append(_local(knowledge))
    parts.append(_base(builder))
    table = "base"
    for depth in range(1, max(builder.depths.values(), default=0) + 1):
        made = ", ".join(f"{text} AS {name}" for text, name in builder.derived.items() if builder.depths[name] == depth)
        parts.append(f"layer{depth} AS (SELECT *, {made} FROM {table})")
        table = f"layer{depth}"
    columns = ", ".join(["infant", "now", *(f"{value} AS {quoted(name)}" for name, value in values.items())])
    return f"WITH {', '.join(parts)} SELECT {columns} FROM {table}"


def _asked() -> str:
    """Each moment, with what a dose is judged by."""
    return (
        f"asked AS (SELECT moments.infant, moments.now, {_WEIGHT} "
        "FROM moments LEFT JOIN infants ON infants.infant = moments.infant)"
    )


def _seen(builder: Builder) -> str:
    """Every event up to its moment whose key some finding needs."""
    words = -(-len(builder.bits) // WIDTH)
    rows: list[str] = []
    for key, place in builder.places.items():
        bits = [0] * words
        if key in builder.bits:
            word, bit = divmod(builder.bits[key], WIDTH)
            bits[word] = 1 << bit
        rows.append(f"({', '.join([literal(key), str(place), *(f'CAST({b} AS BIGINT)' for b in bits)])})")
    masks = [f"bits{word}" for word in range(words)]
    # An impossible key keeps the table from being empty when no finding needs an event.
    keys = f"keys({', '.join(['key', 'place', *masks])}) AS (VALUES {', '.join(rows or [_NO_KEY])})"
    carried = [f"{'asked' if c == 'weight' else 'events'}.{c}" for c in builder.used]
    columns = [
        "asked.infant", "asked.now", "keys.place", *(f"keys.{m}" for m in masks), "events.absent",
        "events.\"at\" AS age", "events.ord", "coalesce(events.\"at\", -1) AS t", "events.value",
        f"{FLAG.format('events.flag')} AS flag", *carried,
    ]  # fmt: skip
    text = (
        f"SELECT {', '.join(columns)} FROM asked JOIN events ON events.infant = asked.infant "
        'AND (events."at" IS NULL OR events."at" <= asked.now) JOIN keys ON keys.key = events.key'
    )
    # A column may be made of one that was asked for before it.
    for made, name in builder.columns.items():
        text = f"SELECT *, {made} AS {name} FROM ({text}) AS {name}_"
    return f"{keys}, seen AS ({text})"


_NO_KEY = "('', 0)"


def _found(builder: Builder) -> list[str]:
    """One row an infant and moment that has events, and one that has events to list."""
    made = "".join(f", {text} AS {name}" for (text, _), name in builder.aggregates.items())
    parts = [f"found AS (SELECT infant, now{made} FROM seen GROUP BY infant, now)"]
    if builder.lists:
        made = "".join(f", {text} AS {name}" for text, name in builder.lists.items())
        keys = builder.place(*builder.listed)
        parts.append(f"lists AS (SELECT infant, now{made} FROM seen WHERE {keys} GROUP BY infant, now)")
    return parts


def _local(knowledge: Knowledge) -> str:
    """The local laboratory's limits in one row."""
    made = ", ".join(
        f"max(CASE WHEN analyte = {literal(code)} THEN {side} END) AS {local_column(code, side)}"
        for code in knowledge.analytes
        for side in ("low", "high")
    )
    return f"laboratory AS (SELECT {made} FROM intervals)"


def _base(builder: Builder) -> str:
    """One row an infant and moment, with the infant's fields and all aggregates."""
    fields = [*(f"infants.{name}" for name in _INFANT), _WEIGHT]
    gathered = [
        f"found.{name}" if empty == "NULL" else f"coalesce(found.{name}, {empty}) AS {name}"
        for (_, empty), name in builder.aggregates.items()
    ]
    doubts = [infant.doubt_column(code) for code in builder.doubts]
    columns = ["moments.infant", "moments.now", *fields, *gathered, *(f"{d}.age AS {d}" for d in doubts)]
    columns += [f"lists.{name}" for name in builder.lists.values()]
    joins = " LEFT JOIN lists ON lists.infant = moments.infant AND lists.now = moments.now" if builder.lists else ""
    joins += "".join(f" LEFT JOIN {d} ON {d}.infant = moments.infant" for d in doubts)
    if builder.local:
        columns.append("laboratory.*")
        joins += " CROSS JOIN laboratory"
    return (
        f"base AS (SELECT {', '.join(columns)} FROM moments LEFT JOIN infants ON infants.infant = moments.infant "
        f"LEFT JOIN found ON found.infant = moments.infant AND found.now = moments.now{joins})"
    )
