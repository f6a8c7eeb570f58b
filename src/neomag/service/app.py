"""The application: every group of routes in one frame of limits, problems, metrics and the access log."""

from __future__ import annotations

import gc
from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager
from typing import TYPE_CHECKING, Any

from litestar import Litestar, Request, Response, Router
from litestar.config.cors import CORSConfig
from litestar.datastructures import State
from litestar.middleware import DefineMiddleware
from litestar.types import ASGIApp

from neomag import __version__
from neomag.rules import rulebook
from neomag.service import docs, health, rest
from neomag.service.access import Access, request_urn
from neomag.service.auth.middleware import Authenticate
from neomag.service.errors import problem_of
from neomag.service.fhir_form import Outcomes
from neomag.service.limits import Bounds, Workers
from neomag.service.metrics import Metrics
from neomag.service.openapi import document
from neomag.service.problems import MEDIA_TYPE
from neomag.service.rest.schemas import schemas
from neomag.service.settings import Settings

if TYPE_CHECKING:
    from neomag.service.auth import Gate
    from neomag.service.store import Store


_EXPOSED = (
    "ETag", "Idempotency-Replayed", "Link", "Neomag-Assessment", "Neomag-Exit-Status", "Preference-Applied", "Retry-After",
    "X-Request-Id",
)  # fmt: skip
# Calls that may wait for a FHIR server at once.
_FETCHERS = 16


def make_app(
    settings: Settings | None = None,
    *,
    gate: Gate | None = None,
    store: Store | None = None,
    routers: Sequence[Router] = (),
    lifespan: Sequence[Callable[[Litestar], AbstractAsyncContextManager[None]]] = (),
) -> Litestar:
    """The application. `gate` lets callers in to the routes that name a scope in their `opt`, the others are open; without one
    all are. In `store` assessments are kept. `routers` are further groups of routes; one that writes the problems of the
    frame in a way of its own names the ASGI middleware for it in its `opt`, as `problems`. What `lifespan` gives is
    entered when the application starts and left when it stops.

    The knowledge is loaded and the rules compiled here, so that the first request is not slower than the others. Raises
    KnowledgeError when the knowledge does not hold together.
    """
    settings = settings or Settings()
    version = rulebook().knowledge.version
    metrics = Metrics(version)
    # Plans take seconds: they have threads of their own, and what would wait long for one is refused at once.
    workers, planners = Workers(settings, settings.max_requests), Workers(settings, 4 * settings.workers)
    # Those who wait for a FHIR server must not hold up those who compute. No thread is there before it is needed.
    fetchers = Workers(settings, settings.max_requests, _FETCHERS)
    app = Litestar(
        route_handlers=[rest.router(kept=store is not None), health.router(), docs.router(), *routers],
        exception_handlers={Exception: _problem_response},
        middleware=[] if gate is None else [DefineMiddleware(Authenticate, gate=gate, scoped=True)],
        cors_config=_cors(settings),
        openapi_config=None,
        # The access log is ours, and what goes wrong is logged without what the request held.
        logging_config=None,
        lifespan=list(lifespan),
        on_startup=[_freeze],
        on_shutdown=[workers.close, planners.close, fetchers.close],
        state=State(
            {
                "settings": settings, "workers": workers, "planners": planners, "fetchers": fetchers, "metrics": metrics,
                "store": store, "gate": gate, "checks": health.checks_of(store),
            }
        ),
    )  # fmt: skip
    app.state.make_document = lambda: document(
        app, schemas(rulebook().knowledge), __version__, asks=gate is not None and gate.asks
    )
    # Around the router too, so that the frame holds what has no route; Litestar's own middleware stands inside it.
    framed: ASGIApp = Bounds(app.asgi_handler, settings)
    for written in (Outcomes, *(group.opt["problems"] for group in routers if "problems" in group.opt)):
        framed = written(framed)
    app.asgi_handler = Access(framed, metrics)
    return app


def _freeze() -> None:
    """What is loaded stays: the garbage collector need not go through it again and again."""
    gc.collect()
    gc.freeze()


def _cors(settings: Settings) -> CORSConfig | None:
    if not settings.cors_origins:
        return None
    return CORSConfig(
        allow_origins=list(settings.cors_origins),
        allow_methods=["GET", "POST", "OPTIONS"],
        allow_headers=["Authorization", "Content-Type", "Idempotency-Key", "If-None-Match", "Prefer", "X-API-Key"],
        expose_headers=list(_EXPOSED),
    )


def _problem_response(request: Request[Any, Any, Any], error: Exception) -> Response[bytes]:
    problem = problem_of(request, error)
    body = problem.encoded(request_urn(request.scope))
    return Response(body, status_code=problem.status, media_type=MEDIA_TYPE, headers=dict(problem.headers))
