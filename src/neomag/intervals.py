"""Reference intervals: which one applies to an infant at an age, and what the authorities beside it say."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

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


@cache
def extremes(code: str, knowledge: Knowledge) -> Limits:
    """The lowest lower and the highest upper default limit of lab `code` at any age, canonical; None: none given."""
    limits = [in_canonical(i, knowledge) for i in knowledge.intervals if i.analyte == code and i.authority == DEFAULT]
    lows, highs = [low for low, _ in limits if low is not None], [high for _, high in limits if high is not None]
    return min(lows, default=None), max(highs, default=None)


def groups_of(case: Case, knowledge: Knowledge) -> tuple[str, ...]:
    """The groups with intervals of their own that the infant is known to be in, the narrowest first; `any` last."""
    weight = case.infant.birth_weight
    found = [
        name
        for name, group in knowledge.settings["interval_groups"].items()
        if isinstance(group, dict) and weight is not None and weight < group["birth_weight_below_g"]
    ]
    return (*found, *((case.infant.sex,) if case.infant.sex else ()), "any")


Choose = Callable[[Case, int | None], Interval | None]


@cache
def chooser(code: str, knowledge: Knowledge) -> Choose:
    """A function that gives the default interval of lab `code` for an infant at an age (None: at `now`), if there is one."""
    rows: dict[str, list[Interval]] = {}
    for interval in knowledge.intervals:
        if interval.analyte == code and interval.authority == DEFAULT:
            rows.setdefault(interval.group, []).append(interval)
    simple = rows.keys() <= {"any"}

    def choose(case: Case, at: int | None) -> Interval | None:
        moment = case.now if at is None else at
        for group in ("any",) if simple else groups_of(case, knowledge):
            for interval in rows.get(group, ()):
                if interval.start <= moment < interval.end:
                    return interval
        return None

    return choose


@cache
def limits_at(code: str, knowledge: Knowledge) -> Callable[[Case, int | None], Limits]:
    """A function that gives the limits in force for lab `code` at an age: the local laboratory's, else the default's."""
    choose = chooser(code, knowledge)
    canonical = {i.id: in_canonical(i, knowledge) for i in knowledge.intervals if i.analyte == code and i.authority == DEFAULT}

    def limits(case: Case, at: int | None) -> Limits:
        low, high = case.intervals.get(code, (None, None))
        if low is not None and high is not None:
            return low, high
        chosen = choose(case, at)
        default = (None, None) if chosen is None else canonical[chosen.id]
        return (default[0] if low is None else low), (default[1] if high is None else high)

    return limits
