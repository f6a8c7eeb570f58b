"""The server and the client over real sockets: half messages, slow clients, ten megabytes, many connections, a quiet stop."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Sequence
from typing import Any

import pytest
from tests.hl7v2_made_up import lab

from neomag.hl7v2.ack import ACCEPTED, Outcome, acknowledge
from neomag.hl7v2.frames import frame
from neomag.hl7v2.message import head_of
from neomag.hl7v2.mllp import Limits, SendError, Server, send, serve


class Seen:
    """A handler that keeps what it got, and takes its time."""

    def __init__(self, seconds: float = 0):
        self.messages: list[bytes] = []
        self.begun = asyncio.Event()
        self.seconds = seconds

    async def __call__(self, raw: bytes) -> Sequence[bytes]:
        self.begun.set()
        await asyncio.sleep(self.seconds)
        self.messages.append(raw)
        return acknowledge(head_of(raw), Outcome(ACCEPTED))


@contextlib.asynccontextmanager
async def serving(handler: Seen, **limits: Any) -> AsyncGenerator[Server, None]:
    server = await serve("127.0.0.1", 0, handler, Limits(**limits))
    try:
        yield server
    finally:
        await server.stop()


async def connected(server: Server) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    return await asyncio.open_connection("127.0.0.1", server.port)


async def answer(reader: asyncio.StreamReader) -> bytes:
    async with asyncio.timeout(20):
        return await reader.readuntil(b"\x1c\r")


async def ended(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bytes:
    """What comes until the server closes."""
    async with asyncio.timeout(20):
        try:
            rest = await reader.read()
        except ConnectionResetError:
            rest = b""
    await gone(writer)
    return rest


async def gone(writer: asyncio.StreamWriter) -> None:
    writer.close()
    with contextlib.suppress(OSError):
        await writer.wait_closed()


def test_many_messages_on_one_connection_in_order() -> None:
    async def run() -> None:
        handler = Seen()
        async with serving(handler) as server:
            reader, writer = await connected(server)
            sent = [lab().replace(b"|42|", b"|%d|" % n) for n in range(50)]
            writer.write(b"".join(map(frame, sent)))
            assert [b"MSA|AA|%d\r" % n in await answer(reader) for n in range(50)] == [True] * 50
            await gone(writer)
        assert handler.messages == sent

    asyncio.run(run())


def test_a_message_that_trickles_in_byte_by_byte() -> None:
    async def run() -> None:
        handler = Seen()
        async with serving(handler) as server:
            reader, writer = await connected(server)
            for byte in frame(lab()):
                writer.write(bytes([byte]))
                await writer.drain()
            assert b"MSA|AA|42" in await answer(reader)
            await gone(writer)
        assert handler.messages == [lab()]

    asyncio.run(run())


@pytest.mark.parametrize("end", ["close", "silence", "trickle"])
def test_half_a_message_is_never_processed(end: str) -> None:
    async def run() -> None:
        handler = Seen()
        async with serving(handler, receive=0.3) as server:
            reader, writer = await connected(server)
            writer.write(frame(lab())[:-30])
            await writer.drain()
            if end == "close":
                await gone(writer)
            elif end == "silence":
                assert await ended(reader, writer) == b""
            else:  # a slow loris: a byte now and then does not put the deadline off
                rest = asyncio.create_task(ended(reader, writer))
                while not rest.done():
                    writer.write(b"x")
                    await asyncio.sleep(0.05)
                assert await rest == b""
            assert b"AA" in (await send("127.0.0.1", server.port, lab())).code.encode()
        assert handler.messages == [lab()]

    asyncio.run(run())


def test_a_silent_connection_is_closed_and_garbage_does_not_keep_it_open() -> None:
    async def run() -> None:
        async with serving(Seen(), idle=0.3) as server:
            silent, noisy = await connected(server), await connected(server)
            rest = asyncio.create_task(ended(*noisy))
            while not rest.done():
                noisy[1].write(b"noise")
                await asyncio.sleep(0.05)
            assert await rest == b""
            assert await ended(*silent) == b""

    asyncio.run(run())


def test_garbage_and_a_missing_start() -> None:
    async def run() -> None:
        handler = Seen()
        async with serving(handler) as server:
            reader, writer = await connected(server)
            writer.write(b"GET / HTTP/1.1\r\n\r\n" + frame(lab()))
            assert b"MSA|AA|42" in await answer(reader)
            writer.write(lab() + b"\x1c\r")
            rejected = await answer(reader)
            assert b"MSA|AR|42|the message has no start" in rejected
            writer.write(frame(lab()))
            assert b"MSA|AA|42" in await answer(reader)
            await gone(writer)
        assert handler.messages == [lab(), lab()]

    asyncio.run(run())


def test_ten_megabytes() -> None:
    async def run() -> None:
        handler = Seen()
        async with serving(handler) as server:
            big = lab() + b"OBX|9|ED|PDF^Report^L||^^^^" + b"A" * 10_000_000 + b"\r"
            assert (await send("127.0.0.1", server.port, big)).good
        assert handler.messages == [big]

    asyncio.run(run())


def test_beyond_the_limit_a_message_is_rejected_and_the_connection_closed() -> None:
    async def run() -> None:
        handler = Seen()
        async with serving(handler, message=100_000) as server:
            reader, writer = await connected(server)
            with contextlib.suppress(OSError):
                writer.write(b"\x0b" + lab() + b"x" * 200_000)
                await writer.drain()
            assert b"MSA|AR|42|the message is larger than 100000 bytes" in await answer(reader)
            assert await ended(reader, writer) == b""
        assert handler.messages == []

    asyncio.run(run())


def test_connections_beyond_the_limit_are_closed() -> None:
    async def run() -> None:
        async with serving(Seen(), connections=2) as server:
            first, second, third = await connected(server), await connected(server), await connected(server)
            assert await ended(*third) == b""
            for reader, writer in (first, second):
                writer.write(frame(lab()))
                assert b"MSA|AA" in await answer(reader)
                await gone(writer)
            async with asyncio.timeout(20):  # a place is free again
                while True:
                    with contextlib.suppress(SendError):
                        assert (await send("127.0.0.1", server.port, lab())).good
                        return
                    await asyncio.sleep(0.05)

    asyncio.run(run())


def test_many_clients_at_once() -> None:
    async def run() -> None:
        handler = Seen(0.01)
        async with serving(handler) as server:
            found = await asyncio.gather(*(send("127.0.0.1", server.port, lab()) for _ in range(40)))
        assert all(one.good for one in found)
        assert len(handler.messages) == 40

    asyncio.run(run())


def test_a_client_that_never_reads_is_closed() -> None:
    async def run() -> None:
        class Loud(Seen):
            async def __call__(self, raw: bytes) -> Sequence[bytes]:
                self.messages.append(raw)
                return [b"x" * 8_000_000]

        handler = Loud()
        async with serving(handler, send=0.3) as server:
            reader, writer = await connected(server)
            writer.write(frame(lab()) * 3)
            await asyncio.sleep(1)
            assert len(handler.messages) < 3
            await ended(reader, writer)

    asyncio.run(run())


def test_stopping_finishes_the_message_at_hand_and_drops_the_half_one() -> None:
    async def run() -> None:
        handler = Seen(0.3)
        server = await serve("127.0.0.1", 0, handler)
        busy, half, quiet = await connected(server), await connected(server), await connected(server)
        half[1].write(frame(lab())[:20])
        await half[1].drain()
        busy[1].write(frame(lab()))
        await handler.begun.wait()
        await server.stop()
        assert b"MSA|AA|42" in await answer(busy[0])
        for reader, writer in (busy, half, quiet):
            assert await ended(reader, writer) == b""
        with pytest.raises(SendError):
            await send("127.0.0.1", server.port, lab(), timeout=2)
        assert handler.messages == [lab()]

    asyncio.run(run())


@pytest.mark.parametrize("reply", [b"", frame(b"no message"), frame(lab()), b"garbage"])
def test_an_answer_that_is_none(reply: bytes) -> None:
    async def answering(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\x1c\r")
        writer.write(reply)
        await writer.drain()
        await gone(writer)

    async def run() -> None:
        server = await asyncio.start_server(answering, "127.0.0.1", 0)
        async with server:
            with pytest.raises(SendError):
                await send("127.0.0.1", server.sockets[0].getsockname()[1], lab(), timeout=5)

    asyncio.run(run())
