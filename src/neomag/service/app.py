"""The application: every group of routes in one frame of limits, problems, metrics and the access log."""

from __future__ import annotations

import gc
from collections.abc import Callable, Sequence
from typing import Any

from litestar import Litestar, Request, Response, Router
from litestar.config.cors import CORSConfig
from litestar.connection import ASGIConnection
from litestar.datastructures import State
from litestar.exceptions import HTTPException
from litestar.handlers import BaseRouteHandler
from litestar.types import ASGIApp

from neomag import __version__
from neomag.asking import NotValidError
from neomag.rules import rulebook
from neomag.service import docs, health, rest
from neomag.service.access import Access, internal_error, log_error, request_urn
from neomag.service.limits import Bounds, Workers
from neomag.service.metrics import Metrics
from neomag.service.openapi import document
from neomag.service.problems import MEDIA_TYPE, Problem, ProblemError, kind_of
from neomag.service.rest.schemas import schemas
from neomag.service.settings import Settings

# Who calls: raises ProblemError when that is not known, or when the scope asked for is not the caller's.
Identify = Callable[[ASGIConnection[Any, Any, Any, Any], str], None]
_SAYS = {
    404: "there is nothing at this address; /docs lists what there is",
    405: "this method is not answered here; the header Allow names those that are",
}


def make_app(
    settings: Settings | None = None,
    *,
    identify: Identify | None = None,
    store: Any = None,
    routers: Sequence[Router] = (),
) -> Litestar:
    """The application. `identify` is asked before every route that names a scope; `routers` are further groups of routes.

    The knowledge is loaded and the rules compiled here, so that the first request is not slower than the others. Raises
    KnowledgeError when the knowledge does not hold together.
    """
    settings = settings or Settings()
    version = rulebook().knowledge.version
    metrics = Metrics(version)
    # Plans take seconds: they have threads of their own, and what would wait long for one is refused at once.
    workers, planners = Workers(settings, settings.max_requests), Workers(settings, 4 * settings.workers)
    app = Litestar(
        route_handlers=[rest.router(), health.router(), docs.router(), *routers],
        exception_handlers={Exception: _problem_response},
        guards=[] if identify is None else [_permitted],
        cors_config=_cors(settings),
        openapi_config=None,
        # The access log is ours, and what goes wrong is logged without what the request held.
        logging_config=None,
        on_shutdown=[workers.close, planners.close],
        state=State(
            {
                "settings": settings, "workers": workers, "planners": planners, "metrics": metrics, "identify": identify,
                "store": store, "checks": health.checks_of(store),
            }
        ),
    )  # fmt: skip
    app.state.make_document = lambda: document(app, schemas(rulebook().knowledge), __version__)
    # Around the router too, so that the frame holds what has no route; Litestar's own middleware stands inside it.
    framed: ASGIApp = Bounds(app.asgi_handler, settings)
    app.asgi_handler = Access(framed, metrics)
    # What is loaded stays: the collector need not go through it again and again.
    gc.collect()
    gc.freeze()
    return app


def _cors(settings: Settings) -> CORSConfig | None:
    if not settings.cors_origins:
        return None
    return CORSConfig(
        allow_origins=list(settings.cors_origins),
        allow_methods=["GET", "POST", "OPTIONS"],
        allow_headers=["Authorization", "Content-Type", "Idempotency-Key", "If-None-Match"],
        expose_headers=["ETag", "Link", "Neomag-Exit-Status", "Retry-After", "X-Request-Id"],
    )


async def _permitted(connection: ASGIConnection[Any, Any, Any, Any], handler: BaseRouteHandler) -> None:
    """Ask who calls, where the route names a scope."""
    identify: Identify | None = connection.app.state.identify
    scope = handler.opt.get("scope")
    if identify is not None and scope is not None:
        identify(connection, scope)


def _problem_response(request: Request[Any, Any, Any], error: Exception) -> Response[bytes]:
    """Every error as a problem. One that nobody foresaw is logged under the id of the request, and not described."""
    if isinstance(error, ProblemError):
        problem = error.problem
    elif isinstance(error, NotValidError):
        problem = ProblemError.not_valid(error.faults).problem
    elif isinstance(error, HTTPException) and error.status_code < 500:
        detail = _SAYS.get(error.status_code, "the request cannot be read")
        problem = Problem(kind_of(error.status_code), detail, headers=error.headers or {})
    else:
        problem = internal_error()
        log_error(request.scope["neomag.request"], error)  # type: ignore[typeddict-item]
    body = problem.encoded(request_urn(request.scope))
    return Response(body, status_code=problem.status, media_type=MEDIA_TYPE, headers=dict(problem.headers))
