"""Errors on pages, as pages."""

from __future__ import annotations

from typing import Any

from litestar import Request, Response

from neomag.service.errors import problem_of
from neomag.web.page import local, page

SIGN_IN = "/sign-in"


def error_page(request: Request[Any, Any, Any], error: Exception) -> Response[bytes]:
    """What went wrong, for reading. Who is not signed in is led to sign in; the form being filled stays where it is."""
    problem = problem_of(request, error)
    if problem.status == 401 and request.method == "GET":
        headers = {"Location": local(request, SIGN_IN), "Cache-Control": "no-store"}
        return Response(b"", status_code=303, headers=headers)
    scope: Any = request.scope
    response = page(
        request, "error.html", status=problem.status, problem=problem, request_id=scope["neomag.request"], here="",
    )  # fmt: skip
    for name, value in problem.headers.items():
        response.headers.setdefault(name, value)
    return response
