"""The Kaplan-Meier curve: of those not yet measured, with those who leave observation counted until they leave.

Kaplan and Meier 1958 (doi 10.1080/01621459.1958.10501452); variance by Greenwood's formula; interval on the log(-log)
scale, which stays between 0 and 1; median and its interval by where the curve and its limits first reach one half.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import exp, log, sqrt

from neomag.cohort.report.shares import normal_point

# A product of many fractions that is one half on paper may miss it by rounding.
_ROUNDING = 1e-12


@dataclass(frozen=True, slots=True)
class Step:
    """The curve from `time` (seconds) on: those at risk just before it, the share left, and the interval of that share."""

    time: int
    at_risk: int
    events: int
    share: float
    low: float | None
    high: float | None


@dataclass(frozen=True, slots=True)
class Curve:
    """A whole curve; `total` infants entered it at time 0."""

    total: int
    steps: tuple[Step, ...]
    times: Sequence[int]

    def at(self, time: int) -> Step:
        """The curve at a time (closed: what happens at `time` has happened)."""
        place = bisect_right(self.times, time) - 1
        return self.steps[place] if place >= 0 else Step(0, self.total, 0, 1.0, 1.0, 1.0)

    def at_risk_after(self, time: int) -> int:
        """How many are still watched and without the event after `time`."""
        place = bisect_right(self.times, time)
        return self.steps[place].at_risk if place < len(self.steps) else 0

    @property
    def median(self) -> int | None:
        """When half have had the event; None when fewer ever do."""
        return next((s.time for s in self.steps if s.share <= 0.5 + _ROUNDING), None)

    @property
    def median_interval(self) -> tuple[int | None, int | None]:
        """Between which times the median may lie; None where a limit is not reached."""
        low = next((s.time for s in self.steps if s.low is not None and s.low <= 0.5 + _ROUNDING), None)
        high = next((s.time for s in self.steps if s.high is not None and s.high <= 0.5 + _ROUNDING), None)
        return low, high


def curve(counts: Iterable[tuple[int, int, int]], level: float) -> Curve:
    """The curve of `counts`: (time, how many had the event then, how many left without it then), in order of time.

    Those who leave at a time are at risk at that time. `level` is that of the interval (0.95).
    """
    rows = list(counts)
    at_risk = total = sum(events + left for _, events, left in rows)
    z = normal_point(level)
    share, variance = 1.0, 0.0
    steps: list[Step] = []
    for time, events, left in rows:
        if events:
            share *= (at_risk - events) / at_risk
        if events and at_risk > events:
            variance += events / (at_risk * (at_risk - events))
        low, high = _limits(share, variance, z)
        steps.append(Step(time, at_risk, events, share, low, high))
        at_risk -= events + left
    return Curve(total, tuple(steps), [s.time for s in steps])


def _limits(share: float, variance: float, z: float) -> tuple[float | None, float | None]:
    if share >= 1:
        return 1.0, 1.0
    if share <= 0:
        return None, None  # Greenwood's variance has no value once nobody is left
    reach = z * sqrt(variance) / -log(share)
    return share ** exp(reach), share ** exp(-reach)
