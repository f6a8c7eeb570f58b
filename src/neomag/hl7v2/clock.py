"""The ages of what a message says: from birth, in one zone, up to the moment the message was made."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, tzinfo

from neomag import ages
from neomag.hl7v2 import faults
from neomag.hl7v2.message import Segment
from neomag.hl7v2.times import Moment, moment


@dataclass(frozen=True, slots=True)
class Clock:
    """Ages from the birth of one patient. `born_day`: only the day of birth is known, and age counts from its first minute."""

    born: datetime
    born_day: bool
    now: datetime
    skew: int
    zone: tzinfo

    def age(self, when: datetime) -> int:
        """The age at an instant, in seconds."""
        return round((when - self.born).total_seconds())

    def read(self, text: str) -> tuple[int | None, str]:
        """The age at a written time, and what is doubtful about it (a code of the tables of problems, or nothing).

        None where the event is of some unknown time; a doubt of `bad-time` or `before-birth` says that it is lost.
        """
        if not text:
            return None, "no-time"
        try:
            when = moment(text, self.zone)
        except ValueError:
            return None, "bad-time"
        return self._age(when)

    def _age(self, when: Moment) -> tuple[int | None, str]:
        imprecise = when.precision in {"year", "month"}
        age = self.age(min(when.last, self.now) if imprecise else when.first)
        now = self.age(self.now)
        if age < 0 and not when.hour_known and self.age(when.last) >= 0:
            age = 0  # of the day of birth, its hour not known
        if age < 0:
            return None, "before-birth"
        if age > now + self.skew:
            return None, "after-message"
        return age, "imprecise-time" if imprecise else "" if when.hour_known else "date-only"


def clock(pid: Segment, now: datetime, skew: int, zone: tzinfo) -> Clock:
    """The clock of a patient at `now`. Raises MessageError when the birth is not known to the day, or not in time."""

    def wrong(condition: str, says: str) -> faults.MessageError:
        return faults.MessageError([faults.Fault(condition, says, "PID", pid.sequence, 7)])

    if not pid.value(7):
        raise wrong(faults.MISSING, "the date of birth is missing; without it there is no age")
    try:
        born = moment(pid.value(7), zone)
    except ValueError:
        raise wrong(faults.DATA_TYPE, "the date of birth is no date; write YYYYMMDD or YYYYMMDDHHMM") from None
    if born.precision in {"year", "month"}:
        raise wrong(faults.DATA_TYPE, "the day of birth is needed; write YYYYMMDD or YYYYMMDDHHMM")
    made = Clock(born.first, not born.hour_known, now, skew, zone)
    if made.age(now) < 0:
        raise wrong(faults.DATA_TYPE, "the birth lies after the message")
    if made.age(now) > ages.OLDEST:
        raise wrong(faults.DATA_TYPE, "no one reaches that age")
    return made
