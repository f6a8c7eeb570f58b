"""Reads a message of results or orders: a case for each patient, what is doubtful, and what is asked for.

Each case holds what the message holds, and the earlier events that `history` gives; the rest is unknown.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo

from neomag.hl7v2 import faults
from neomag.hl7v2.charsets import UTF_8
from neomag.hl7v2.groups import Group, groups
from neomag.hl7v2.header import Header, header
from neomag.hl7v2.message import Message, Segment, parse
from neomag.hl7v2.patient import History, Patient, patient_of
from neomag.hl7v2.problem import Problem
from neomag.hl7v2.terms import Terms, shipped
from neomag.hl7v2.times import moment, offset


@dataclass(frozen=True, slots=True)
class Reading:
    """A message as it was read: its header, and its patients."""

    header: Header
    message: Message
    patients: tuple[Patient, ...]

    @property
    def problems(self) -> tuple[Problem, ...]:
        """The problems of all patients."""
        return tuple(problem for patient in self.patients for problem in patient.problems)


def read_message(
    raw: bytes,
    *,
    terms: Terms | None = None,
    zone: tzinfo | None = None,
    undeclared: str = UTF_8,
    processing: Sequence[str] = ("P", "T", "D"),
    history: History | None = None,
) -> Reading:
    """The message in `raw`, as of the time it was made (MSH-7).

    A time without an offset is of `zone`, else in the offset of MSH-7, else in UTC. Text is in the set of MSH-18, else
    `undeclared`. Raises MessageError: for a message of another kind, and for one of which nothing can be used by a fault of
    its sender's.
    """
    known = terms or shipped()
    message = parse(raw, undeclared=undeclared)
    head = header(message.head, processing)
    here = zone or offset(head.time) or UTC
    try:
        now = moment(head.time, here).last if head.time else datetime.now(UTC)
    except ValueError:
        raise faults.MessageError([faults.Fault(faults.DATA_TYPE, "no time; write YYYYMMDDHHMMSS+ZZZZ", "MSH", 1, 7)]) from None
    merged: dict[str, list[Group]] = {}
    for group in groups(message):
        merged.setdefault(key(group.pid), []).append(group)
    patients = tuple(patient_of(k, found, now, here, known, history) for k, found in merged.items())
    reading = Reading(head, message, patients)
    _usable(reading)
    return reading


def key(pid: Segment) -> str:
    """What a patient is known by: the first identifier of PID-3 with its authority; of PID-2 in old messages; '' for none."""
    for field in (3, 2):
        for repetition in pid.repetitions(field):
            parts = [*pid.parts(repetition), "", "", "", ""]
            if parts[0].strip():
                return f"{parts[0].strip()}^{parts[3].strip()}"
    return ""


def _usable(reading: Reading) -> None:
    """Refuse a message that brings results none of which can be used, where its sender can mend that."""
    wrong = [fault for problem in reading.problems if (fault := problem.fault)]
    if wrong and not any(p.valued or p.withdrawn for p in reading.patients):
        raise faults.MessageError(wrong)
