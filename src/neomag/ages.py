"""Ages, spans of time and gestations as people write them: `60 d 2 h 10 min`, `8 wk`, `5 mo`, `birth`, `38w2d`.

All are exact: spans are whole seconds, a month is 30.4375 days (a year 12 months), gestations are weeks as Fraction.
"""

from __future__ import annotations

import re
from fractions import Fraction
from functools import lru_cache

DAY = 86_400
MONTH = 2_629_800
SECONDS = {"s": 1, "min": 60, "h": 3_600, "d": DAY, "wk": 7 * DAY, "mo": MONTH, "y": 12 * MONTH}
# Sources shift ages to about 300 years to hide them (MIMIC); beyond this a number is a slip, not an age.
OLDEST = 400 * SECONDS["y"]

# Letters of a span that is usual.
_SHORT = 24

# Between the parts of a span. A comma right before a number could be a decimal one.
_BETWEEN = re.compile(r" *(?:, +)?")
_PART = re.compile(r"(\d{1,9}(?:\.\d{1,6})?)\s*([a-z]+)")
_GESTATION = re.compile(r"(\d{1,2})(?:\s*(?:w|wk|weeks?))?(?:\s*\+?\s*([0-6])(?:\s*(?:d|days?))?)?")
_SPELT = {
    "min": "min", "mins": "min", "minute": "min", "minutes": "min", "h": "h", "hr": "h", "hrs": "h", "hour": "h",
    "hours": "h", "d": "d", "day": "d", "days": "d", "wk": "wk", "wks": "wk", "w": "wk", "week": "wk", "weeks": "wk",
    "mo": "mo", "month": "mo", "months": "mo", "y": "y", "yr": "y", "year": "y", "years": "y", "s": "s",
}  # fmt: skip
AGE_FORM = "an age such as `36 h`, `14 d`, `60 d 2 h 10 min`, `8 wk`, `5 mo` or `birth`"
GESTATION_FORM = "completed weeks and days such as `38w2d`, or plain weeks such as 38"


def seconds(text: str) -> int:
    """The span written in `text`, in whole seconds; `birth` is 0. Raises ValueError saying what would be accepted."""
    # The same spans come back from infant to infant; a text of any length is not kept.
    return _seconds(text) if len(text) > _SHORT else _seconds_kept(text)


def _seconds(text: str) -> int:
    text = text.strip().lower()
    if text == "birth":
        return 0
    total: Fraction | int = 0
    end = 0
    for part in _PART.finditer(text):
        unit = _SPELT.get(part[2])
        if unit is None or not (_BETWEEN.fullmatch(text, end, part.start()) if end else part.start() == 0):
            break
        # Whole numbers, which most are, need no fractions.
        total += (Fraction(part[1]) if "." in part[1] else int(part[1])) * SECONDS[unit]
        end = part.end()
    if not text or end != len(text):
        raise ValueError(f"write {AGE_FORM}")
    if total > OLDEST:
        raise ValueError(f"no age or span is that long; write {AGE_FORM}")
    return round(total)


_seconds_kept = lru_cache(4096)(_seconds)


def written(span: int) -> str:
    """A span of seconds as text that `seconds` reads back: `60 d 2 h`; 0 is `birth`."""
    if span == 0:
        return "birth"
    parts: list[str] = []
    for unit in ("d", "h", "min", "s"):
        count, span = divmod(span, SECONDS[unit])
        if count:
            parts.append(f"{count} {unit}")
    return " ".join(parts)


def gestation(text: str) -> Fraction:
    """Gestation at birth in weeks. Raises ValueError saying what would be accepted."""
    match = _GESTATION.fullmatch(text.strip().lower())
    if match is None:
        raise ValueError(f"write {GESTATION_FORM}")
    return Fraction(int(match[1])) + Fraction(int(match[2] or 0), 7)
