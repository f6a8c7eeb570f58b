"""What is done around every request: an id, security headers, the access log, metrics, HEAD, and the answer to a crash.

The log says route templates, statuses and times. Paths, queries, bodies and headers may hold the data of a patient, and are
never written.
"""

from __future__ import annotations

import logging
import os
from time import perf_counter
from typing import TYPE_CHECKING, Any

from neomag.service.logs import error_of
from neomag.service.metrics import NO_ROUTE, Metrics
from neomag.service.problems import Problem, send_problem

if TYPE_CHECKING:
    from litestar.types import ASGIApp, Message, Receive, Scope, Send

LOG = logging.getLogger("neomag.access")
ERRORS = logging.getLogger("neomag.errors")
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
# Set where the route sets none of its own.
_HEADERS: tuple[tuple[bytes, bytes], ...] = (
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"no-referrer"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
    (b"cache-control", b"no-store"),
)


def request_id(scope: Scope) -> str:
    """The id of this request, as the log gives it."""
    given: Any = scope
    return given["neomag.request"]


def request_urn(scope: Scope) -> str:
    """The name of this request, as problems give it."""
    return f"urn:neomag:request:{request_id(scope)}"


class Access:
    """The outermost ASGI middleware."""

    def __init__(self, app: ASGIApp, metrics: Metrics):
        self._app, self._metrics = app, metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let the request through, and note it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        # A caller's own id could hold anything, a patient's name among it; every request gets one of ours.
        request = os.urandom(8).hex()
        given: dict[str, Any] = scope  # pyright: ignore[reportAssignmentType]
        given["neomag.request"] = request
        method = scope["method"] if scope["method"] in _METHODS else "other"
        # What answers GET answers HEAD, without the body.
        head = method == "HEAD"
        if head:
            given["method"] = "GET"
        status, size, started = 0, 0, False

        async def noted(message: Message) -> None:
            nonlocal status, size, started
            if message["type"] == "http.response.start":
                started, status = True, message["status"]
                headers = list(message["headers"])
                have = {name for name, _ in headers}
                headers += [pair for pair in _HEADERS if pair[0] not in have]
                headers.append((b"x-request-id", request.encode()))
                message["headers"] = headers  # pyright: ignore[reportGeneralTypeIssues]
            elif message["type"] == "http.response.body":
                size += len(message["body"])
                if head:
                    message["body"] = b""
            await send(message)

        start = perf_counter()
        self._metrics.at_once.inc()
        try:
            await self._app(scope, receive, noted)
        except Exception as error:  # noqa: BLE001 - the last line: whatever it was, the caller gets a plain problem
            log_error(request, error)
            if not started:
                await send_problem(internal_error(), noted, request_urn(scope))
        finally:
            seconds = perf_counter() - start
            route = scope.get("path_template") or NO_ROUTE
            self._metrics.at_once.dec()
            self._metrics.answered(method, route, status, seconds)
            if LOG.isEnabledFor(logging.INFO):
                client = getattr(given.get("user"), "client", None)
                told = {"request_id": request, "method": method, "route": route, "status": status, "bytes": size}
                LOG.info("request", extra=told | {"milliseconds": round(seconds * 1000, 2), "client": client})


def internal_error() -> Problem:
    """What a caller is told of an error that nobody foresaw: nothing but its id."""
    return Problem("internal-error", "an error that was not foreseen; the server's log has it under the id of this request")


def log_error(request: str, error: BaseException) -> None:
    """Write what kind of error it was, and where; its text, which may quote the request, is left out (see `logs`)."""
    ERRORS.error("an error that was not foreseen", extra={"request_id": request, "error": error_of(error)})
