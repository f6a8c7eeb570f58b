"""Why a message cannot be used: what is told to its sender. No text here holds a value of the message."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

# HL7 table 0357.
SEQUENCE = "100"
MISSING = "101"
DATA_TYPE = "102"
NOT_IN_TABLE = "103"
TYPE = "200"
EVENT = "201"
PROCESSING = "202"
VERSION = "203"
INTERNAL = "207"
CONDITIONS = {
    SEQUENCE: "Segment sequence error",
    MISSING: "Required field missing",
    DATA_TYPE: "Data type error",
    NOT_IN_TABLE: "Table value not found",
    TYPE: "Unsupported message type",
    EVENT: "Unsupported event code",
    PROCESSING: "Unsupported processing id",
    VERSION: "Unsupported version id",
    INTERNAL: "Application internal error",
}


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong with a message: its condition (table 0357), what is wrong and what is accepted, and the place."""

    condition: str
    says: str
    segment: str = ""
    sequence: int = 1
    field: int | None = None

    @property
    def where(self) -> str:
        """The place, such as `OBX[2]-6`."""
        return place(self.segment, self.sequence, self.field) if self.segment else ""


def place(segment: str, sequence: int, field: int | None = None) -> str:
    """A place in a message: `OBX[2]-6` is field 6 of the second OBX."""
    return f"{segment}[{sequence}]" + ("" if field is None else f"-{field}")


class MessageError(Exception):
    """A message that cannot be used. `rejected`: it will never be (its kind, its form); else its content has faults."""

    def __init__(self, faults: Sequence[Fault], *, rejected: bool = False):
        self.faults = tuple(faults)
        self.rejected = rejected
        super().__init__(self.faults)

    def __str__(self) -> str:
        return "; ".join(f"{f.where}: {f.says}" if f.where else f.says for f in self.faults)


def rejected(condition: str, says: str, segment: str = "", field: int | None = None) -> MessageError:
    """The error of a message that is refused whole."""
    return MessageError([Fault(condition, says, segment, 1, field)], rejected=True)
