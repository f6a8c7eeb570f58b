"""Signing in to the pages of clinicians with a key, and out again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

from litestar import Request, Response, get, post
from litestar.concurrency import sync_to_thread
from litestar.datastructures import Cookie

from neomag.service.auth.cookie import NAME, SECURE, credential_in
from neomag.service.auth.gate import Caller, LimitedError
from neomag.service.auth.refused import Refused
from neomag.service.settings import Settings
from neomag.web.clinician.page import PATH, referring
from neomag.web.errors import SIGN_IN
from neomag.web.languages import LANGUAGES
from neomag.web.page import language_of, local, page

if TYPE_CHECKING:
    from neomag.service.auth import Gate

SIGN_OUT = "/sign-out"


def cookies(request: Request[Any, Any, Any], credential: str | None) -> list[Cookie]:
    """The cookies that hold a credential for the pages, one a language, as each has a path of its own; None takes them away."""
    settings: Settings = request.app.state.settings
    secure = request.scope["scheme"] == "https" or (settings.public_url or "").startswith("https:")
    return [
        Cookie(
            key=SECURE if secure else NAME, value=credential or "", path=f"/{code}", httponly=True, samesite="strict",
            secure=secure, max_age=None if credential else 0,
        )
        for code in LANGUAGES
    ]  # fmt: skip


@get(SIGN_IN)
async def sign_in_form(request: Request[Any, Any, Any]) -> Response[bytes]:
    """The form that asks for a key."""
    return referring(page(request, "sign-in.html", says=""))


@post(SIGN_IN, status_code=200)
async def sign_in(request: Request[Any, Any, Any]) -> Response[bytes]:
    """To the clinician's page, with the key in a cookie; the form again where the key is refused."""
    gate: Gate | None = request.app.state.gate
    _ = language_of(request).gettext
    key = dict(parse_qsl((await request.body()).decode("utf-8", "replace"), max_num_fields=20)).get("key", "").strip()
    if gate is not None:
        peer = request.client.host if request.client else ""
        caller = Caller(key or "?", request.headers.get("host", ""), request.url.path, peer)
        try:
            identity = await sync_to_thread(gate.admit, caller)
        except Refused:
            return _again(request, 401, _("This key is not accepted."))
        except LimitedError:
            return _again(request, 429, _("Too many attempts: wait a minute."))
        if "assess" not in identity.scopes:
            return _again(request, 403, _("This key may not be used to assess an infant."))
    return _to(request, local(request, PATH), key)


@post(SIGN_OUT, status_code=303)
async def sign_out(request: Request[Any, Any, Any]) -> Response[bytes]:
    """To the entrance, without the cookie."""
    gate: Gate | None = request.app.state.gate
    if gate is not None and (credential := credential_in(request.cookies)):
        gate.sessions.end(credential)
    return _to(request, local(request, ""), None)


def _again(request: Request[Any, Any, Any], status: int, says: str) -> Response[bytes]:
    return referring(page(request, "sign-in.html", status=status, says=says))


def _to(request: Request[Any, Any, Any], where: str, credential: str | None) -> Response[bytes]:
    headers = {"Location": where, "Cache-Control": "no-store"}
    return Response(b"", status_code=303, headers=headers, cookies=cookies(request, credential))
