"""What a caller may do: `guards=[require("assess")]` on a route or a router."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from litestar.connection import ASGIConnection
from litestar.exceptions import NotAuthorizedException, PermissionDeniedException
from litestar.handlers import BaseRouteHandler

from neomag.service.auth.identity import SCOPES, Identity

REALM = 'Bearer realm="neomag"'


def require(scope: str) -> Callable[[ASGIConnection[Any, Any, Any, Any], BaseRouteHandler], Awaitable[None]]:
    """A guard that lets in callers with `scope` only. Raises ValueError for a scope that there is not."""
    if scope not in SCOPES:
        raise ValueError(f"no scope `{scope}`: {', '.join(SCOPES)}")

    # Litestar hands a guard that is a plain function to a thread, for each request.
    async def guard(connection: ASGIConnection[Any, Any, Any, Any], handler: BaseRouteHandler) -> None:
        del handler
        permit(identity_of(connection), scope)

    return guard


def permit(identity: Identity, scope: str) -> None:
    """Raises 403 when the caller has not the scope."""
    if scope not in identity.scopes:
        raise PermissionDeniedException(
            detail=f"this needs the scope `{scope}`",
            headers={"WWW-Authenticate": f'{REALM}, error="insufficient_scope", scope="{scope}"'},
        )


def identity_of(connection: ASGIConnection[Any, Any, Any, Any]) -> Identity:
    """Who calls. Raises 401 where no middleware found out: a guard without one lets nobody in."""
    scope: Any = connection.scope
    found = scope.get("user")
    if not isinstance(found, Identity):
        raise NotAuthorizedException(detail="nobody was asked who calls", headers={"WWW-Authenticate": REALM})
    return found
