"""A credential in a cookie: for the pages of clinicians, whose browser cannot send a key. No other route takes it."""

from __future__ import annotations

from collections.abc import Mapping

NAME = "neomag-key"
# Set only over https, and by no page of http beside it.
SECURE = f"__Secure-{NAME}"
# What a route says in its `opt` that takes a cookie.
PAGE = "page"


def credential_in(cookies: Mapping[str, str]) -> str | None:
    """The credential that a browser brings, None when it brings none."""
    return cookies.get(SECURE) or cookies.get(NAME) or None
