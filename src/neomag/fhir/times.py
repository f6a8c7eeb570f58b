"""Dates and times of FHIR: how exact they are, and the moment they stand for."""

from __future__ import annotations

import re
from calendar import monthrange
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from functools import lru_cache

_FORM = re.compile(r"\d{4}(-\d{2}(-\d{2}(T\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:\d{2})?)?)?)?")
# Letters of a time that is usual: one of any length is not kept.
_USUAL = 40
FORM = "a date and time such as 2026-01-03T04:10:00+00:00"


@dataclass(frozen=True, slots=True)
class Moment:
    """A moment. `exact` is False for a day (its first minute) and for a month or year (its last second).

    `trouble` says which: `date-only` or `imprecise-time`.
    """

    at: datetime
    trouble: str | None = None


def moment(text: str, zone: tzinfo) -> Moment:
    """The moment of a FHIR date, dateTime or instant; `zone` is that of days and of times that carry none.

    Raises ValueError for what is none of them.
    """
    # The times of one record are few, and come again with its next call.
    return _kept_moment(text, zone) if len(text) <= _USUAL else _moment(text, zone)


def _moment(text: str, zone: tzinfo) -> Moment:
    if not _FORM.fullmatch(text):
        raise ValueError(f"write {FORM}")
    if len(text) > 10:
        at = datetime.fromisoformat(_six_digits(text))
        return Moment((at if at.tzinfo else at.replace(tzinfo=zone)).astimezone(UTC))
    year, month, day = (int(part) for part in f"{text}-00-00".split("-")[:3])
    if len(text) == 10:
        return Moment(datetime(year, month, day, tzinfo=zone).astimezone(UTC), "date-only")
    month = month or 12
    # At the end of its span it has certainly happened.
    last = datetime(year, month, monthrange(year, month)[1], tzinfo=zone) + timedelta(days=1, seconds=-1)
    return Moment(last.astimezone(UTC), "imprecise-time")


_kept_moment = lru_cache(4096)(_moment)


def _six_digits(text: str) -> str:
    return re.sub(r"(\.\d{6})\d+", r"\1", text) if "." in text else text


def written(at: datetime) -> str:
    """A moment as FHIR writes it, in UTC to the second."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
