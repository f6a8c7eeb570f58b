"""Reference intervals: which one applies to an infant at an age, and what the authorities beside it say."""

from __future__ import annotations

from collections.abc import Callable

from neomag import units
from neomag.case import Case
from neomag.knowledge import Interval, Knowledge

DEFAULT = "neomag"
Limits = tuple[float | None, float | None]


def in_canonical(interval: Interval, knowledge: Knowledge) -> Limits:
    """The interval's limits in its analyte's canonical unit."""
    analyte = knowledge.analytes[interval.analyte]

    def limit(value: float | None) -> float | None:
        if value is None or interval.unit == analyte.canonical:
            return value
        return float(units.convert(units.number(value), interval.unit, analyte.canonical, knowledge, analyte))

    return limit(interval.low), limit(interval.high)


def groups_of(case: Case, knowledge: Knowledge) -> tuple[str, ...]:
    """The groups with intervals of their own that the infant is known to be in, the narrowest first; `any` last."""
    weight = case.infant.birth_weight
    found = [
        name
        for name, group in knowledge.settings["interval_groups"].items()
        if isinstance(group, dict) and weight is not None and weight < group["birth_weight_below_g"]
    ]
    return (*found, *((case.infant.sex,) if case.infant.sex else ()), "any")


def default_at(code: str, case: Case, at: int | None, knowledge: Knowledge) -> Interval | None:
    """The default interval of lab `code` for this infant at age `at` (None: at `now`); None where there is none."""
    moment = case.now if at is None else at
    rows = [i for i in knowledge.intervals if i.analyte == code and i.authority == DEFAULT and i.start <= moment < i.end]
    for group in groups_of(case, knowledge):
        for row in rows:
            if row.group == group:
                return row
    return None


def limits_at(code: str, knowledge: Knowledge) -> Callable[[Case, int | None], Limits]:
    """A function that gives the limits in force for lab `code` at an age: the local laboratory's, else the default's."""
    rows: dict[str, list[tuple[int, int, Limits]]] = {}
    for interval in knowledge.intervals:
        if interval.analyte == code and interval.authority == DEFAULT:
            rows.setdefault(interval.group, []).append((interval.start, interval.end, in_canonical(interval, knowledge)))
    simple = rows.keys() <= {"any"}

    def limits(case: Case, at: int | None) -> Limits:
        local = case.intervals.get(code)
        if local is not None and None not in local:
            return local
        moment = case.now if at is None else at
        found: Limits = (None, None)
        for group in ("any",) if simple else groups_of(case, knowledge):
            match = next((limit for start, end, limit in rows.get(group, ()) if start <= moment < end), None)
            if match is not None:
                found = match
                break
        return found if local is None else (local[0] or found[0], local[1] or found[1])

    return limits
