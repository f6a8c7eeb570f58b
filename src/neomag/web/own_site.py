"""Whether a form was posted by a page of ours: no other site may post one in the name of whoever is signed in (CSRF)."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from litestar import Request
from litestar.exceptions import PermissionDeniedException

from neomag.service.auth.cookie import credential_in
from neomag.service.settings import Settings

_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


async def of_own_site(request: Request[Any, Any, Any]) -> None:
    """Raises 403 for a form that another site posted, or that says nothing of where it is from and comes with a cookie."""
    if request.method in _SAFE:
        return
    # What the browser itself says cannot be set by a page.
    fetched = request.headers.get("sec-fetch-site")
    if fetched is not None:
        allowed = fetched in ("same-origin", "none")
    elif (origin := request.headers.get("origin")) is not None:
        allowed = _netloc(origin) in _ours(request)
    else:
        # No browser of this decade: a program, which has no cookie of ours.
        allowed = credential_in(request.cookies) is None
    if not allowed:
        raise PermissionDeniedException(detail="this form was posted by another site")


def _ours(request: Request[Any, Any, Any]) -> set[str]:
    settings: Settings = request.app.state.settings
    return {request.headers.get("host", ""), _netloc(settings.public_url or "")} - {""}


def _netloc(address: str) -> str:
    try:
        return urlsplit(address).netloc
    except ValueError:
        return ""
