"""From a message to what goes out: assessed once, kept before it is acknowledged, delivered though receivers fail."""

from __future__ import annotations

import asyncio
import json
import logging
import sqlite3
import stat
from collections.abc import Callable, Coroutine, Iterator, Sequence
from pathlib import Path
from typing import Any

import hl7
import httpx
import pytest
from tests.hl7v2_made_up import CA, MG, MSH, NAMES, PID, K, lab, message, obx, read_by_library

from neomag.hl7v2 import listener as listening
from neomag.hl7v2.ack import ACCEPTED, ERROR, REJECTED, Outcome, acknowledge, failed
from neomag.hl7v2.delivery import Delivered, deliver, forward, webhook
from neomag.hl7v2.faults import MISSING, Fault
from neomag.hl7v2.listener import FORWARD, WEBHOOK, Listener
from neomag.hl7v2.message import head_of, parse
from neomag.hl7v2.mllp import serve
from neomag.hl7v2.queue import Parcel, Queue, QueueError
from neomag.hl7v2.reading import read_message
from neomag.knowledge import load
from neomag.terminology.loinc import loinc_sound


@pytest.fixture
def queue(tmp_path: Path) -> Iterator[Queue]:
    made = Queue(tmp_path / "queue.sqlite", most=50)
    yield made
    made.close()


def handled(queue: Queue, raw: bytes, **more: Any) -> str:
    """MSA-1 of the one answer."""
    (answer,) = Listener(queue, [FORWARD, WEBHOOK], **more).handle(raw)
    return str(read_by_library(answer.decode("latin-1")).segment("MSA")[1])


def out(queue: Queue) -> hl7.Message:
    parcel = queue.first(FORWARD)
    assert parcel is not None
    return read_by_library(parcel.body.decode())


def told(found: hl7.Message, name: str) -> list[str]:
    return [str(row[5]).split("^")[0] for row in found.segments("OBX") if str(row[3]).split("^")[0] == name]


def test_a_result_is_interpreted_kept_and_acknowledged(queue: Queue) -> None:
    assert handled(queue, message(obx(MG, "0.41", f8="L"), obx("2532-0^Magnesium^LN", "0.5"))) == "AA"
    found = out(queue)
    head, pid, obr = found.segment("MSH"), found.segment("PID"), found.segment("OBR")
    assert [str(head[n]) for n in (3, 5, 6, 9, 11, 12, 18)] == [
        "NEOMAG", "LAB", "HOSP", "ORU^R01^ORU_R01", "P", "2.5.1", "UNICODE UTF-8",
    ]  # fmt: skip
    assert [str(pid[n]) for n in (3, 5, 7, 8)] == PID.split("|")[3:4] + PID.split("|")[5:6] + PID.split("|")[7:9]
    assert (str(obr[2]), str(obr[7]), str(obr[25])) == ("p1", "202603051000", "F")
    assert told(found, "status") == ["deficient"]
    assert told(found, "grade") == ["severe"]
    assert told(found, "urgency") == ["urgent"]
    assert "give-magnesium" in told(found, "action")
    assert "name-code-conflict" in told(found, "problem")
    assert "magnesium-deficient" in told(found, "rule")
    assert told(found, "knowledge") == [load().version]
    assert len(told(found, "note")) == 2


def test_the_message_out_invents_no_code(queue: Queue) -> None:
    handled(queue, message(obx(MG, "0.41"), obx(CA, "1.6")))
    found = out(queue)
    codings = [str(found.segment("OBR")[4]), *(str(row[3]) for row in found.segments("OBX"))]
    codings += [str(row[5]) for row in found.segments("OBX") if str(row[2]) == "CWE"]
    assert {coding.split("^")[2] for coding in codings} == {"99NEO"}
    assert not any(loinc_sound(coding.split("^")[0]) for coding in codings)


def test_what_goes_out_is_read_by_neomag_too_and_nothing_in_it_is_a_result(queue: Queue) -> None:
    handled(queue, lab())
    parcel = queue.first(FORWARD)
    assert parcel is not None
    (patient,) = read_message(parcel.body).patients
    assert patient.key == "123^HOSP"
    assert patient.case is None


def test_the_card(queue: Queue) -> None:
    handled(queue, lab())
    parcel = queue.first(WEBHOOK)
    assert parcel is not None
    said = json.loads(parcel.body)
    (card,) = said["cards"]
    assert said["patient"] == {"identifier": "123", "authority": "HOSP"}
    assert card["uuid"] == parcel.identity
    assert (card["indicator"], card["source"]["label"]) == ("warning", f"neomag {load().version}")
    assert len(card["summary"]) < 140
    assert "severe" in card["summary"]
    assert "Only what this message holds is known" in card["detail"]
    assert said["answer"]["magnesium"]["status"] == "deficient"


