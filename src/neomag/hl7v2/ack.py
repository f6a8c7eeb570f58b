"""Acknowledgements: what the sender of a message is told, in original and in enhanced mode.

They are written with the sender's own delimiters, so that what is echoed is echoed to the byte; neomag's own words are ASCII.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from neomag.hl7v2.escapes import STANDARD, Delimiters, escape
from neomag.hl7v2.faults import CONDITIONS, INTERNAL, Fault
from neomag.hl7v2.header import told
from neomag.hl7v2.message import Segment
from neomag.hl7v2.times import written

ACCEPTED = "A"
ERROR = "E"
REJECTED = "R"
# HL7 table 0155. Anything else in MSH-15 and MSH-16 is as nothing: a sender that waits for an answer gets one.
_WISHES = ("AL", "NE", "ER", "SU")
# Beyond these a message has its first faults named; mending them shows the rest.
_MOST_FAULTS = 20
_VERSION = re.compile(r"2\.[1-9](\.[1-9])?")


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a message ended: A (it is used, or safely kept), E (its content cannot be used) or R (it is refused, or we failed).

    `warnings` are faults of single results of an accepted message.
    """

    code: str
    faults: tuple[Fault, ...] = ()
    warnings: tuple[Fault, ...] = ()


def failed(says: str) -> Outcome:
    """The outcome when the fault is neomag's own: the sender may send the message again."""
    return Outcome(REJECTED, (Fault(INTERNAL, says),))


def acknowledge(head: Segment | None, outcome: Outcome, *, now: datetime | None = None) -> tuple[bytes, ...]:
    """The acknowledgements to send, in order: one in original mode, none to two in enhanced mode.

    `head` is the message's header (`message.head_of`); None when it has none that can be read. An acknowledgement is
    never acknowledged.
    """
    made = now or datetime.now(UTC)
    if head is None:
        return (_written(None, f"A{outcome.code}", outcome, made),)
    header = told(head)
    if header.kind == "ACK":
        return ()
    asked = (("C", header.accept), ("A", header.application))
    if not any(wish in _WISHES for _, wish in asked):
        return (_written(head, f"A{outcome.code}", outcome, made),)
    return tuple(_written(head, kind + outcome.code, outcome, made) for kind, wish in asked if _wanted(wish, outcome))


def _wanted(wish: str, outcome: Outcome) -> bool:
    good = outcome.code == ACCEPTED
    return wish == "AL" or (wish == "SU" and good) or (wish == "ER" and not good)


def _written(head: Segment | None, code: str, outcome: Outcome, now: datetime) -> bytes:
    marks = head.marks if head else STANDARD
    version = _version(head)
    segments = [_msh(head, marks, now), _msa(head, code, outcome, marks)]
    modern = version >= (2, 5)
    segments += [_err(f, "E", marks) if modern else _old_err(f, marks) for f in outcome.faults[:_MOST_FAULTS]]
    if modern:
        segments += [_err(fault, "W", marks) for fault in outcome.warnings[:_MOST_FAULTS]]
    return "".join(f"{segment}\r" for segment in segments).encode("latin-1")


def _version(head: Segment | None) -> tuple[int, ...]:
    version = head.value(12) if head else ""
    return tuple(int(part) for part in version.split(".")) if _VERSION.fullmatch(version) else (2, 5, 1)


def _raw(head: Segment | None, field: int) -> str:
    """A field to echo as it stands: bounded, and without control characters."""
    return re.sub(r"[\x00-\x1f\x7f]", "", head.raw(field))[:250] if head else ""


def _msh(head: Segment | None, marks: Delimiters, now: datetime) -> str:
    event = _raw(head, 9).split(marks.component) if head and marks.component else []
    kind = marks.component.join(["ACK", event[1], "ACK"] if len(event) > 1 and _version(head) >= (2, 4) else ["ACK"])
    fields = {
        3: _raw(head, 5) or "NEOMAG", 4: _raw(head, 6), 5: _raw(head, 3), 6: _raw(head, 4), 7: written(now), 9: kind,
        10: uuid.uuid4().hex[:20], 11: _raw(head, 11) or "P", 12: _raw(head, 12) or "2.5.1", 18: _raw(head, 18),
    }  # fmt: skip
    rest = [fields.get(number, "") for number in range(3, 19)]
    return f"MSH{marks.field}{marks.encoding}{marks.field}{marks.field.join(rest)}".rstrip(marks.field)


def _msa(head: Segment | None, code: str, outcome: Outcome, marks: Delimiters) -> str:
    says = escape(_says(outcome.faults[0]), marks) if outcome.faults else ""
    return marks.field.join(["MSA", code, _raw(head, 10), says]).rstrip(marks.field)


def _says(fault: Fault) -> str:
    return f"{fault.where}: {fault.says}" if fault.where else fault.says


def _coded(fault: Fault, marks: Delimiters) -> str:
    return (marks.component or " ").join([fault.condition, CONDITIONS[fault.condition], "HL70357"])


def _err(fault: Fault, severity: str, marks: Delimiters) -> str:
    """ERR of 2.5 and later: the place (ERR-2), condition, severity, and what is wrong (ERR-8)."""
    place = [fault.segment, str(fault.sequence), str(fault.field)] if fault.field else [fault.segment, str(fault.sequence)]
    where = (marks.component or " ").join(place) if fault.segment else ""
    fields = ["ERR", "", where, _coded(fault, marks), severity, "", "", "", escape(_says(fault), marks)]
    return marks.field.join(fields)


def _old_err(fault: Fault, marks: Delimiters) -> str:
    """ERR before 2.5: one field of place and condition."""
    condition = (marks.subcomponent or " ").join([fault.condition, CONDITIONS[fault.condition], "HL70357"])
    field = "" if fault.field is None else str(fault.field)
    return marks.field.join(["ERR", (marks.component or " ").join([fault.segment, str(fault.sequence), field, condition])])


@dataclass(frozen=True, slots=True)
class Acknowledged:
    """What a receiver answered: MSA-1, the control id it answers to (MSA-2), and the conditions of its ERR."""

    code: str
    control: str
    conditions: tuple[str, ...]

    @property
    def good(self) -> bool:
        """Whether the message is safe with the receiver."""
        return self.code in {"AA", "CA"}


def read_acknowledgement(segments: Sequence[Segment]) -> Acknowledged | None:
    """What the segments of an answer acknowledge; None when they hold no MSA."""
    msa = next((segment for segment in segments if segment.name == "MSA"), None)
    return Acknowledged(msa.value(1), msa.value(2), tuple(_conditions(segments))) if msa else None


def _conditions(segments: Sequence[Segment]) -> Iterator[str]:
    for segment in segments:
        if segment.name == "ERR" and (condition := segment.value(3)):
            yield condition
