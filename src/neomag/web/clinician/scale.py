"""The level on its age band: the interval used, and where other authorities draw the line for the same age."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from neomag import units
from neomag.answer import Answer
from neomag.case import Case
from neomag.intervals import DEFAULT, groups_of, in_canonical
from neomag.knowledge import Knowledge

LAB = "magnesium"
# A group of intervals that a condition, not a trait, opens.
_ANTENATAL = ("antenatal-magnesium", "condition:mother-magnesium-sulfate")
_STEPS = (0.1, 0.2, 0.5, 1.0, 2.0, 5.0)
_MOST_TICKS = 7


@dataclass(frozen=True, slots=True)
class Band:
    """One interval on the scale, in mmol/L; `x` and `width` are in percent of the scale. `used` marks the one that judged."""

    authority: str
    population: str
    source: str
    low: float | None
    high: float | None
    x: float
    width: float
    used: bool = False


@dataclass(frozen=True, slots=True)
class Scale:
    """The bands, the level in mmol/L and its place in percent, and the ticks below; `others` holds the level in other units."""

    bands: tuple[Band, ...]
    value: float
    x: float
    ticks: tuple[tuple[float, float], ...]
    others: tuple[tuple[float, str], ...]


def scale(case: Case, answer: Answer) -> Scale | None:
    """The scale of the level that was judged; None where there is no number or no interval."""
    level, knowledge = answer.magnesium, answer.rulebook.knowledge
    if level.value is None or level.interval is None:
        return None
    used = (level.interval["low"], level.interval["high"])
    at = case.now if level.at is None else level.at
    found = [("", level.interval["population"], level.interval["source"], *used)]
    groups = _groups(case, knowledge)
    for row in knowledge.intervals:
        # The default stands beside a local one, and above the others where it is the one used.
        own = row.authority == DEFAULT and LAB not in case.intervals
        if row.analyte == LAB and row.group in groups and row.start <= at < row.end and not own:
            found.append((row.authority, row.population, row.source, *in_canonical(row, knowledge)))
    most = max([level.value, *(limit for *_, low, high in found for limit in (low, high) if limit is not None)]) * 1.08

    def percent(value: float) -> float:
        return round(100 * value / most, 2)

    bands = tuple(
        Band(
            authority, population, source, low, high, x=percent(low or 0),
            width=percent((most if high is None else high) - (low or 0)), used=place == 0,
        )
        for place, (authority, population, source, low, high) in enumerate(found)
    )  # fmt: skip
    step = next((s for s in _STEPS if most / s <= _MOST_TICKS), _STEPS[-1])
    ticks = tuple((round(step * n, 3), percent(step * n)) for n in range(int(most / step) + 1))
    return Scale(bands, level.value, percent(level.value), ticks, _others(level.value, knowledge))


def _groups(case: Case, knowledge: Knowledge) -> Sequence[str]:
    last = {event.key: event for event in case.events}
    mother = last.get(_ANTENATAL[1])
    return [*groups_of(case, knowledge), *((_ANTENATAL[0],) if mother is not None and not mother.absent else ())]


def _others(value: float, knowledge: Knowledge) -> tuple[tuple[float, str], ...]:
    analyte = knowledge.analytes[LAB]
    exact = Fraction(str(value))
    return tuple(
        (round(float(units.convert(exact, analyte.canonical, unit, knowledge, analyte)), 2), unit)
        for unit in analyte.units
        if unit != analyte.canonical
    )
