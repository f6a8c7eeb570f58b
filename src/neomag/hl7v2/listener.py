"""What is done with each message that arrives: read, assess, queue what goes out, and only then acknowledge."""

from __future__ import annotations

import asyncio
import json
import logging
import re
import uuid
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from hashlib import sha256

from neomag.answer import Answer
from neomag.assess import assess
from neomag.hl7v2.ack import ACCEPTED, ERROR, REJECTED, Outcome, acknowledge, failed
from neomag.hl7v2.card import card
from neomag.hl7v2.charsets import UTF_8
from neomag.hl7v2.faults import MessageError
from neomag.hl7v2.header import told
from neomag.hl7v2.interpretation import interpretation
from neomag.hl7v2.message import Segment, head_of
from neomag.hl7v2.patient import History, Patient
from neomag.hl7v2.queue import Parcel, Queue, QueueError
from neomag.hl7v2.reading import Reading, read_message
from neomag.hl7v2.terms import Terms, shipped

LOG = logging.getLogger("neomag.hl7v2")
FORWARD = "forward"
WEBHOOK = "webhook"
_KIND = re.compile(r"[A-Z]{3}")
# Told who sent a message, of which kind it was, and the answer to one patient of it.
Noted = Callable[[str, str, Answer], None]
_MAGNESIUM = {"magnesium", "magnesium-ionised"}


@dataclass(frozen=True, slots=True, eq=False)
class Listener:
    """Handles messages one by one. `targets` are those of FORWARD and WEBHOOK that an interpretation goes to.

    `every` sends the interpretation of every result of an infant, not only those of magnesium and the urgent ones.
    `history` gives what is known of a patient from before; without it each message is assessed by itself. `queued` is
    called when something was queued, `noted` for each answer to a message that was accepted.
    """

    queue: Queue
    targets: Sequence[str]
    terms: Terms | None = None
    zone: tzinfo | None = None
    undeclared: str = UTF_8
    processing: Sequence[str] = ("P",)
    every: bool = False
    history: History | None = None
    queued: Callable[[], None] | None = None
    noted: Noted | None = None

    async def __call__(self, raw: bytes) -> Sequence[bytes]:
        """The acknowledgements of a message. Never raises."""
        answers = await asyncio.to_thread(self.handle, raw)
        if self.queued is not None:
            self.queued()
        return answers

    def handle(self, raw: bytes) -> Sequence[bytes]:
        """As calling it, in this thread. What was accepted is on the disk when this returns."""
        head = head_of(raw)
        if head is not None and told(head).kind == "ACK":
            return ()
        kind = told(head).kind if head else ""
        try:
            answers, said = self._handle(raw, head)
        except Exception as error:  # noqa: BLE001 - whatever it is, the sender gets an answer and may send again
            # The text of an error may hold values of the message; its kind does not.
            LOG.error("failed: %s", type(error).__name__)
            answers, said = acknowledge(head, failed("neomag failed; send the message again")), REJECTED
        LOG.info("%s %s", kind if _KIND.fullmatch(kind) else "message", said)
        return answers

    def _handle(self, raw: bytes, head: Segment | None) -> tuple[Sequence[bytes], str]:
        sender, control = _identity(head)
        digest = _digest(raw)
        if control and (before := self.queue.answered(sender, control, digest)) is not None:
            return before, "again"
        try:
            reading = read_message(
                raw,
                terms=self.terms,
                zone=self.zone,
                undeclared=self.undeclared,
                processing=self.processing,
                history=self.history,
            )
        except MessageError as error:
            outcome = Outcome(REJECTED if error.rejected else ERROR, error.faults)
            return acknowledge(head, outcome), outcome.code
        assessed = [
            (patient, assess(patient.case))
            for patient in reading.patients
            if patient.case is not None and (patient.reported or patient.withdrawn)
        ]
        parcels = [parcel for patient, answer in assessed for parcel in self._parcels(reading, patient, answer)]
        warnings = tuple(fault for problem in reading.problems if (fault := problem.fault))
        answers = acknowledge(head, Outcome(ACCEPTED, warnings=warnings))
        try:
            answers = self.queue.keep(sender, control, digest, answers, parcels)
        except QueueError as error:
            LOG.error("%s", error)
            outcome = failed("the result cannot be kept at present; send the message again")
            return acknowledge(head, outcome), outcome.code
        if self.noted is not None:
            for _, answer in assessed:
                self.noted(sender, told(head).kind if head else "message", answer)
        return answers, ACCEPTED

    def _parcels(self, reading: Reading, patient: Patient, answer: Answer) -> Iterator[Parcel]:
        known = self.terms or shipped()
        if not self._worth(patient, answer, known):
            return
        earlier = self.history is not None
        for target in self.targets:
            identity = str(uuid.uuid4())
            if target == FORWARD:
                body = interpretation(reading, patient, answer, terms=known, now=datetime.now(UTC), earlier=earlier)
            else:
                body = json.dumps(
                    card(reading, patient, answer, terms=known, identity=identity, earlier=earlier), ensure_ascii=False
                ).encode()
            yield Parcel(target, identity, body)

    def _worth(self, patient: Patient, answer: Answer, terms: Terms) -> bool:
        """Whether the answer is worth sending: never of someone who is no infant."""
        if answer.rule("out-of-scope"):
            return False
        about = _MAGNESIUM & (patient.reported | patient.withdrawn)
        return self.every or bool(about) or answer.urgency in terms.ways["send"]["urgency"]


def _identity(head: Segment | None) -> tuple[str, str]:
    if head is None:
        return "", ""
    return f"{head.raw(3)}|{head.raw(4)}", head.value(10)


def _digest(raw: bytes) -> str:
    """A hash over all but the header, whose time may differ when a message is sent again."""
    return sha256(re.split(rb"[\r\n]", raw.lstrip(), maxsplit=1)[-1]).hexdigest()
