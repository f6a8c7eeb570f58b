"""Reads a message of results or orders: a case for each patient, what is doubtful, and what is asked for.

Each case holds what the message holds, and the earlier events that `history` gives; the rest is unknown.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from typing import Any

from neomag import ages
from neomag.case import Case, CaseError
from neomag.hl7v2 import faults
from neomag.hl7v2.charsets import UTF_8
from neomag.hl7v2.clock import Clock, clock
from neomag.hl7v2.groups import Group, Order, groups
from neomag.hl7v2.header import Header, header
from neomag.hl7v2.infant import setting, sex, traits
from neomag.hl7v2.message import Message, Segment, parse
from neomag.hl7v2.observation import Observed, observe, valued
from neomag.hl7v2.problem import Problem, at
from neomag.hl7v2.standing import Seen, standing_of
from neomag.hl7v2.terms import Terms, concept, shipped
from neomag.hl7v2.times import moment, offset
from neomag.terminology import meaning

# Earlier events of a patient (the key is identifier^authority of PID-3), as docs/case.md writes them, with ages.
History = Callable[[str], Sequence[Mapping[str, Any]]]


@dataclass(frozen=True, slots=True)
class Ordered:
    """A test asked for: the analyte (None: not one neomag knows), and ORC-1, such as NW (new) or CA (cancel)."""

    lab: str | None
    control: str


@dataclass(frozen=True, slots=True)
class Patient:
    """What a message says of one patient. `case` is None when nothing in it is read as a result; `given` is the same case as
    docs/case.md writes it, without the results whose value is not known.

    `reported` and `withdrawn` are the analytes that it gives, and those whose results it takes back; `corrected`: some
    result replaces or withdraws one that was sent before. `source` is the OBR
    of the last magnesium, else of the last result.
    """

    key: str
    pid: Segment
    visit: Segment | None
    source: Segment | None
    case: Case | None
    given: Mapping[str, Any]
    reported: frozenset[str]
    withdrawn: frozenset[str]
    corrected: bool
    ordered: tuple[Ordered, ...]
    problems: tuple[Problem, ...]


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
    zone: tzinfo = UTC,
    undeclared: str = UTF_8,
    processing: Sequence[str] = ("P", "T", "D"),
    history: History | None = None,
) -> Reading:
    """The message in `raw`, as of the time it was made (MSH-7).

    A time without an offset is in that of MSH-7, else of `zone`. Text is in the set of MSH-18, else `undeclared`. Raises
    MessageError: for a message of another kind, and for one of which nothing can be used by a fault of its sender's.
    """
    known = terms or shipped()
    message = parse(raw, undeclared=undeclared)
    head = header(message.head, processing)
    here = offset(head.time) or zone
    try:
        now = moment(head.time, here).last if head.time else datetime.now(UTC)
    except ValueError:
        raise faults.MessageError([faults.Fault(faults.DATA_TYPE, "no time; write YYYYMMDDHHMMSS+ZZZZ", "MSH", 1, 7)]) from None
    merged: dict[str, list[Group]] = {}
    for group in groups(message):
        merged.setdefault(key(group.pid), []).append(group)
    patients = tuple(_patient(k, found, now, here, known, history) for k, found in merged.items())
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
    events = [event for p in reading.patients if p.case for event in p.case.events]
    wrong = [fault for problem in reading.problems if (fault := problem.fault)]
    if wrong and not any(e.value is not None or e.flag for e in events) and not any(p.withdrawn for p in reading.patients):
        raise faults.MessageError(wrong)


def _patient(name: str, found: Sequence[Group], now: datetime, zone: tzinfo, terms: Terms, history: History | None) -> Patient:
    pid = found[0].pid
    orders = [order for group in found for order in group.orders]
    seen = [
        (one, notes, order)
        for order in orders
        for obx, notes in order.results
        if (one := observe(obx, order, terms)) is not None
    ]
    problems = [problem for one, _, _ in seen for problem in one.problems]
    problems += [
        at(order.drug, "ordered-not-given", terms.says("ordered-not-given")) for order in orders if order.drug is not None
    ]
    standing, taking_back, refused = standing_of(seen, terms)
    withdrawn = {one.lab for one in taking_back if one.lab and one.status in terms.ways["status"]["withdrawn"]}
    problems += refused
    visit = next((group.visit for group in found if group.visit), None)
    case, given, kept, source = None, dict[str, Any](), list[Observed](), None
    if standing or withdrawn:
        if not name:
            raise faults.MessageError(
                [faults.Fault(faults.MISSING, "the patient's identifier is missing", "PID", pid.sequence, 3)]
            )
        time = clock(pid, now, ages.seconds(terms.ways["clock"]["skew"]), zone)
        if time.born_day:
            problems.append(at(pid, "birth-day-only", terms.says("birth-day-only"), 7))
        kept = [valued(one, notes, order, time, terms) for one, notes, order in standing if one.lab]
        problems += [problem for one in kept for problem in one.problems]
        told, doubts = traits([one for one, _, _ in standing if not one.lab], terms)
        problems += doubts
        gone = {(one.lab, time.read(one.time)[0]) for one in taking_back}
        earlier = [event for event in (history(name) if history else ()) if (event.get("lab"), _age(event)) not in gone]
        infant = told | sex(pid)
        given, refusals = _case(time, infant, setting(visit, terms), kept, earlier, terms)
        problems += refusals
        case = Case.from_dict(given, knowledge=terms.knowledge, numberless=True)
        given["events"] = [event for event in given["events"] if _says_something(event)]
        source = _source(standing)
    return Patient(
        name, pid, visit, source, case, given,
        frozenset(one.lab for one in kept if one.event is not None), frozenset(withdrawn), bool(taking_back),
        tuple(_ordered(orders, terms)), tuple(problems),
    )  # fmt: skip


def _case(
    time: Clock,
    infant: Mapping[str, str],
    place: str | None,
    kept: Sequence[Observed],
    earlier: Sequence[Mapping[str, Any]],
    terms: Terms,
) -> tuple[dict[str, Any], list[Problem]]:
    """The case of the results as a mapping. Those that the case reader refuses are left out, each with a problem."""
    refused: list[Problem] = []
    events: list[Mapping[str, Any]] = []
    latest = time.age(time.now)
    for one in kept:
        if one.event is None:
            continue
        age = _age(one.event) or 0
        trial = {"now": ages.written(max(latest, age)), "events": [one.event]}
        try:
            Case.from_dict(trial, knowledge=terms.knowledge, numberless=True)
        except CaseError:
            refused.append(at(one.obx, "not-read", terms.says("not-read"), 5))
            continue
        latest = max(latest, age)
        events.append(one.event)
    past = [event for event in earlier if (_age(event) or 0) <= latest]
    given: dict[str, Any] = {
        "case": "HL7 v2 message",
        "infant": infant,
        "now": ages.written(latest),
        "intervals": {one.lab: one.interval for one in kept if one.interval},
        "events": [*past, *events],
    }
    if place:
        given["setting"] = place
    return given, refused


def _says_something(event: Mapping[str, Any]) -> bool:
    return "lab" not in event or "value" in event or "flag" in event


def _age(event: Mapping[str, Any]) -> int | None:
    return ages.seconds(event["at"]) if "at" in event else None


def _source(standing: Sequence[Seen]) -> Segment | None:
    orders = [(one.lab == "magnesium", order.obr) for one, _, order in standing if order.obr is not None]
    return next((obr for is_magnesium, obr in reversed(orders) if is_magnesium), orders[-1][1] if orders else None)


def _ordered(orders: Iterable[Order], terms: Terms) -> Iterable[Ordered]:
    for order in orders:
        if order.orc is not None and order.obr is not None:
            found = meaning(concept(order.obr, 4), terms.bindings).binding
            yield Ordered(found.vocabulary if found and found.kind == "lab" else None, order.orc.value(1))
