"""What is doubtful in a message that was read."""

from __future__ import annotations

from dataclasses import dataclass

from neomag.hl7v2 import faults
from neomag.hl7v2.faults import Fault
from neomag.hl7v2.message import Segment

# What the sender of a result can mend: the condition of table 0357, and the field at fault.
_SENDERS = {
    "no-unit": (faults.MISSING, 6),
    "unknown-unit": (faults.NOT_IN_TABLE, 6),
    "unit-text-conflict": (faults.NOT_IN_TABLE, 6),
    "name-code-conflict": (faults.NOT_IN_TABLE, 3),
    "loinc-check-digit": (faults.NOT_IN_TABLE, 3),
    "code-conflict": (faults.NOT_IN_TABLE, 3),
    "specimen-conflict": (faults.NOT_IN_TABLE, 3),
    "bad-time": (faults.DATA_TYPE, 14),
    "not-read": (faults.DATA_TYPE, 5),
}


@dataclass(frozen=True, slots=True)
class Problem:
    """A code of the tables of problems, what it says, the place (`OBX[2]-6`), and a detail, which may hold values."""

    code: str
    says: str
    segment: str
    sequence: int
    field: int | None = None
    detail: str = ""

    @property
    def where(self) -> str:
        """The place in the message."""
        return faults.place(self.segment, self.sequence, self.field)

    @property
    def fault(self) -> Fault | None:
        """The problem as a fault of the sender's, without the detail; None when it is none of theirs."""
        if self.segment != "OBX" or self.code not in _SENDERS:
            return None
        condition, field = _SENDERS[self.code]
        return Fault(condition, self.says, "OBX", self.sequence, field)

    def __str__(self) -> str:
        return f"{self.where}: {self.says}" + (f" ({self.detail})" if self.detail else "")


def at(segment: Segment, code: str, says: str, field: int | None = None, detail: str = "") -> Problem:
    """A problem at a field of a segment."""
    return Problem(code, says, segment.name, segment.sequence, field, detail)
