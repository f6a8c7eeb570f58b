"""The signed token with which a CDS Hooks client shows who it is (CDS Hooks 2.0, "Trusting CDS Clients")."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping

from neomag.service.auth.identity import Identity
from neomag.service.auth.key_set import KeySet, fetch, read_keys
from neomag.service.auth.refused import Refused
from neomag.service.auth.signed import LEEWAY, checked, unverified
from neomag.service.store import Store

ALGORITHMS = ("RS384", "ES384")
# Seconds from iat to exp. A token is remembered until it expires, so that it is not used twice.
LONGEST_LIFE = 3_600
# Used once, and only to call the services of CDS Hooks.
SCOPES = frozenset({"cds"})


class ClientJwts:
    """Checks the tokens of the clients that are trusted: issuer by issuer, each with the address of its key set."""

    def __init__(
        self,
        trusted: Mapping[str, str],
        store: Store,
        keys: Callable[[str], KeySet] = lambda jku: KeySet(lambda: read_keys(fetch(jku))),
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._trusted = trusted
        self._store = store
        self._clock = clock
        self._keys = {issuer: keys(jku) for issuer, jku in trusted.items()}

    def trusts(self, issuer: object) -> bool:
        """Whether tokens of that issuer are for this to check."""
        return isinstance(issuer, str) and issuer in self._trusted

    def identity(self, token: str, called: str) -> Identity:
        """The client whose token it is, when it is for the address `called` and was not used before.

        Raises Refused, StoreError.
        """
        header, said = unverified(token)
        issuer = said.get("iss")
        if not isinstance(issuer, str) or issuer not in self._trusted:
            raise Refused("issuer", "the token is of an issuer that is not trusted here")
        # The address in the token is never called: it may only repeat the one that was agreed on.
        if header.get("jku", self._trusted[issuer]) != self._trusted[issuer]:
            raise Refused("jku", "the keys that the token points to (jku) are not those agreed on for its issuer")
        address = called.rstrip("/")
        claims = checked(
            token,
            key=self._keys[issuer].key,
            algorithms=ALGORITHMS,
            issuer=issuer,
            audience=[address, f"{address}/"],
            needs=["iat", "jti"],
        )
        expires, issued, jti = int(claims["exp"]), int(claims["iat"]), claims["jti"]
        if expires - issued > LONGEST_LIFE:
            raise Refused("lifetime", f"the token is valid for longer than {LONGEST_LIFE} seconds")
        if not 0 < len(jti) <= 255 or not jti.isprintable() or len(issuer) > 200:
            raise Refused("claim", "`jti` or `iss` of the token is longer than is kept")
        # Last, so that a token which is refused for another reason is not used up.
        if not self._store.use_token(issuer, jti, expires + LEEWAY, int(self._clock())):
            raise Refused("replayed", "the token was used before")
        return Identity(issuer, SCOPES, "client-jwt")
