"""The gate before every route of Litestar; a route with `exclude_from_auth=True` is open."""

from __future__ import annotations

import math
from typing import Any

from litestar.concurrency import sync_to_thread
from litestar.connection import ASGIConnection
from litestar.exceptions import NotAuthorizedException, ServiceUnavailableException, TooManyRequestsException
from litestar.middleware import AbstractAuthenticationMiddleware, AuthenticationResult
from litestar.types import ASGIApp, Receive, Scope, Send

from neomag.service.auth.cookie import PAGE, credential_in
from neomag.service.auth.gate import Caller, Gate, LimitedError
from neomag.service.auth.guard import REALM
from neomag.service.auth.refused import Refused
from neomag.service.store import StoreError

_FORWARDED = ("forwarded", "x-forwarded-for", "x-real-ip", "via")


class Authenticate(AbstractAuthenticationMiddleware):
    """Finds out who calls: `request.user` is an Identity from here on. Use as DefineMiddleware(Authenticate, gate=Gate(…)).

    With `scoped`, routes whose `opt` names no scope are open, as they are to the guard `permitted`.
    """

    def __init__(self, app: ASGIApp, gate: Gate, *, scoped: bool = False, **more: Any) -> None:
        super().__init__(app, **more)
        self._gate = gate
        self._scoped = scoped

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Ask who calls."""
        if self._scoped and "scope" not in scope["route_handler"].opt:
            await self.app(scope, receive, send)
            return
        await super().__call__(scope, receive, send)

    async def authenticate_request(self, connection: ASGIConnection[Any, Any, Any, Any]) -> AuthenticationResult:
        """Who calls. Raises 401, 429 with Retry-After, or 503 when the store or the issuer cannot be asked."""
        try:
            caller = caller_of(connection)
            if self._gate.at_hand(caller):
                identity = self._gate.admit(caller)
            else:
                # A token may need keys from its issuer, a key the database: neither may hold up the others.
                identity = await sync_to_thread(self._gate.admit, caller)
        except Refused as refused:
            if refused.reason == "no-keys":
                raise ServiceUnavailableException(detail=refused.says, headers={"Retry-After": "30"}) from None
            how = REALM if refused.reason == "missing" else f'{REALM}, error="invalid_token"'
            raise NotAuthorizedException(
                detail=refused.says, headers={"WWW-Authenticate": how}, extra={"reason": refused.reason}
            ) from None
        except LimitedError as limited:
            raise TooManyRequestsException(detail=limited.says, headers={"Retry-After": str(math.ceil(limited.wait))}) from None
        except StoreError:
            raise ServiceUnavailableException(detail="the store cannot be asked", headers={"Retry-After": "5"}) from None
        return AuthenticationResult(user=identity, auth=identity.how)


def caller_of(connection: ASGIConnection[Any, Any, Any, Any]) -> Caller:
    """What a request says of who calls: a bearer token or key in Authorization, a key in X-API-Key, on pages a cookie."""
    headers = connection.headers
    scheme, _, credential = headers.get("authorization", "").strip().partition(" ")
    if not scheme:
        credential = headers.get("x-api-key", "")
    elif scheme.lower() != "bearer":
        credential = "?"  # another scheme is a credential that cannot be read, not none at all
    if not scheme and not credential and connection.route_handler.opt.get(PAGE):
        credential = credential_in(connection.cookies) or ""
    return Caller(
        credential=credential.strip() or ("?" if scheme else None),
        host=headers.get("host", ""),
        path=connection.url.path,
        peer=connection.client.host if connection.client else "",
        forwarded=any(name in headers for name in _FORWARDED),
    )
