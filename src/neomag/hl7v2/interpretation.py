"""The interpretation of a result as a message of its own: ORU^R01, with neomag's own codes and no invented LOINC."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

from neomag.answer import Advice, Answer
from neomag.hl7v2.escapes import escape
from neomag.hl7v2.patient import Patient
from neomag.hl7v2.reading import Reading
from neomag.hl7v2.terms import Terms
from neomag.hl7v2.times import written
from neomag.hl7v2.writing import carried, coded, segment

# What is carried over of the patient: identifiers, name, birth, sex.
_PID = (3, 5, 7, 8)
_LONGEST_ID = 60


def interpretation(
    reading: Reading, patient: Patient, answer: Answer, *, terms: Terms, now: datetime, earlier: bool = False
) -> bytes:
    """The answer about one patient of a message, addressed to whoever sent it, in UTF-8.

    `now` is the time of writing; `earlier` says that earlier results were read too.
    """
    head = reading.header
    made = written(now)
    segments = [
        segment(
            "MSH",
            {
                1: "^~\\&", 2: "NEOMAG", 3: escape(head.receiver[1]), 4: escape(head.sender[0]), 5: escape(head.sender[1]),
                6: made, 8: "ORU^R01^ORU_R01", 9: uuid.uuid4().hex[:20], 10: escape(head.processing), 11: "2.5.1",
                17: "UNICODE UTF-8",
            },
        ),
        segment("PID", {1: "1"} | {field: carried(patient.pid, field) for field in _PID}),
    ]  # fmt: skip
    if patient.visit is not None:
        segments.append(segment("PV1", {1: "1", 2: carried(patient.visit, 2), 19: carried(patient.visit, 19)}))
    segments.append(_obr(reading, patient, terms, made))
    for number, one in enumerate(_observations(patient, answer, terms, earlier=earlier), start=1):
        name = coded(one.code, terms.ways["observations"][one.code])
        segments.append(
            segment("OBX", {1: str(number), 2: one.kind, 3: name, 4: str(number), 5: one.value, 11: _status(patient), 14: made})
        )
        segments += [segment("NTE", {1: str(place), 3: escape(note)}) for place, note in enumerate(one.notes, start=1)]
    return "".join(f"{line}\r" for line in segments).encode()


def _status(patient: Patient) -> str:
    return "C" if patient.corrected else "F"


def _obr(reading: Reading, patient: Patient, terms: Terms, made: str) -> str:
    source = patient.source
    placer, filler, time = (carried(source, field) for field in (2, 3, 7)) if source else ("", "", "")
    # The same order gives the same number, so that the interpretation of a corrected result replaces the earlier one.
    own = sha256(f"{patient.key}\0{filler or placer or reading.header.control}".encode()).hexdigest()[:20]
    report = coded("report", terms.ways["observations"]["report"])
    return segment(
        "OBR", {1: "1", 2: placer, 3: f"{own}^NEOMAG", 4: report, 7: time or made, 22: made, 25: _status(patient)}
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Observation:
    """A name of hl7v2.toml, the type of the value (OBX-2), the value as written, and the notes under it."""

    code: str
    kind: str
    value: str
    notes: tuple[str, ...] = ()


def _observations(patient: Patient, answer: Answer, terms: Terms, *, earlier: bool) -> Iterator[_Observation]:
    """What the message says, what matters most first."""
    level = answer.magnesium
    words = {"urgency": answer.urgency, "status": level.status, "grade": level.grade, "suspicion": answer.suspicion}
    for name, word in words.items():
        if word:
            yield _Observation(name, "CWE", coded(word, word))
    if level.reported:
        yield _Observation("level", "TX", escape(level.reported))
    lists: tuple[tuple[str, tuple[Advice, ...]], ...] = (
        ("action", answer.actions), ("blocked", answer.blocked), ("consider", answer.consider), ("cause", answer.causes),
        ("caveat", level.caveats),
    )  # fmt: skip
    for name, advices in lists:
        for advice in advices:
            yield _Observation(name, "CWE", coded(advice.code, advice.says), tuple(_notes(advice, terms)))
    for problem in answer.problems:
        yield _Observation("problem", "CWE", coded(problem["code"], problem["says"]))
    for problem in patient.problems:
        yield _Observation("problem", "CWE", coded(problem.code, f"{problem.where}: {problem.says}"))
    for rule, value in zip(answer.rulebook.entries, answer.values, strict=True):
        if value:
            yield _Observation("rule", "CWE", coded(rule.id, rule.says))
    yield _Observation("knowledge", "ST", escape(answer.knowledge))
    says = terms.ways["says"]
    yield _Observation("note", "TX", escape(says["history" if earlier else "scope"]))
    yield _Observation("note", "TX", escape(says["disclaimer"]))


def _notes(advice: Advice, terms: Terms) -> Iterator[str]:
    """The test that tells, the rules behind it and their sources."""
    says = terms.ways["says"]
    if advice.entry.test:
        yield says["test"].format(advice.entry.test)
    yield says["because"].format(", ".join(advice.because))
    if advice.sources:
        yield says["sources_are"].format(", ".join(advice.sources))
