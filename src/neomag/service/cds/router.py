"""The routes of CDS Hooks: discovery, the services, and feedback."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import httpx
from litestar import Request, Response, Router, get, post
from litestar.concurrency import sync_to_thread
from litestar.params import FromPath
from litestar.types import ASGIApp

from neomag.rules import rulebook
from neomag.service.access import request_id
from neomag.service.cds import described
from neomag.service.cds.answering import Told, cards_of
from neomag.service.cds.asked import asked_of
from neomag.service.cds.entries import Entries, Service, entries
from neomag.service.cds.feedback import feedback_of, saved
from neomag.service.cds.fetch import trusted
from neomag.service.cds.guard import known_client
from neomag.service.cds.prefetch import had
from neomag.service.limits import Workers
from neomag.service.noted import note_call
from neomag.service.problems import ProblemError
from neomag.service.rest.answers import accepts_json, computed, fixed
from neomag.service.rest.keeping import client_of
from neomag.service.rest.reading import LARGE, read_json
from neomag.service.settings import Settings

if TYPE_CHECKING:
    from neomag.service.auth import Gate
    from neomag.service.store import Store


def now() -> datetime:
    """The present moment, to the second."""
    return datetime.now(UTC).replace(microsecond=0)


def _known(settings: Settings) -> Entries:
    return entries(rulebook().knowledge, settings.site_codes)


def _service(name: str, known: Entries) -> Service:
    found = known.services.get(name)
    if found is None:
        raise ProblemError.of("not-found", f"no service of this name; there are {', '.join(known.services)}")
    return found


@get("/cds-services", opt={"operation": described.DISCOVERY, "exclude_from_auth": True})
async def discovery(request: Request[Any, Any, Any]) -> Response[bytes]:
    """Describe the services."""
    known = _known(request.app.state.settings)
    services = [
        {
            "hook": s.hook, "title": s.title, "description": s.description, "id": s.id,
            "prefetch": {key: known.templates[key].query for key in s.needs},
        }
        for s in known.services.values()
    ]  # fmt: skip
    return fixed(request, {"services": services})


def _asking(gate: Gate) -> Callable[[ASGIApp], ASGIApp]:
    """A middleware that asks `gate` who calls: a plain function, since Litestar copies what a router holds."""
    from neomag.service.auth import Authenticate

    return lambda app: Authenticate(app, gate=gate, scoped=True)


def router(
    settings: Settings,
    *,
    store: Store | None = None,
    gate: Gate | None = None,
    clock: Callable[[], datetime] = now,
    transport: httpx.BaseTransport | None = None,
) -> Router:
    """The routes under /cds-services. Feedback is kept in `store`; without one it is refused (503). With the setting `save` the
    trail of `store` notes each call that was answered.

    With `gate` the routes ask it who calls; leave it out where the whole application does. `clock` gives the moment asked
    about, `transport` what calls FHIR servers. Raises SourceError for a table of codes that cannot be read.
    """
    _known(settings)

    @post("/cds-services/{service:str}", status_code=200, opt={"operation": described.CALL, "scope": "cds"})
    async def call(request: Request[Any, Any, Any], service: FromPath[str]) -> Response[bytes]:
        """Answer a hook with cards."""
        known = _known(settings)
        of = _service(service, known)
        asked = asked_of(await read_json(request), of)
        knowledge = rulebook().knowledge
        facts = [had(known.templates[key], asked.prefetch, null_is_empty=settings.cds_null_is_empty) for key in of.needs]

        def work() -> Told:
            return cards_of(
                asked, of, facts, now=clock(), settings=settings, entries=known, knowledge=knowledge, transport=transport
            )

        workers: Workers = request.app.state.workers
        fetchers: Workers = request.app.state.fetchers
        if any(one.resource is None for one in facts) and trusted(asked, settings) is None:
            told = await fetchers.run(work)
        elif len(await request.body()) > LARGE:
            told = await workers.run(work)
        else:
            told = work()
        if store is not None and settings.save and told.answer is not None:
            by, name = client_of(request), request_id(request.scope)
            await sync_to_thread(note_call, store, by, of.id, told.answer, told.codes, name)
        return computed({"cards": told.cards})

    @post("/cds-services/{service:str}/feedback", status_code=200, opt={"operation": described.FEEDBACK, "scope": "cds"})
    async def feedback(request: Request[Any, Any, Any], service: FromPath[str]) -> Response[bytes]:
        """Keep what became of cards."""
        of = _service(service, _known(settings))
        told = feedback_of(await read_json(request))
        if store is None:
            raise ProblemError.of("not-ready", "this server keeps no feedback: it has no store")
        workers: Workers = request.app.state.workers
        await workers.run(saved, told, of.id, client_of(request), store)
        return computed({})

    return Router(
        "/",
        route_handlers=[discovery, call, feedback],
        before_request=accepts_json,
        guards=[known_client] if settings.cds_clients else [],
        middleware=[] if gate is None else [_asking(gate)],
    )
