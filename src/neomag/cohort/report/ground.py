"""Tables that several questions stand on, made once: samples, levels with the interval for the age, ends of observation."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from neomag.intervals import DEFAULT, Limits, in_canonical
from neomag.sql import literal

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

    from neomag.cohort.report.definitions import Definition, Definitions
    from neomag.knowledge import Knowledge

LAB = "magnesium"


def listed(codes: Iterable[str], prefix: str = "") -> str:
    """A list of SQL string literals, each with `prefix` before it: `'sign:seizure', 'sign:tetany'`."""
    return ", ".join(literal(prefix + code) for code in codes)


def lay(con: DuckDBPyConnection, defined: Definitions, knowledge: Knowledge, local: Limits) -> None:
    """Make the tables `watched`, `samples`, `intervals` and `levels`.

    - watched(infant, until): the age in seconds at the last event that has a time, NULL when none has.
    - samples(infant, at, code): laboratory samples of the infant's own blood in a right tube, a usable number or not.
    - intervals(authority, rank, below_g, sex, start, stop, low, high): those of magnesium, mmol/L; `rank` 0 the narrowest.
    - levels(infant, ord, at, value, low, high): total magnesium with a number; the limits at `at`, those of the `local`
      laboratory where it has them, else the default ones.
    """
    skip = listed(defined.not_specimens)
    right = f"coalesce(NOT list_has_any(specimen, [{skip}]), true)"
    con.execute('CREATE TEMP TABLE watched AS SELECT infant, max("at") AS until FROM events GROUP BY infant')
    con.execute(
        f'CREATE TEMP VIEW samples AS SELECT infant, "at", code FROM events '
        f"WHERE kind = 'lab' AND NOT coalesce(absent, false) AND {right}"
    )
    _intervals(con, knowledge)
    # As in neomag.intervals: a local limit holds at any age. A level without a time has no age, and no limits.
    own = [
        f"arg_min(r.{side}, r.rank)" if limit is None else f'CASE WHEN d."at" IS NOT NULL THEN {limit!r}::DOUBLE END'
        for side, limit in zip(("low", "high"), local, strict=True)
    ]
    con.execute(f"""
        CREATE TEMP TABLE levels AS
        WITH drawn AS (
            SELECT e.infant, e.ord, e."at", e.value, i.birth_weight, i.sex
            FROM events e LEFT JOIN infants i USING (infant)
            WHERE e.key = 'lab:{LAB}' AND e.value IS NOT NULL AND {right.replace("specimen", "e.specimen")}
        )
        SELECT d.infant, d.ord, d."at", d.value, {own[0]} AS low, {own[1]} AS high
        FROM drawn d LEFT JOIN intervals r ON r.authority = '{DEFAULT}' AND d."at" >= r.start AND d."at" < r.stop
            AND (r.below_g IS NULL OR d.birth_weight < r.below_g) AND (r.sex IS NULL OR d.sex = r.sex)
        GROUP BY d.infant, d.ord, d."at", d.value""")


def _intervals(con: DuckDBPyConnection, knowledge: Knowledge) -> None:
    con.execute(
        "CREATE TEMP TABLE intervals (authority VARCHAR, rank INT, below_g DOUBLE, sex VARCHAR, "
        "start BIGINT, stop BIGINT, low DOUBLE, high DOUBLE)"
    )
    settings: Mapping[str, Any] = knowledge.settings["interval_groups"]
    groups: dict[str, float] = {n: group["birth_weight_below_g"] for n, group in settings.items() if isinstance(group, dict)}
    order = [*groups, "female", "male", "any"]
    # Intervals of cord blood or of infants whose mothers had magnesium are not for levels of any infant.
    rows = [
        (i.authority, order.index(i.group), groups.get(i.group),
         i.group if i.group in ("female", "male") else None, i.start, i.end, *in_canonical(i, knowledge))
        for i in knowledge.intervals
        if i.analyte == LAB and i.group in order
    ]  # fmt: skip
    con.executemany("INSERT INTO intervals VALUES (?, ?, ?, ?, ?, ?, ?, ?)", rows)


def first_signs(con: DuckDBPyConnection, question: Definition, table: str) -> None:
    """Make `table`(infant, first, undated): when the first of the question's signs was, and whether any has no time."""
    con.execute(
        f'CREATE TEMP TABLE {table} AS SELECT infant, min("at") AS first, bool_or("at" IS NULL) AS undated FROM events '
        f"WHERE key IN ({listed(question.codes['signs'], 'sign:')}) AND NOT coalesce(absent, false) GROUP BY infant"
    )
