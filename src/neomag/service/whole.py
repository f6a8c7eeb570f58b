"""The service as a whole, as `neomag serve` runs it: the store, the gate, every group of routes, and the HL7 v2 listener."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Callable, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from litestar import Litestar, Router

from neomag.hl7v2.queue import Queue, QueueError
from neomag.hl7v2.terms import Terms, terms
from neomag.service import cds, fhir_routes, smart
from neomag.service.app import make_app
from neomag.service.auth import Gate
from neomag.service.cds.router import now
from neomag.service.noted import noting

if TYPE_CHECKING:
    from neomag.hl7v2.listener import Listener, Noted
    from neomag.service.settings import Settings
    from neomag.service.store import Store

Ready = Callable[[int], None]


def make_service(
    settings: Settings,
    store: Store,
    *,
    listening: Ready = lambda port: None,
    routers: Sequence[Router] = (),
    show: smart.Show | None = None,
    clock: Callable[[], datetime] = now,
) -> Litestar:
    """The application with everything the settings ask for, and `routers` beside it; `show` makes the page of a SMART launch.

    `listening` is told the port of the HL7 v2 listener; `clock` gives the moment that hooks are asked about.
    The store is the caller's to close. Raises KnowledgeError when the knowledge does not hold together, SourceError for a
    table of codes that cannot be read.
    """
    known = terms(settings.site_codes)

    @contextlib.asynccontextmanager
    async def lifespan(app: Litestar) -> AsyncGenerator[None, None]:
        async with contextlib.AsyncExitStack() as stack:
            if settings.mllp_port is not None:
                try:
                    await stack.enter_async_context(_mllp(settings, known, listening, noting(store) if settings.save else None))
                except (OSError, QueueError) as error:
                    # The server says only that it did not start; whoever started it finds here why.
                    why = error.strerror if isinstance(error, OSError) else None
                    at = f"{settings.mllp_host} port {settings.mllp_port} for HL7 v2"
                    app.state.refused = f"cannot listen on {at}: {why}" if why else str(error)
                    raise
            yield

    keep = smart.keep_in(store) if settings.save else None
    launches = smart.router(settings, keep) if show is None else smart.router(settings, keep, show)
    groups = [fhir_routes.router(), cds.router(settings, store=store, clock=clock), launches, *routers]
    return make_app(settings, gate=Gate(settings, store), store=store, routers=groups, lifespan=[lifespan])


@contextlib.asynccontextmanager
async def _mllp(settings: Settings, known: Terms, listening: Ready, noted: Noted | None) -> AsyncGenerator[None, None]:
    """The HL7 v2 listener, beside HTTP in one process. Raises OSError, QueueError when it cannot be begun."""
    from neomag.hl7v2.listener import Listener
    from neomag.hl7v2.run import Settings as Hl7Settings
    from neomag.hl7v2.run import run

    asked = Hl7Settings(
        host=settings.mllp_host, port=settings.mllp_port or 0, forward=settings.mllp_forward, webhook=settings.webhook,
        token=settings.webhook_token, queue=Path(settings.mllp_queue),
    )  # fmt: skip
    asked = replace(asked, limits=replace(asked.limits, message=settings.max_body))

    def make(queue: Queue, targets: Sequence[str]) -> Listener:
        zone = ZoneInfo(settings.zone) if settings.zone else None
        return Listener(queue, targets, terms=known, zone=zone, noted=noted)

    stop, begun = asyncio.Event(), asyncio.get_running_loop().create_future()

    def ready(port: int) -> None:
        listening(port)
        begun.set_result(None)

    task = asyncio.create_task(run(asked, make, stop, ready))
    await asyncio.wait([task, begun], return_when=asyncio.FIRST_COMPLETED)
    if task.done():
        await task
    try:
        yield
    finally:
        stop.set()
        await task
