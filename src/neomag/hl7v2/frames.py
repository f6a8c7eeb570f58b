"""MLLP's blocks: 0x0B, the message, 0x1C 0x0D. A stream of bytes in, messages out, however the bytes arrive."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

START = b"\x0b"
END = b"\x1c\r"
# What is kept of a message that is too large: enough for its header.
_HEAD = 10_000


@dataclass(frozen=True, slots=True)
class Block:
    """A whole message."""

    content: bytes


@dataclass(frozen=True, slots=True)
class Unframed:
    """Bytes that end a block which never began; `content` is their beginning."""

    content: bytes


@dataclass(frozen=True, slots=True)
class Garbage:
    """So many bytes outside of a block, or of a block that broke off where the next began."""

    count: int


@dataclass(frozen=True, slots=True)
class TooLarge:
    """A block beyond the limit; `content` is its beginning. Nothing after it can be read."""

    content: bytes


Found = Block | Unframed | Garbage | TooLarge


def frame(message: bytes) -> bytes:
    """A message as a block."""
    return START + message + END


class Frames:
    """Cuts a stream into blocks. `limit` is the most bytes of one message."""

    def __init__(self, limit: int):
        self.limit = limit
        self._buffer = bytearray()
        self._inside = False
        self._seen = 0  # how much of the buffer has been searched
        self._closed = False

    @property
    def inside(self) -> bool:
        """Whether a message has begun and not ended."""
        return self._inside

    def feed(self, data: bytes) -> Iterator[Found]:
        """What `data` completes. After TooLarge nothing more is found."""
        if self._closed:
            return
        self._buffer += data
        while (found := self._next()) is not None:
            yield found
            if isinstance(found, TooLarge):
                self._closed = True
                self._buffer.clear()
                return

    def _next(self) -> Found | None:
        return self._in_block() if self._inside else self._between()

    def _between(self) -> Found | None:
        start, end = self._buffer.find(START, self._seen), self._buffer.find(END, max(self._seen - 1, 0))
        # The sign that ends a block may have come in part.
        stop = min((place for place in (start, end) if place >= 0), default=len(self._buffer) - 1)
        if stop > self.limit:
            return self._too_large()
        if end >= 0 and stop == end:
            content = bytes(self._buffer[: min(end, _HEAD)])
            self._drop(end + len(END))
            return Unframed(content) if content.strip() else Garbage(len(END))
        if start >= 0:
            garbage = bytes(self._buffer[:start])
            self._drop(start + 1)
            self._inside = True
            return Garbage(start) if garbage.strip() else self._next()
        self._seen = len(self._buffer)
        return None

    def _in_block(self) -> Found | None:
        end = self._buffer.find(END, max(self._seen - 1, 0))
        again = self._buffer.find(START, self._seen, end if end >= 0 else len(self._buffer))
        stop = again if again >= 0 else end if end >= 0 else len(self._buffer) - 1
        if stop > self.limit:
            return self._too_large()
        if again >= 0:  # a block never holds the sign that begins one: the first broke off
            self._drop(again + 1)
            return Garbage(again)
        if end >= 0:
            content = bytes(self._buffer[:end])
            self._drop(end + len(END))
            self._inside = False
            return Block(content)
        self._seen = len(self._buffer)
        return None

    def _too_large(self) -> TooLarge:
        return TooLarge(bytes(self._buffer[: min(self.limit, _HEAD)]))

    def _drop(self, count: int) -> None:
        del self._buffer[:count]
        self._seen = 0
