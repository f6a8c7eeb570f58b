"""Whatever comes in: an answer or a closed connection, and never an exception."""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.hl7v2_made_up import CA, MG, MSH, OBR, PID, K, lab, message, obx

from neomag.hl7v2.ack import read_acknowledgement
from neomag.hl7v2.faults import MessageError
from neomag.hl7v2.frames import frame
from neomag.hl7v2.listener import FORWARD, WEBHOOK, Listener
from neomag.hl7v2.message import parse
from neomag.hl7v2.mllp import Limits, serve
from neomag.hl7v2.queue import Queue
from neomag.hl7v2.reading import read_message

FIELDS = st.one_of(
    st.sampled_from([MG, CA, K, "", '""', "0.41", "<^0.2", "mmol/L", "mg/dL^^UCUM", "F", "C", "D", "X", "L~H", "\\X41\\", "\\.sp9\\",
                     "20260305", "202603051000+0100", "20269999", "0.7-1.05", "^^^&&~", "²", "1e400", "-0", "٣"]),
    st.text(max_size=12),
)  # fmt: skip
SEGMENTS = st.builds(
    lambda name, fields: "|".join([name, *fields]),
    st.sampled_from(["PID", "PV1", "ORC", "OBR", "OBX", "OBX", "OBX", "NTE", "SPM", "RXO", "ZZZ", "MSH", "obx", ""]),
    st.lists(FIELDS, max_size=26),
)


@pytest.fixture(scope="module")
def listener(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Listener]:
    queue = Queue(tmp_path_factory.mktemp("fuzz") / "queue.sqlite", most=10**9)
    yield Listener(queue, [FORWARD, WEBHOOK], every=True)
    queue.close()


def answered(listener: Listener, raw: bytes) -> str:
    """MSA-1; fails where the answer says that neomag itself failed."""
    (answer,) = listener.handle(raw)
    assert b"207^" not in answer, answer
    return answer.split(b"MSA", 1)[1][1:3].decode()


def read_or_refused(raw: bytes) -> None:
    with contextlib.suppress(MessageError):
        read_message(raw)


@given(st.binary(max_size=300))
def test_any_bytes(raw: bytes) -> None:
    read_or_refused(raw)
    read_or_refused(MSH.encode() + b"\r" + raw)
    read_or_refused(MSH.encode() + b"\r" + PID.encode() + b"\rOBX|1|NM|" + raw)


@given(st.lists(SEGMENTS, max_size=12))
def test_any_segments(listener: Listener, segments: list[str]) -> None:
    raw = "\r".join([MSH, PID, OBR, *segments]).encode("utf-8", "replace")
    assert answered(listener, raw) in {"AA", "AE", "AR"}


@given(st.lists(FIELDS, max_size=20), st.lists(FIELDS, max_size=12))
def test_any_header_and_patient(listener: Listener, head: list[str], pid: list[str]) -> None:
    raw = "\r".join(["|".join(["MSH", "^~\\&", *head]), "|".join(["PID", *pid]), OBR, obx(MG, "0.41")])
    listener.handle(raw.encode("utf-8", "replace"))
    whole = "\r".join([MSH, "|".join(["PID", *pid]), OBR, obx(MG, "0.41")])
    assert answered(listener, whole.encode("utf-8", "replace")) in {"AA", "AE", "AR"}


WHOLE = message(
    obx(MG, "0.41", f7="0.70-1.05", f8="L"), obx(CA, "<^1.5", kind="SN"), "NTE|1||haemolysed",
    "SPM|1|||SER^Serum^HL70487", "OBR|2|p2|f2|x|||202603050900", obx(K, "4.1", f11="C"),
    obx("29463-7^Weight^LN", "4.1", "kg"),
)  # fmt: skip


def mutated(rng: random.Random) -> bytes:
    """A message with a few things wrong in it."""
    raw = bytearray(rng.choice([WHOLE, lab(), lab("0.5", "mg/dL")]))
    for _ in range(rng.randint(1, 6)):
        kind, at = rng.randrange(7), rng.randrange(len(raw) + 1)
        if kind == 0:
            raw[at:at] = rng.randbytes(rng.randint(1, 4))
        elif kind == 1:
            del raw[at : at + rng.randint(1, 30)]
        elif kind == 2:
            raw[at : at + 1] = rng.choice([b"|", b"^", b"~", b"\\", b"&", b"\r", b"\n", b"\x0b", b"\x1c", b"\0", b"\xff"])
        elif kind == 3:
            raw[at:at] = raw[rng.randrange(len(raw) + 1) :][: rng.randint(1, 200)]
        elif kind == 4:
            del raw[at:]
        elif kind == 5:
            lines = bytes(raw).split(b"\r")
            rng.shuffle(lines)
            raw = bytearray(b"\r".join(lines))
        else:
            raw[at:at] = rng.choice([b"999999999999", b"-", b"<", b"\\X", b"NaN", "Ø".encode(), "Ø".encode("latin-1")])
    return bytes(raw)


def test_hundreds_of_malformed_messages(listener: Listener) -> None:
    rng = random.Random(6)
    for _ in range(300):
        raw = mutated(rng)
        for answer in listener.handle(raw):
            assert b"207^" not in answer, raw


@pytest.mark.slow
def test_ten_thousand_malformed_messages_over_a_socket(tmp_path: Path) -> None:
    """Each is answered, or the connection is closed; the server goes on, and answers a sound message at the end."""
    rng = random.Random(7)
    queue = Queue(tmp_path / "queue.sqlite", most=10**9)

    async def run() -> tuple[int, int]:
        server = await serve("127.0.0.1", 0, Listener(queue, [FORWARD]), Limits(message=100_000, receive=0.2, idle=20))
        answers = closed = 0
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
        for _ in range(10_000):
            raw = mutated(rng).strip() or b"x"  # blanks outside of a block are passed over in silence
            block = rng.choice([frame(raw)] * 20 + [raw + b"\x1c\r", b"\x0b" + raw, raw])
            try:
                # A block that is none gets no answer: the next one ends or replaces it.
                writer.write(block if block.endswith(b"\x1c\r") else block + frame(lab()))
                async with asyncio.timeout(20):
                    answer = await reader.readuntil(b"\x1c\r")
                assert b"207^" not in answer, raw
                parsed = read_acknowledgement(parse(answer[1:-2], undeclared="8859/1").segments) if b"MSA" in answer else None
                answers += parsed is not None
            except (asyncio.IncompleteReadError, ConnectionError, MessageError):
                closed += 1
                writer.close()
                with contextlib.suppress(OSError):
                    await writer.wait_closed()
                reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
        writer.write(frame(lab("0.33")))
        await writer.drain()
        writer.close()
        await server.stop()
        return answers, closed

    answers, closed = asyncio.run(run())
    queue.close()
    assert answers + closed == 10_000
    assert answers > 5_000
