"""Errors on pages, as pages: those of routes, and those of the frame around them (limits, methods)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from litestar import Request, Response

from neomag.service.access import request_id
from neomag.service.errors import problem_of
from neomag.service.problems import rewritten
from neomag.web.languages import LANGUAGES
from neomag.web.page import HEADERS, local, page, rendered

if TYPE_CHECKING:
    from litestar.types import ASGIApp, Receive, Scope, Send

SIGN_IN = "/sign-in"


def error_page(request: Request[Any, Any, Any], error: Exception) -> Response[bytes]:
    """What went wrong, for reading. Who is not signed in is led to sign in; the form being filled stays where it is."""
    problem = problem_of(request, error)
    if problem.status == 401 and request.method == "GET":
        headers = {"Location": local(request, SIGN_IN), "Cache-Control": "no-store"}
        return Response(b"", status_code=303, headers=headers)
    said: dict[str, Any] = {"here": "", "problem": problem.to_dict(), "request_id": request_id(request.scope)}
    response = page(request, "error.html", status=problem.status, **said)
    for name, value in problem.headers.items():
        response.headers.setdefault(name, value)
    return response


class ErrorPages:
    """ASGI middleware: the problems of the frame around the routes (a form too large, a service too busy) as pages."""

    def __init__(self, app: ASGIApp):
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let the request through; write its answer anew where that is a problem and the address is that of a page."""
        language = LANGUAGES.get(scope["path"].strip("/").partition("/")[0]) if scope["type"] == "http" else None
        if language is None:
            await self._app(scope, receive, send)
            return

        def write(problem: Any) -> bytes:
            said: dict[str, Any] = {"here": "", "problem": problem, "request_id": request_id(scope)}
            return rendered("error.html", language, **said).encode("utf-8", "replace")

        headers = HEADERS | {
            "Cache-Control": "no-store", "Content-Language": language.tag, "Content-Type": "text/html; charset=utf-8",
        }  # fmt: skip
        await rewritten(self._app, scope, receive, send, headers, write)
