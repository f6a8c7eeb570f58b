"""The course of events on one line of time that runs to now: near moments wide, far ones narrow."""

from __future__ import annotations

from dataclasses import dataclass
from math import log1p

from neomag.ages import DAY, MONTH, SECONDS
from neomag.case import Case, Event

LANES = ("sign", "lab", "given", "condition")
# Seconds around now that are as wide as they are long; beyond, each tenfold time takes the same width.
_LINEAR = 900
_TICKS = (SECONDS["min"] * 10, SECONDS["h"], 6 * SECONDS["h"], DAY, 7 * DAY, MONTH, 6 * MONTH)
_APART = 14.0


@dataclass(frozen=True, slots=True)
class Moment:
    """What happened at one moment: seconds before now (None: not known), its events, and its place in percent."""

    before: int | None
    at: int | None
    events: tuple[Event, ...]
    x: float


@dataclass(frozen=True, slots=True)
class Timeline:
    """The moments from the first to now, those of unknown time last; ticks are seconds before now and their places."""

    moments: tuple[Moment, ...]
    ticks: tuple[tuple[int, float], ...]

    @property
    def dots(self) -> list[tuple[float, int, str, int]]:
        """A dot for each moment and lane: its place, its lane, the lane's kind, and how many events it stands for."""
        return [
            (moment.x, row, lane, count)
            for moment in self.moments
            if moment.before is not None
            for row, lane in enumerate(LANES)
            if (count := sum(event.kind == lane for event in moment.events))
        ]


def timeline(case: Case) -> Timeline:
    """The course of a case."""
    moments: dict[int | None, list[Event]] = {}
    for event in case.events:
        moments.setdefault(event.at, []).append(event)
    known = [case.now - at for at in moments if at is not None]
    longest = max([*known, SECONDS["h"]])

    def place(before: int) -> float:
        return round(100 * (1 - log1p(before / _LINEAR) / log1p(longest / _LINEAR)), 2)

    ordered = sorted((at for at in moments if at is not None), key=lambda at: at)
    found = [Moment(case.now - at, at, tuple(moments[at]), place(case.now - at)) for at in ordered]
    found += [Moment(None, None, tuple(moments[None]), 0)] if None in moments else []
    ticks: list[tuple[int, float]] = [(0, 100.0)]
    for tick in _TICKS:
        if tick < longest and ticks[-1][1] - place(tick) >= _APART:
            ticks.append((tick, place(tick)))
    return Timeline(tuple(found), tuple(ticks))
