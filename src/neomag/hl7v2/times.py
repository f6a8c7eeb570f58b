"""Times as HL7 v2 writes them: `YYYYMMDDHHMMSS.SSSS+ZZZZ`, as precisely as the sender knew them."""

from __future__ import annotations

import re
from calendar import monthrange
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo

_TIME = re.compile(
    r"(?P<year>\d{4})(?:(?P<month>\d\d)(?:(?P<day>\d\d)(?:(?P<hour>\d\d)(?:(?P<minute>\d\d)"
    r"(?:(?P<second>\d\d)(?:\.(?P<part>\d{1,6}))?)?)?)?)?)?(?P<zone>[+-]\d{4})?",
    re.ASCII,
)
_PRECISIONS = ("year", "month", "day", "hour", "minute", "second")


@dataclass(frozen=True, slots=True)
class Moment:
    """A time in UTC: the `first` and `last` instants it may mean (the last counts whole seconds), and how precise it is."""

    first: datetime
    last: datetime
    precision: str

    @property
    def hour_known(self) -> bool:
        """Whether it tells more than the day."""
        return _PRECISIONS.index(self.precision) >= _PRECISIONS.index("hour")


def offset(text: str) -> tzinfo | None:
    """The zone a time carries; None when it carries none or is no time."""
    match = _TIME.fullmatch(text.strip())
    return None if match is None or not match["zone"] else datetime.strptime(match["zone"], "%z").tzinfo


def moment(text: str, zone: tzinfo) -> Moment:
    """The time in `text`; one without an offset is of `zone`. Raises ValueError when it is no time of the calendar."""
    match = _TIME.fullmatch(text.strip())
    if match is None:
        raise ValueError("no time; write YYYYMMDDHHMMSS+ZZZZ")
    given = {name: int(match[name]) for name in _PRECISIONS if match[name] is not None}
    precision = _PRECISIONS[len(given) - 1]
    micro = int((match["part"] or "0").ljust(6, "0"))
    year, month, day, hour, minute, second = (given.get(name, 1 if name in {"month", "day"} else 0) for name in _PRECISIONS)
    local = datetime(year, month, day, hour, minute, second, micro)
    here = offset(text) or zone
    return Moment(_utc(local, here), _utc(_end(local, precision), here), precision)


def _utc(local: datetime, zone: tzinfo) -> datetime:
    try:
        return local.replace(tzinfo=zone).astimezone(UTC)
    except OverflowError:
        raise ValueError("no time that can be") from None


def _end(local: datetime, precision: str) -> datetime:
    if precision == "year":
        return local.replace(month=12, day=31, hour=23, minute=59, second=59)
    if precision == "month":
        return local.replace(day=monthrange(local.year, local.month)[1], hour=23, minute=59, second=59)
    if precision == "day":
        return local.replace(hour=23, minute=59, second=59)
    if precision == "hour":
        return local.replace(minute=59, second=59)
    return local.replace(second=59) if precision == "minute" else local


def written(when: datetime) -> str:
    """An instant as HL7 writes it, in UTC, to the second."""
    return when.astimezone(UTC).strftime("%Y%m%d%H%M%S+0000")
