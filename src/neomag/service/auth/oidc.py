"""Bearer tokens of an OpenID Connect issuer: its keys are found by discovery, and change when it changes them."""

from __future__ import annotations

from typing import Any, cast

from neomag.service import setting_kinds
from neomag.service.auth.identity import Identity, known
from neomag.service.auth.key_set import FetchError, KeySet, PublicKey, fetch, read_keys
from neomag.service.auth.refused import Refused
from neomag.service.auth.signed import checked

ALGORITHMS = ("RS256", "RS384", "ES256", "ES384")


class Oidc:
    """Checks the tokens of one issuer for one audience."""

    def __init__(self, issuer: str, audience: str, keys: KeySet | None = None) -> None:
        self.issuer = issuer
        self._audience = audience
        self._keys = keys or KeySet(lambda: discovered(issuer))

    def identity(self, token: str) -> Identity:
        """Who the token says calls, with the scopes of its `scope` or `scp`. Raises Refused."""
        claims = checked(
            token, key=self._keys.key, algorithms=ALGORITHMS, issuer=self.issuer, audience=[self._audience], needs=["sub"]
        )
        sub = _name(claims, "sub")
        client = next((_name(claims, name) for name in ("azp", "client_id") if name in claims), sub)
        # Named apart from the clients of API keys, which anyone may call what they like.
        return Identity(f"oidc:{client}", known(_scopes(claims)), "token", None if client == sub else sub)


def _name(claims: dict[str, Any], claim: str) -> str:
    value = claims[claim]
    # Half of what the audit trail has room for, as client and person stand there together.
    if not isinstance(value, str) or not 0 < len(value) < 100 or not value.isprintable():
        raise Refused("claim", f"`{claim}` of the token is not a text of 1 to 99 characters")
    return value


def _scopes(claims: dict[str, Any]) -> list[str]:
    """The scopes of `scope` (RFC 9068: one text) and `scp` (a text, or a list of texts)."""
    found: list[str] = []
    for claim in ("scope", "scp"):
        said: Any = claims.get(claim, "")
        parts: list[Any] = (
            said.split() if isinstance(said, str) else cast(list[Any], said) if isinstance(said, list) else [None]
        )
        if not all(isinstance(part, str) for part in parts):
            raise Refused("claim", f"`{claim}` of the token is neither a text nor a list of texts")
        found += parts
    return found


def discovered(issuer: str) -> dict[str, PublicKey]:
    """The keys that an issuer publishes. Raises FetchError, also when the document is another issuer's."""
    document = fetch(f"{issuer}/.well-known/openid-configuration")
    said = cast(dict[str, Any], document) if isinstance(document, dict) else {}
    if said.get("issuer") != issuer:
        raise FetchError("the discovery document is of another issuer")
    try:
        return read_keys(fetch(setting_kinds.url(said.get("jwks_uri"))))
    except setting_kinds.Refused:
        raise FetchError("the discovery document names no keys") from None
