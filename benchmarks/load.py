"""A load of HTTP requests from many clients at once, each on a connection of its own that stays open."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import cycle


@dataclass(frozen=True, slots=True)
class Load:
    """What a load found: times in seconds, sorted; answers by status."""

    seconds: float
    times: Sequence[float]
    statuses: dict[int, int]

    @property
    def rate(self) -> float:
        """Requests answered in a second."""
        return len(self.times) / self.seconds

    def quantile(self, share: float) -> float:
        """The time within which this share of the requests was answered, in milliseconds."""
        return 1000 * self.times[min(len(self.times) - 1, int(share * len(self.times)))]


def post(path: str, body: bytes) -> bytes:
    """A request, ready to send."""
    head = f"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    return head.encode() + body


async def _client(port: int, requests: Iterator[bytes], until: float, times: list[float], statuses: dict[int, int]) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    for request in requests:
        start = time.perf_counter()
        if start > until:
            break
        await _exchange(reader, writer, request, statuses)
        times.append(time.perf_counter() - start)
    writer.close()


async def _exchange(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, request: bytes, statuses: dict[int, int]
) -> None:
    """Send a request, read the answer to its end, and count its status."""
    writer.write(request)
    head = await reader.readuntil(b"\r\n\r\n")
    at = head.lower().index(b"content-length:") + 15
    await reader.readexactly(int(head[at : head.index(b"\r", at)]))
    status = int(head[9:12])
    statuses[status] = statuses.get(status, 0) + 1


async def load(port: int, requests: Sequence[bytes], *, clients: int, seconds: float) -> Load:
    """Send `requests` round and round for some seconds."""
    times: list[float] = []
    statuses: dict[int, int] = {}
    start = time.perf_counter()
    each = [cycle([*requests[n % len(requests) :], *requests[: n % len(requests)]]) for n in range(clients)]
    await asyncio.gather(*(_client(port, one, start + seconds, times, statuses) for one in each))
    return Load(time.perf_counter() - start, sorted(times), statuses)


async def some(port: int, requests: Iterator[bytes], *, clients: int) -> dict[int, int]:
    """Send each of `requests` once; answers by status."""
    times: list[float] = []
    statuses: dict[int, int] = {}
    await asyncio.gather(*(_client(port, requests, float("inf"), times, statuses) for _ in range(clients)))
    return statuses


async def steady(port: int, requests: Sequence[bytes], *, clients: int, rate: float, seconds: float) -> Load:
    """Send `requests` at a steady rate a second, whether the ones before were answered or not.

    The time of each counts from when it was due, also when no client was free to send it.
    """
    times: list[float] = []
    statuses: dict[int, int] = {}
    start = time.perf_counter() + 0.1
    due = iter([start + n / rate for n in range(int(rate * seconds))])
    each = cycle(requests)

    async def client() -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        for at in due:
            await asyncio.sleep(max(0.0, at - time.perf_counter()))
            await _exchange(reader, writer, next(each), statuses)
            times.append(time.perf_counter() - at)
        writer.close()

    await asyncio.gather(*(client() for _ in range(clients)))
    return Load(time.perf_counter() - start, sorted(times), statuses)