def test_the_senders_delimiters_and_escapes_are_carried_over(queue: Queue) -> None:
    raw = lab().decode().replace("Ødegård", r"O\T\D \XC386\ \F\x")
    assert handled(queue, raw.encode()) == "AA"
    assert str(out(queue).segment("PID")[5]) == r"O\T\D Æ \F\x^Ærlig"
    other = raw.translate(str.maketrans("|^~\\&", "$%*#@"))
    assert handled(queue, other.replace("$42$", "$43$").encode()) == "AA"
    parcel = queue.first(FORWARD)
    assert parcel is not None
    queue.delivered(parcel)
    assert str(out(queue).segment("PID")[5]) == "O@D Æ $x^Ærlig"


def test_a_latin_1_message_goes_out_in_utf_8(queue: Queue) -> None:
    assert handled(queue, lab().decode().replace("UNICODE UTF-8", "8859/1").encode("latin-1")) == "AA"
    assert str(out(queue).segment("PID")[5]) == "Ødegård^Ærlig"


@pytest.mark.parametrize(
    ("raw", "sent"),
    [
        (lab("0.41"), True), (lab("0.90"), True), (lab("", f11="W"), True),
        (message(obx(K, "4.1")), False), (message(obx("718-7^Hemoglobin^LN", "14", "g/dL")), False),
        (message(obx(MG, "0.41"), pid=PID.replace("2026", "1970")), False),
        (message(obx("29463-7^Weight^LN", "4.1", "kg")), False),
    ],
)  # fmt: skip
def test_what_is_worth_sending(queue: Queue, raw: bytes, sent: bool) -> None:
    assert handled(queue, raw) == "AA"
    assert queue.counts() == (2 if sent else 0, 0)


def test_every_result_of_an_infant_when_asked(queue: Queue) -> None:
    assert handled(queue, message(obx(K, "4.1")), every=True) == "AA"
    assert queue.counts() == (2, 0)


def test_a_withdrawn_result_is_told_as_a_correction(queue: Queue) -> None:
    handled(queue, lab("0.41"))
    first = out(queue)
    for target in (FORWARD, WEBHOOK):
        parcel = queue.first(target)
        assert parcel is not None
        queue.delivered(parcel)
    handled(queue, lab("0.41", f11="W").replace(b"|42|", b"|43|"))
    found = out(queue)
    assert told(found, "status") == ["unknown"]
    assert "entered-in-error" in told(found, "problem")
    assert {str(row[11]) for row in found.segments("OBX")} == {str(found.segment("OBR")[25])} == {"C"}
    # The same number, so that it replaces the interpretation that went before.
    assert str(found.segment("OBR")[3]) == str(first.segment("OBR")[3])


def test_a_message_that_comes_again_is_answered_the_same_and_assessed_once(
    queue: Queue, monkeypatch: pytest.MonkeyPatch
) -> None:
    assessed: list[object] = []
    real = listening.assess
    monkeypatch.setattr(listening, "assess", lambda case: assessed.append(case) or real(case))
    listener = Listener(queue, [FORWARD])
    first = listener.handle(lab())
    again = listener.handle(lab().replace(b"20260305101500", b"20260305101700"))
    assert again == list(first)
    assert len(assessed) == 1
    assert queue.counts() == (1, 0)
    # A counter that began anew is no repetition.
    assert listener.handle(lab("0.55")) != first
    assert queue.counts() == (2, 0)


def test_the_same_message_on_two_connections_is_kept_once(queue: Queue) -> None:
    async def run() -> list[Sequence[bytes]]:
        listener = Listener(queue, [FORWARD])
        return await asyncio.gather(*(listener(lab()) for _ in range(8)))

    answers = asyncio.run(run())
    assert len({tuple(answer) for answer in answers}) == 1
    assert queue.counts() == (1, 0)


def test_it_is_remembered_across_a_restart(tmp_path: Path) -> None:
    answers: list[Sequence[bytes]] = []
    for _ in range(2):
        queue = Queue(tmp_path / "queue.sqlite")
        answers.append(list(Listener(queue, [FORWARD]).handle(lab())))
        assert queue.counts() == (1, 0)
        queue.close()
    assert answers[0] == answers[1]


