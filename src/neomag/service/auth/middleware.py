"""The gate before every route of Litestar; a route with `exclude_from_auth=True` is open."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

from litestar.concurrency import sync_to_thread
from litestar.connection import ASGIConnection
from litestar.exceptions import NotAuthorizedException, ServiceUnavailableException, TooManyRequestsException
from litestar.types import ASGIApp, Receive, Scope, Send

from neomag.service.auth.cookie import PAGE, credential_in
from neomag.service.auth.gate import Caller, Gate, LimitedError
from neomag.service.auth.guard import REALM, permit
from neomag.service.auth.identity import Identity
from neomag.service.auth.refused import Refused
from neomag.service.store import StoreError

_FORWARDED = frozenset({b"forwarded", b"x-forwarded-for", b"x-real-ip", b"via"})
_SAID = frozenset({b"authorization", b"x-api-key", b"host"})


class Authenticate:
    """Finds out who calls: `request.user` is an Identity from here on. Use as DefineMiddleware(Authenticate, gate=Gate(…)).

    With `scoped`, a route needs the scope that its `opt` names, and one that names none is open.
    """

    def __init__(self, app: ASGIApp, gate: Gate, *, scoped: bool = False) -> None:
        self._app = app
        self._gate = gate
        self._scoped = scoped

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Ask who calls. Raises 401, 403, 429 with Retry-After, or 503 when the store or the issuer cannot be asked."""
        opt = scope["route_handler"].opt
        needed: str | None = opt.get("scope")
        given: dict[str, Any] = scope  # pyright: ignore[reportAssignmentType]
        if not ((self._scoped and needed is None) or opt.get("exclude_from_auth") or given.get("method") == "OPTIONS"):
            identity = await self._identity(caller_of(scope))
            if self._scoped and needed is not None:
                # Here and not in a guard: Litestar copies the handler of a route for each guard and request.
                permit(identity, needed)
            given["user"], given["auth"] = identity, identity.how
        await self._app(scope, receive, send)

    async def _identity(self, caller: Caller) -> Identity:
        try:
            if self._gate.at_hand(caller):
                return self._gate.admit(caller)
            # A token may need keys from its issuer, a key the database: neither may hold up the others.
            return await sync_to_thread(self._gate.admit, caller)
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


def caller_of(scope: Scope) -> Caller:
    """What a request says of who calls: a bearer token or key in Authorization, a key in X-API-Key, on pages a cookie."""
    headers: Iterable[tuple[bytes, bytes]] = scope["headers"]
    said: dict[bytes, str] = {}
    forwarded = False
    for name, value in headers:
        if name in _SAID:
            said.setdefault(name, value.decode("latin-1"))
        elif name in _FORWARDED:
            forwarded = True
    scheme, _, credential = said.get(b"authorization", "").strip().partition(" ")
    if not scheme:
        credential = said.get(b"x-api-key", "")
    elif scheme.lower() != "bearer":
        credential = "?"  # another scheme is a credential that cannot be read, not none at all
    page = not scheme and not credential and bool(scope["route_handler"].opt.get(PAGE))
    if page:
        credential = credential_in(ASGIConnection(scope).cookies) or ""
    client = scope["client"]
    return Caller(
        credential=credential.strip() or ("?" if scheme else None),
        host=said.get(b"host", ""),
        path=scope["path"],
        peer=client[0] if client else "",
        forwarded=forwarded,
        page=page,
    )
