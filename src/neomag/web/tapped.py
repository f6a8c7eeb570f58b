"""What was tapped along with a film: how many jerks, how often a second, and how even. Never what it means."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median, quantiles

from neomag.knowledge.caregiver import Tapping


@dataclass(frozen=True, slots=True)
class Count:
    """One count. `seconds` are those of the film, from the first tap to the last where the times are known.

    `rate` is a second of what happened, `low` to `high` the middle half of the gaps as rates; None where there is none.
    `notes` are names of the sentences of film.toml that go with it: few, fast, uneven, no_rate.
    """

    taps: int
    seconds: float
    rate: float | None = None
    low: float | None = None
    high: float | None = None
    notes: tuple[str, ...] = ()


def from_times(times: Sequence[float], speed: float | None, known: Tapping) -> Count:
    """A count from the times of its taps, in seconds, rising; at least one.

    `speed` is how fast the film was played, 1 as it happened; None when that is not known, and then there is no rate.
    """
    seconds, gaps = times[-1] - times[0], [after - before for before, after in pairwise(times)]
    if len(times) < known.fewest or seconds <= 0:
        return Count(len(times), seconds, notes=("few",))
    first, _, third = quantiles(gaps, n=4, method="inclusive")
    tapped = len(gaps) / seconds
    notes = ["fast"] if tapped >= known.fastest else []
    notes += ["uneven"] if third - first > known.widest * median(gaps) else []
    if speed is None:
        return Count(len(times), seconds, notes=(*notes, "no_rate"))
    # A first quarter of gaps of no length has no rate: two taps at one moment.
    high = speed / first if first > 0 else None
    return Count(len(times), seconds, tapped * speed, speed / third if third > 0 else None, high, tuple(notes))


def from_number(taps: int, seconds: float, speed: float | None, known: Tapping) -> Count:
    """A count that was made without the button: so many jerks in so many seconds of film, more than none. It has no spread."""
    if taps < known.fewest:
        return Count(taps, seconds, notes=("few",))
    notes = ("fast",) if taps / seconds >= known.fastest else ()
    if speed is None:
        return Count(taps, seconds, notes=(*notes, "no_rate"))
    return Count(taps, seconds, speed * taps / seconds, notes=notes)