@pytest.mark.parametrize(
    ("raw", "code", "condition"),
    [
        (lab("0.41", ""), "AE", "101"), (message(obx("MG^Magnesium^LN", "0.4")), "AE", "103"),
        (lab().replace(b"|P|", b"|T|"), "AR", "202"), (lab().replace(b"ORU^R01^ORU_R01", b"ADT^A01"), "AR", "200"),
        (lab().decode().encode("latin-1"), "AE", "102"), (b"nothing", "AR", "100"), (b"", "AR", "100"),
    ],
)  # fmt: skip
def test_what_cannot_be_used_is_answered_and_not_kept(queue: Queue, raw: bytes, code: str, condition: str) -> None:
    (answer,) = Listener(queue, [FORWARD]).handle(raw)
    found = read_by_library(answer.decode("latin-1"))
    assert str(found.segment("MSA")[1]) == code
    assert str(found.segment("ERR")[3]).startswith(f"{condition}^")
    assert queue.counts() == (0, 0)


def test_a_full_queue_takes_nothing_more_and_says_so(tmp_path: Path) -> None:
    queue = Queue(tmp_path / "queue.sqlite", most=2)
    assert handled(queue, lab("0.41")) == "AA"
    assert handled(queue, lab("0.42")) == "AR"
    assert queue.counts() == (2, 0)
    assert handled(queue, message(obx(K, "4.1"))) == "AA"  # nothing goes out for it
    queue.close()


def test_what_cannot_be_kept_is_not_acknowledged(
    queue: Queue, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: object) -> None:
        raise sqlite3.OperationalError("disk I/O error near Ødegård")

    monkeypatch.setattr(queue, "keep", broken)
    assert handled(queue, lab()) == "AR"
    assert "Ødegård" not in caplog.text


def test_a_queue_where_none_can_be(tmp_path: Path) -> None:
    with pytest.raises(QueueError):
        Queue(tmp_path / "missing" / "queue.sqlite")
    (tmp_path / "text").write_text("not a database, but long enough to be told from one" * 30, "utf-8")
    with pytest.raises(QueueError):
        Queue(tmp_path / "text")


def test_two_listeners_do_not_share_a_queue(queue: Queue, tmp_path: Path) -> None:
    assert queue.counts() == (0, 0)
    with pytest.raises(QueueError, match="another listener uses it"):
        Queue(tmp_path / "queue.sqlite")


def test_delivery_outlives_an_error_of_its_own(queue: Queue) -> None:
    Listener(queue, [FORWARD]).handle(lab())
    tries: list[int] = []

    async def attempt(parcel: Parcel) -> Delivered:
        tries.append(parcel.id)
        if len(tries) < 3:
            raise RuntimeError("unforeseen")
        return Delivered.TAKEN

    until(queue, FORWARD, attempt, (0, 0))
    assert len(tries) == 3


def test_the_queue_is_its_owners_alone_and_forgets_what_was_delivered(tmp_path: Path) -> None:
    path = tmp_path / "queue.sqlite"
    queue = Queue(path)
    Listener(queue, [FORWARD]).handle(lab())
    for file in tmp_path.iterdir():
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
    parcel = queue.first(FORWARD)
    assert parcel is not None
    queue.delivered(parcel)
    queue.close()
    assert all("Ødegård".encode() not in file.read_bytes() for file in tmp_path.iterdir())


