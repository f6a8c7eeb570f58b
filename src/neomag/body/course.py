"""A run as plain rows: what JSON, CSV, text and charts are made from."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from neomag.body.limits import birth_kg, limits
from neomag.body.model import PLACES, held
from neomag.body.run import Run
from neomag.intervals import Limits
from neomag.knowledge import Knowledge


@dataclass(frozen=True, slots=True)
class Row:
    """One moment: hours from the start, age in hours, serum in mmol/L with the interval's limits, mmol in the body by place."""

    t: float
    age: float
    level: float
    limits: Limits
    body: float
    places: dict[str, float]


def course(run: Run, knowledge: Knowledge) -> tuple[Row, ...]:
    """The rows of `run`, in time."""
    infant = run.scenario.infant
    known = birth_kg(infant.settled, infant.birth_kg)
    return tuple(
        Row(p.t, p.age, p.level, limits(p.age, known, knowledge), held(list(p.state)), dict(zip(PLACES, p.state, strict=True)))
        for p in run.points
    )


def thinned(rows: tuple[Row, ...], most: int) -> Iterator[Row]:
    """At most about `most` rows, evenly, the first and the last always among them."""
    every = max(1, -(-(len(rows) - 1) // most))
    yield from rows[:-1:every]
    yield rows[-1]


def stretches(t: Sequence[float], given: Sequence[Limits]) -> Iterator[tuple[float, float, Limits]]:
    """Each stretch of time in which the interval stays the same: from, to, and its limits; where there is none, nothing."""
    start = 0
    for i in range(1, len(t) + 1):
        if i < len(t) and given[i] == given[start]:
            continue
        end = t[min(i, len(t) - 1)]
        if None not in given[start] and end > t[start]:
            yield t[start], end, given[start]
        start = i
