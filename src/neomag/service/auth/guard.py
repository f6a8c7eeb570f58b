"""What a caller may do: `guards=[require("assess")]` on a route or a router."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from litestar.connection import ASGIConnection
from litestar.exceptions import NotAuthorizedException, PermissionDeniedException
from litestar.handlers import BaseRouteHandler

from neomag.service.auth.identity import SCOPES, Identity

REALM = 'Bearer realm="neomag"'


def require(scope: str) -> Callable[[ASGIConnection[Any, Any, Any, Any], BaseRouteHandler], None]:
    """A guard that lets in callers with `scope` only. Raises ValueError for a scope that there is not."""
    if scope not in SCOPES:
        raise ValueError(f"no scope `{scope}`: {', '.join(SCOPES)}")

    def guard(connection: ASGIConnection[Any, Any, Any, Any], handler: BaseRouteHandler) -> None:
        del handler
        if scope not in identity_of(connection).scopes:
            raise PermissionDeniedException(
                detail=f"this needs the scope `{scope}`",
                headers={"WWW-Authenticate": f'{REALM}, error="insufficient_scope", scope="{scope}"'},
            )

    return guard


def permitted(connection: ASGIConnection[Any, Any, Any, Any], handler: BaseRouteHandler) -> None:
    """A guard for all of an application: a route that names a `scope` in its `opt` needs it, one that names none is open."""
    scope = handler.opt.get("scope")
    if scope is not None:
        require(scope)(connection, handler)


def identity_of(connection: ASGIConnection[Any, Any, Any, Any]) -> Identity:
    """Who calls. Raises 401 where no middleware found out: a guard without one lets nobody in."""
    scope: Any = connection.scope
    found = scope.get("user")
    if not isinstance(found, Identity):
        raise NotAuthorizedException(detail="nobody was asked who calls", headers={"WWW-Authenticate": REALM})
    return found
