"""The limits of a request: how many at once, how large and how slow its body, how long its answer may take."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from time import monotonic
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

from neomag.service.access import request_urn
from neomag.service.problems import Problem, ProblemError, send_problem
from neomag.service.settings import Settings

if TYPE_CHECKING:
    from litestar.types import (
        ASGIApp,
        HTTPReceiveMessage,
        HTTPRequestEvent,
        Message,
        Receive,
        Scope,
        Send,
        WebSocketReceiveMessage,
    )

P = ParamSpec("P")
T = TypeVar("T")
_SOON = {"Retry-After": "1"}
# A health check answers also when the service is busy: a busy service is not a dead one.
_ALWAYS = ("/health/live", "/health/ready", "/metrics")


class Bounds:
    """ASGI middleware that reads the whole body, within the limits, before the application sees the request."""

    def __init__(self, app: ASGIApp, settings: Settings):
        self._app, self._settings = app, settings
        self._at_once = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer with a problem where a limit is passed, else let the request through."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        if self._at_once >= self._settings.max_requests and scope["path"] not in _ALWAYS:
            await send_problem(
                Problem("busy", "too many requests at once; try again soon", headers=_SOON), send, request_urn(scope)
            )
            return
        self._at_once += 1
        try:
            await self._within(scope, receive, send)
        finally:
            self._at_once -= 1

    async def _within(self, scope: Scope, receive: Receive, send: Send) -> None:
        body = await self._body(scope, receive)
        if isinstance(body, Problem):
            await send_problem(body, send, request_urn(scope))
            return
        started = False
        given: list[HTTPRequestEvent] = [{"type": "http.request", "body": body, "more_body": False}]

        async def replay() -> HTTPReceiveMessage | WebSocketReceiveMessage:
            return given.pop() if given else await receive()

        async def watched(message: Message) -> None:
            nonlocal started
            started = True
            await send(message)

        time = asyncio.timeout(self._settings.timeout)
        try:
            async with time:
                await self._app(scope, replay, watched)
        except TimeoutError:
            if started or not time.expired():
                raise
            await send_problem(out_of_time(self._settings.timeout), send, request_urn(scope))

    async def _body(self, scope: Scope, receive: Receive) -> bytes | Problem:
        most = self._settings.max_body
        too_large = Problem("too-large", f"at most {most} bytes are read", headers={"Connection": "close"})
        headers = {name: value for name, value in scope["headers"] if name in (b"content-length", b"transfer-encoding")}
        length = headers.get(b"content-length", b"0")
        if not length.isdigit():
            return Problem("bad-request", "Content-Length must be a whole number")
        if len(length) > 18 or int(length) > most:
            return too_large
        if int(length) == 0 and b"transfer-encoding" not in headers:
            return b""
        parts: list[bytes] = []
        size = 0
        try:
            async with asyncio.timeout(self._settings.body_timeout):
                while True:
                    message = await receive()
                    if message["type"] != "http.request":
                        return Problem("bad-request", "the body ended before its end")
                    part = message.get("body", b"")  # ASGI lets it be left out
                    parts.append(part)
                    size += len(part)
                    if size > most:
                        return too_large
                    if not message.get("more_body", False):
                        return b"".join(parts)
        except TimeoutError:
            says = f"the body took longer than {self._settings.body_timeout:g} seconds"
            return Problem("slow-body", says, headers={"Connection": "close"})


def out_of_time(seconds: float) -> Problem:
    """The problem of an answer that took too long."""
    return Problem("out-of-time", f"no answer within {seconds:g} seconds; ask for less, or try again", headers=_SOON)


class Workers:
    """Threads for work that would hold up other requests; when `most` wait or are worked on, more work is refused."""

    def __init__(self, settings: Settings, most: int, threads: int | None = None):
        self._pool = ThreadPoolExecutor(threads or settings.workers, thread_name_prefix="neomag-worker")
        self._most = most
        self._timeout = settings.timeout
        self._waiting = 0

    def deadline(self) -> float:
        """When work begun now must be done, by the monotonic clock: a little before the request's own end."""
        return monotonic() + self._timeout * 0.9

    async def run(self, work: Callable[P, T], *args: P.args, **more: P.kwargs) -> T:
        """Do `work` in a thread. Raises ProblemError when too much waits already, or when it takes too long."""
        if self._waiting >= self._most:
            raise ProblemError(Problem("busy", "too much work at once; try again soon", headers=_SOON))
        future = self._pool.submit(work, *args, **more)
        self._waiting += 1
        loop = asyncio.get_running_loop()
        # A thread cannot be stopped: it counts until it has ended, also when nobody waits for it any more.
        future.add_done_callback(lambda _: _soon(loop, self._done))
        return await asyncio.wrap_future(future)

    def _done(self) -> None:
        self._waiting -= 1

    def close(self) -> None:
        """Begin nothing new, and do not wait."""
        self._pool.shutdown(wait=False, cancel_futures=True)


def _soon(loop: asyncio.AbstractEventLoop, work: Callable[[], Any]) -> None:
    if not loop.is_closed():
        loop.call_soon_threadsafe(work)
