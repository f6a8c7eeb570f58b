"""The listener as a whole: the server, the queue, and those who deliver, until it is told to stop."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncGenerator, Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from ssl import SSLContext

from neomag.hl7v2 import mllp
from neomag.hl7v2.delivery import Attempt, deliver, forward, webhook
from neomag.hl7v2.listener import FORWARD, WEBHOOK, Listener
from neomag.hl7v2.queue import Queue

LOG = logging.getLogger("neomag.hl7v2")


@dataclass(frozen=True, slots=True)
class Settings:
    """Where to listen, where interpretations go, and where they wait. `grace` is how long delivery may go on after stopping."""

    host: str = "127.0.0.1"
    port: int = 2575
    tls: SSLContext | None = None
    forward: tuple[str, int] | None = None
    forward_tls: SSLContext | None = None
    webhook: str | None = None
    token: str | None = None
    queue: Path = Path("neomag-hl7.sqlite")
    most_waiting: int = 10_000
    limits: mllp.Limits = field(default_factory=mllp.Limits)
    grace: float = 5
    first_pause: float = 1

    @property
    def targets(self) -> Sequence[str]:
        """Those that an interpretation goes to."""
        return [name for name, there in ((FORWARD, self.forward), (WEBHOOK, self.webhook)) if there]


async def run(
    settings: Settings, make: Callable[[Queue, Sequence[str]], Listener], stop: asyncio.Event, ready: Callable[[int], None]
) -> None:
    """Listen until `stop` is set. `make` makes the listener; `ready` is told the port.

    Raises OSError when the address cannot be had, QueueError when the queue cannot be kept.
    """
    queue = Queue(settings.queue, most=settings.most_waiting)
    try:
        async with _delivering(settings, queue) as wakes:

            def wake() -> None:
                for event in wakes:
                    event.set()

            listener = replace(make(queue, settings.targets), queued=wake)
            server = await mllp.serve(settings.host, settings.port, listener, settings.limits, tls=settings.tls)
            waiting, refused = queue.counts()
            LOG.info("%d interpretations wait, %d were refused by their receivers", waiting, refused)
            ready(server.port)
            await stop.wait()
            await server.stop()
            await _emptied(queue, settings.grace)
    finally:
        queue.close()


@contextlib.asynccontextmanager
async def _delivering(settings: Settings, queue: Queue) -> AsyncGenerator[list[asyncio.Event], None]:
    """Those who deliver, each with an event to wake it by."""
    async with contextlib.AsyncExitStack() as stack:
        attempts: dict[str, Attempt] = {}
        if settings.forward:
            attempts[FORWARD] = forward(*settings.forward, settings.forward_tls)
        if settings.webhook:
            import httpx

            client = await stack.enter_async_context(httpx.AsyncClient(timeout=30, follow_redirects=False))
            attempts[WEBHOOK] = webhook(client, settings.webhook, settings.token)
        wakes = {target: asyncio.Event() for target in attempts}
        tasks = [
            asyncio.create_task(deliver(queue, target, attempt, wakes[target], first=settings.first_pause))
            for target, attempt in attempts.items()
        ]
        try:
            yield list(wakes.values())
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)


async def _emptied(queue: Queue, grace: float) -> None:
    """Wait a little for the queue to empty. What is left stays on the disk for the next start."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(grace):
            while queue.counts()[0]:
                await asyncio.sleep(0.05)
    if left := queue.counts()[0]:
        LOG.warning("stopped; %d interpretations wait for the next start", left)
