"""Any error that leaves a route, as the problem it is."""

from __future__ import annotations

from typing import Any

from litestar import Request
from litestar.exceptions import HTTPException

from neomag.asking import NotValidError
from neomag.service.access import internal_error, log_error
from neomag.service.problems import Problem, ProblemError, kind_of
from neomag.service.store import ConflictError, StoreError

# Raised by our own gate alone, which says what is missing.
_OURS = frozenset({401, 403, 429, 503})
_SAYS = {
    404: "there is nothing at this address; /docs lists what there is",
    405: "this method is not answered here; the header Allow names those that are",
}


def problem_of(request: Request[Any, Any, Any], error: Exception) -> Problem:
    """What to tell of `error`. One that nobody foresaw is logged under the id of the request, and not described."""
    match error:
        case ProblemError():
            return error.problem
        case NotValidError():
            return ProblemError.not_valid(error.faults).problem
        case ConflictError():
            return Problem("conflict", str(error))
        case StoreError():
            return Problem("not-ready", "the store cannot be used", headers={"Retry-After": "5"})
        case HTTPException() if error.status_code < 500 or error.status_code in _OURS:
            said = error.detail if error.status_code in _OURS else "the request cannot be read"
            return Problem(kind_of(error.status_code), _SAYS.get(error.status_code, said), headers=error.headers or {})
        case _:
            scope: Any = request.scope
            log_error(scope["neomag.request"], error)
            return internal_error()
