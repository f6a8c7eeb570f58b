"""Who may call the services: once clients are named in `cds_clients`, no one without a name."""

from __future__ import annotations

from typing import Any

from litestar.connection import ASGIConnection
from litestar.exceptions import NotAuthorizedException
from litestar.handlers import BaseRouteHandler

from neomag.service.auth.guard import REALM
from neomag.service.auth.identity import Identity


async def known_client(connection: ASGIConnection[Any, Any, Any, Any], handler: BaseRouteHandler) -> None:
    """A guard for where clients are trusted by their signed tokens: a call without one (or a key or token with the scope `cds`)
    is refused, on loopback too.
    """
    scope: Any = connection.scope
    user = scope.get("user")
    if "scope" in handler.opt and (not isinstance(user, Identity) or user.how == "none"):
        says = "send the signed token of a CDS Hooks client: Authorization: Bearer …"
        raise NotAuthorizedException(detail=says, headers={"WWW-Authenticate": REALM})