def test_nothing_of_a_patient_is_logged(queue: Queue, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    for raw in (
        lab(),
        lab("0.41", ""),
        lab("0.41", "furlong"),
        message(obx(MG, "0.41"), pid=PID.replace("20260103", "soon")),
        b"junk 123",
        lab().decode().encode("latin-1"),
    ):
        Listener(queue, [FORWARD, WEBHOOK]).handle(raw)
    assert caplog.records
    assert not any(name in caplog.text for name in (*NAMES, "0.41", "furlong", "soon", "junk"))


def until(
    queue: Queue, target: str, attempt: Callable[[Parcel], Coroutine[Any, Any, Delivered]], left: tuple[int, int]
) -> None:
    """Deliver until so many wait and are refused."""

    async def run() -> None:
        task = asyncio.create_task(deliver(queue, target, attempt, asyncio.Event(), first=0.01))
        async with asyncio.timeout(20):
            while queue.counts() != left:
                await asyncio.sleep(0.01)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    asyncio.run(run())


def test_a_receiver_that_is_down_loses_nothing_and_gets_all_in_order(queue: Queue) -> None:
    for n in range(10):
        Listener(queue, [FORWARD]).handle(lab(f"0.4{n}"))
    tries: list[int] = []
    taken: list[int] = []

    async def attempt(parcel: Parcel) -> Delivered:
        tries.append(parcel.id)
        if len(tries) % 3:
            return Delivered.LATER
        taken.append(parcel.id)
        return Delivered.TAKEN

    until(queue, FORWARD, attempt, (0, 0))
    assert taken == sorted(set(tries))
    assert len(tries) == 30


def test_a_parcel_that_is_refused_for_good_does_not_hold_up_the_rest(queue: Queue) -> None:
    for n in range(3):
        Listener(queue, [FORWARD]).handle(lab(f"0.4{n}"))

    async def attempt(parcel: Parcel) -> Delivered:
        return Delivered.NEVER if parcel.id == 2 else Delivered.TAKEN

    until(queue, FORWARD, attempt, (0, 1))


@pytest.mark.parametrize(
    ("outcome", "ended"),
    [
        (Outcome(ACCEPTED), Delivered.TAKEN), (Outcome(ERROR, (Fault(MISSING, "x", "PID", 1, 3),)), Delivered.NEVER),
        (Outcome(REJECTED), Delivered.LATER), (failed("down"), Delivered.LATER),
        (Outcome(REJECTED, (Fault("200", "unsupported"),)), Delivered.NEVER), (None, Delivered.LATER),
    ],
)  # fmt: skip
def test_what_a_receiver_of_messages_answers(queue: Queue, outcome: Outcome | None, ended: Delivered) -> None:
    Listener(queue, [FORWARD]).handle(lab())
    parcel = queue.first(FORWARD)
    assert parcel is not None

    async def handler(raw: bytes) -> Sequence[bytes]:
        # None: an answer to another message.
        return acknowledge(head_of(raw if outcome else lab()), outcome or Outcome(ACCEPTED))

    async def run() -> Delivered:
        server = await serve("127.0.0.1", 0, handler)
        try:
            return await forward("127.0.0.1", server.port)(parcel)
        finally:
            await server.stop()

    assert asyncio.run(run()) is ended


def test_no_receiver_of_messages(queue: Queue) -> None:
    Listener(queue, [FORWARD]).handle(lab())
    parcel = queue.first(FORWARD)
    assert parcel is not None
    assert asyncio.run(forward("127.0.0.1", 1)(parcel)) is Delivered.LATER


@pytest.mark.parametrize(
    ("status", "ended"),
    [
        (200, Delivered.TAKEN),
        (204, Delivered.TAKEN),
        (302, Delivered.NEVER),
        (400, Delivered.NEVER),
        (401, Delivered.NEVER),
        (429, Delivered.LATER),
        (503, Delivered.LATER),
        (0, Delivered.LATER),
    ],
)
def test_what_a_webhook_answers(status: int, ended: Delivered) -> None:
    seen: list[httpx.Request] = []

    def reply(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        if not status:
            raise httpx.ConnectError("down")
        return httpx.Response(status)

    async def run() -> Delivered:
        async with httpx.AsyncClient(transport=httpx.MockTransport(reply)) as client:
            return await webhook(client, "https://hook.example/neomag", "secret")(Parcel(WEBHOOK, "id-1", b"{}"))

    assert asyncio.run(run()) is ended
    assert seen[0].headers["Idempotency-Key"] == "id-1"
    assert seen[0].headers["Authorization"] == "Bearer secret"
    assert seen[0].content == b"{}"


def test_enhanced_mode_is_answered_twice(queue: Queue) -> None:
    raw = lab().replace(b"|2.5.1||||||", b"|2.5.1|||AL|AL||")
    listener = Listener(queue, [FORWARD])
    first = listener.handle(raw)
    assert [parse(answer).segments[0].value(1) for answer in first] == ["CA", "AA"]
    assert listener.handle(raw) == list(first)


def test_earlier_results_are_said_to_have_been_read(queue: Queue) -> None:
    handled(queue, lab(), history=lambda key: [{"lab": "calcium", "value": 1.6, "unit": "mmol/L"}])
    assert "earlier results" in told(out(queue), "note")[0]
    assert "low-magnesium-first" in told(out(queue), "rule")


def test_a_history_that_fails_is_neomags_own_fault(queue: Queue) -> None:
    def history(key: str) -> Sequence[Any]:
        raise RuntimeError(key)

    assert handled(queue, lab(), history=history) == "AR"


def test_messages_of_training_go_out_as_such(queue: Queue) -> None:
    assert handled(queue, lab().replace(b"|P|", b"|T|"), processing=("P", "T")) == "AA"
    assert str(out(queue).segment("MSH")[11]) == "T"
    assert MSH.count("|P|") == 1
