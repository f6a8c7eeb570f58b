"""One patient of a message: the case that its results make, what is doubtful in them, and what is asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, tzinfo
from typing import Any

from neomag import ages
from neomag.case import Case, CaseError
from neomag.hl7v2 import faults
from neomag.hl7v2.clock import Clock, clock
from neomag.hl7v2.groups import Group, Order
from neomag.hl7v2.infant import setting, sex, traits
from neomag.hl7v2.message import Segment
from neomag.hl7v2.observation import Observed, observe, valued
from neomag.hl7v2.problem import Problem, at
from neomag.hl7v2.standing import Seen, standing_of
from neomag.hl7v2.terms import Terms, concept
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
    """What a message says of one patient.

    `case` is None when nothing in it is read as a result; `given` is the same case as docs/case.md writes it, without the
    results whose value is not known. `reported` are the analytes that have a result, `valued` those with a number or flag,
    `withdrawn` those whose results are taken back; `corrected`: some result replaces or withdraws one sent before. `source`
    is the OBR of the last magnesium, else of the last result, withdrawn or not.
    """

    key: str
    pid: Segment
    visit: Segment | None = None
    problems: tuple[Problem, ...] = ()
    ordered: tuple[Ordered, ...] = ()
    withdrawn: frozenset[str] = frozenset()
    corrected: bool = False
    case: Case | None = None
    given: Mapping[str, Any] = field(default_factory=dict[str, Any])
    reported: frozenset[str] = frozenset()
    valued: frozenset[str] = frozenset()
    source: Segment | None = None


def patient_of(key: str, found: Sequence[Group], now: datetime, zone: tzinfo, terms: Terms, history: History | None) -> Patient:
    """What the groups of one patient say, as of `now`.

    Raises MessageError when there are results and the patient has no identifier, or no birth that an age can be told from.
    """
    orders = [order for group in found for order in group.orders]
    seen = [
        (one, notes, order)
        for order in orders
        for obx, notes in order.results
        if (one := observe(obx, order, terms)) is not None
    ]
    standing, taking_back, refused = standing_of(seen, terms)
    status = terms.ways["status"]
    gone = (*status["withdrawn"], *status["not_obtained"])
    withdrawn = {one.lab for one in taking_back if one.lab and one.status in gone}
    drugs = [order.drug for order in orders if order.drug is not None]
    patient = Patient(
        key=key,
        pid=found[0].pid,
        visit=next((group.visit for group in found if group.visit), None),
        problems=(
            *(problem for one, _, _ in seen for problem in one.problems),
            *(at(drug, "ordered-not-given", terms.says("ordered-not-given")) for drug in drugs),
            *refused,
        ),
        ordered=tuple(_ordered(orders, terms)),
        withdrawn=frozenset(withdrawn),
        corrected=bool(taking_back),
        source=_source([one for one in seen if one[0].binding is not None]),
    )
    if not standing and not withdrawn:
        return patient
    if not key:
        says = "the patient's identifier is missing"
        raise faults.MessageError([faults.Fault(faults.MISSING, says, "PID", patient.pid.sequence, 3)])
    _one_person(found)
    time = clock(patient.pid, now, ages.seconds(terms.ways["clock"]["skew"]), zone)
    replaced = {(one.lab, time.read(one.time)[0]) for one in taking_back}
    earlier = [event for event in (history(key) if history else ()) if (event.get("lab"), _age(event)) not in replaced]
    return _with_case(patient, standing, earlier, time, terms)


def _one_person(found: Sequence[Group]) -> None:
    """Raises MessageError where one identifier stands for two births or sexes: whose results they are is not known."""
    births = {group.pid.value(7)[:8] for group in found} - {""}
    sexes = {word for group in found for word in sex(group.pid).values()}
    for place, told in ((7, births), (8, sexes)):
        if len(told) > 1:
            says = "another birth or sex under the same identifier; whose results these are is not known"
            raise faults.MessageError([faults.Fault(faults.DATA_TYPE, says, "PID", found[-1].pid.sequence, place)])


def _with_case(
    patient: Patient, standing: Sequence[Seen], earlier: Sequence[Mapping[str, Any]], time: Clock, terms: Terms
) -> Patient:
    """The patient with the case that the results which stand make."""
    results = [valued(one, notes, order, time, terms) for one, notes, order in standing if one.lab]
    told, doubts = traits([one for one, _, _ in standing if not one.lab], terms)
    given, refused = _case(time, told | sex(patient.pid), setting(patient.visit, terms), results, earlier, terms)
    born_day = [at(patient.pid, "birth-day-only", terms.says("birth-day-only"), 7)] if time.born_day else []
    events = {one.lab: one.event for one in results if one.event is not None}
    return replace(
        patient,
        problems=(*patient.problems, *born_day, *(p for one in results for p in one.problems), *doubts, *refused),
        case=Case.from_dict(given, knowledge=terms.knowledge, numberless=True),
        given=given | {"events": [event for event in given["events"] if _says_something(event)]},
        reported=frozenset(events),
        valued=frozenset(one.lab for one in results if one.event is not None and _says_something(one.event)),
    )


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


def _source(seen: Sequence[Seen]) -> Segment | None:
    orders = [(one.lab == "magnesium", order.obr) for one, _, order in seen if order.obr is not None]
    return next((obr for is_magnesium, obr in reversed(orders) if is_magnesium), orders[-1][1] if orders else None)


def _ordered(orders: Iterable[Order], terms: Terms) -> Iterable[Ordered]:
    for order in orders:
        if order.orc is not None and order.obr is not None:
            found = meaning(concept(order.obr, 4), terms.bindings).binding
            yield Ordered(found.vocabulary if found and found.kind == "lab" else None, order.orc.value(1))
