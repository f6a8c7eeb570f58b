"""Who may call the services: once clients are named in `cds_clients`, no one without a name."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from litestar.connection import ASGIConnection
from litestar.exceptions import NotAuthorizedException
from litestar.handlers import BaseRouteHandler

from neomag.service.auth.guard import REALM, require
from neomag.service.auth.identity import Identity
from neomag.service.settings import Settings


def known_client(settings: Settings) -> Callable[[ASGIConnection[Any, Any, Any, Any], BaseRouteHandler], None]:
    """A guard. Where clients are trusted by their signed tokens, a call without one (or a key or token with the scope `cds`) is
    refused, on loopback too; elsewhere the gate alone decides.
    """

    def guard(connection: ASGIConnection[Any, Any, Any, Any], handler: BaseRouteHandler) -> None:
        scope = handler.opt.get("scope")
        if scope is None:
            return
        raw: Any = connection.scope
        user = raw.get("user")
        identity = user if isinstance(user, Identity) else None
        if settings.cds_clients and (identity is None or identity.how == "none"):
            says = "send the signed token of a CDS Hooks client: Authorization: Bearer …"
            raise NotAuthorizedException(detail=says, headers={"WWW-Authenticate": REALM})
        if identity is not None:
            require(scope)(connection, handler)

    return guard
