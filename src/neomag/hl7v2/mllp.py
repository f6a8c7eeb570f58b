"""MLLP over TCP: a server that answers each message in turn, and a client that sends one and waits for its answer."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from dataclasses import dataclass
from ssl import SSLContext

from neomag.hl7v2.ack import REJECTED, Acknowledged, Outcome, acknowledge, read_acknowledgement
from neomag.hl7v2.charsets import UTF_8
from neomag.hl7v2.faults import DATA_TYPE, SEQUENCE, Fault, MessageError
from neomag.hl7v2.frames import Block, Found, Frames, Garbage, TooLarge, Unframed, frame
from neomag.hl7v2.message import head_of, parse

# What is sent back for a message, in order.
Handler = Callable[[bytes], Awaitable[Sequence[bytes]]]
LOG = logging.getLogger("neomag.hl7v2")
_CHUNK = 64 * 1024


@dataclass(frozen=True, slots=True)
class Limits:
    """Most bytes of a message, most connections at a time, and seconds: for a message to arrive whole from its first byte,
    between messages, and for an answer to be taken."""

    message: int = 16 * 1024 * 1024
    connections: int = 64
    receive: float = 30
    idle: float = 3_600
    send: float = 30


class Server:
    """A listening server. Use `serve`; `port` is the one it listens at."""

    def __init__(self, handler: Handler, limits: Limits):
        self._handler = handler
        self._limits = limits
        self._server: asyncio.Server | None = None
        self._open: dict[asyncio.Task[None], _Connection] = {}
        self._stopping = False
        self.port = 0

    async def start(self, host: str, port: int, tls: SSLContext | None) -> None:
        """Begin to listen. Raises OSError when the address cannot be had."""
        shaking = None if tls is None else self._limits.receive
        self._server = await asyncio.start_server(
            self._accept, host, port, limit=_CHUNK, ssl=tls, ssl_handshake_timeout=shaking
        )
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """Listen no more; finish and answer the messages at hand; drop half messages, which their senders send again."""
        self._stopping = True
        if self._server is not None:
            self._server.close()
        for task, connection in self._open.items():
            connection.stopping = True
            if not connection.busy:
                task.cancel()
        if self._open:
            await asyncio.wait(list(self._open))
        if self._server is not None:
            await self._server.wait_closed()

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        if task is None or self._stopping:
            await _close(writer)
            return
        if len(self._open) >= self._limits.connections:
            LOG.warning("too many connections (%d); one more was closed", len(self._open))
            await _close(writer)
            return
        connection = _Connection(reader, writer, self._handler, self._limits)
        self._open[task] = connection
        try:
            await connection.run()
        except asyncio.CancelledError:
            pass  # only `stop` cancels, and the task ends here
        finally:
            connection.busy = True  # `stop` waits for it, and does not cancel it
            await _close(writer)
            del self._open[task]


class _Connection:
    """One connection: reads, answers, and keeps to the deadlines."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, handler: Handler, limits: Limits):
        self._reader = reader
        self._writer = writer
        self._handler = handler
        self._limits = limits
        self._frames = Frames(limits.message)
        self.busy = False
        self.stopping = False

    async def run(self) -> None:
        try:
            async with contextlib.aclosing(self._received()) as received:
                async for found in received:
                    self.busy = True
                    go_on = await self._answer(found)
                    self.busy = False
                    if not go_on or self.stopping:
                        return
        except TimeoutError:
            LOG.warning(
                "closed: %s", "a message did not arrive in time" if self._frames.inside else "idle, or too slow to read"
            )
        except OSError:
            LOG.info("closed by the other side")

    async def _received(self) -> AsyncGenerator[Found, None]:
        """What arrives, until the other side ends. A message has one deadline from its first byte, however it trickles."""
        clock = asyncio.get_running_loop()
        deadline = clock.time() + self._limits.idle
        while True:
            async with asyncio.timeout_at(deadline):
                data = await self._reader.read(_CHUNK)
            if not data:
                if self._frames.inside:
                    LOG.warning("the connection ended within a message; nothing of it was used")
                return
            was_inside = self._frames.inside
            answered = False
            for found in self._frames.feed(data):
                yield found
                answered = answered or not isinstance(found, Garbage)
            if not self._frames.inside:
                # Garbage does not keep a connection open longer than silence would.
                deadline = clock.time() + self._limits.idle if answered else deadline
            elif answered or not was_inside:
                deadline = clock.time() + self._limits.receive

    async def _answer(self, found: Found) -> bool:
        """Answer what was found; whether the connection goes on."""
        if isinstance(found, Garbage):
            LOG.warning("%d bytes outside of a message were dropped", found.count)
            return True
        if isinstance(found, Block):
            answers = await self._handler(found.content)
        else:
            fault = Fault(DATA_TYPE, f"the message is larger than {self._limits.message} bytes")
            if isinstance(found, Unframed):
                fault = Fault(SEQUENCE, "the message has no start (0x0B); send it in a block of MLLP")
            answers = acknowledge(head_of(found.content), Outcome(REJECTED, (fault,)))
            LOG.warning("rejected: %s", fault.says)
        for answer in answers:
            self._writer.write(frame(answer))
        async with asyncio.timeout(self._limits.send):
            await self._writer.drain()
        return not isinstance(found, TooLarge)


async def _close(writer: asyncio.StreamWriter) -> None:
    writer.close()
    with contextlib.suppress(OSError, TimeoutError):
        async with asyncio.timeout(1):
            await writer.wait_closed()


async def serve(
    host: str, port: int, handler: Handler, limits: Limits | None = None, *, tls: SSLContext | None = None
) -> Server:
    """A server that listens at `host` and `port` (0: any free one) and answers with what `handler` gives.

    `handler` must not raise. Raises OSError when the address cannot be had.
    """
    server = Server(handler, limits or Limits())
    await server.start(host, port, tls)
    return server


class SendError(Exception):
    """A message that could not be sent, or was not answered; the text says why, without the message."""


async def send(host: str, port: int, message: bytes, *, timeout: float = 30, tls: SSLContext | None = None) -> Acknowledged:
    """Send a message and wait for its acknowledgement. Raises SendError."""
    try:
        async with asyncio.timeout(timeout):
            reader, writer = await asyncio.open_connection(host, port, ssl=tls)
            try:
                writer.write(frame(message))
                await writer.drain()
                return await _answered(reader)
            finally:
                await _close(writer)
    except TimeoutError:
        raise SendError("no answer in time") from None
    except OSError as error:
        raise SendError(error.strerror or type(error).__name__) from None


async def _answered(reader: asyncio.StreamReader) -> Acknowledged:
    frames = Frames(1024 * 1024)
    while data := await reader.read(_CHUNK):
        for found in frames.feed(data):
            if isinstance(found, Block):
                try:
                    answer = read_acknowledgement(parse(found.content, undeclared=UTF_8).segments)
                except MessageError:
                    raise SendError("the answer is no message") from None
                if answer is not None:
                    return answer
    raise SendError("the connection was closed without an answer")
