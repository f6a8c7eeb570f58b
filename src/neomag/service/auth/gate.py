"""The gate: from what a request brings to who calls, or why not."""

from __future__ import annotations

from dataclasses import dataclass

from neomag.service.auth.api_key import PREFIX, ApiKeys
from neomag.service.auth.buckets import Buckets, Recent
from neomag.service.auth.client_jwt import ClientJwts
from neomag.service.auth.identity import ANONYMOUS, Identity
from neomag.service.auth.oidc import Oidc
from neomag.service.auth.refused import Refused
from neomag.service.auth.sessions import PREFIX as SESSION
from neomag.service.auth.sessions import Sessions
from neomag.service.auth.signed import unverified
from neomag.service.loopback import authenticates, is_loopback
from neomag.service.settings import Settings
from neomag.service.store import Store


@dataclass(frozen=True, slots=True)
class Caller:
    """What a request says of who calls: credential, the host it asked, its path, the peer, whether a proxy forwarded it, and
    whether the credential is the cookie of a page."""

    credential: str | None
    host: str
    path: str
    peer: str
    forwarded: bool = False
    page: bool = False


class LimitedError(Exception):
    """Too many requests, or too many failures; `wait` seconds until the next is looked at."""

    def __init__(self, wait: float, says: str) -> None:
        super().__init__(says)
        self.wait = wait
        self.says = says


class Gate:
    """Lets callers in by the settings; `asks` says whether a request needs a key or token. Safe to share between threads."""

    def __init__(
        self, settings: Settings, store: Store, *, oidc: Oidc | None = None, clients: ClientJwts | None = None
    ) -> None:
        self._settings = settings
        self.asks = authenticates(settings)
        self.sessions = Sessions()
        self._keys = ApiKeys(store)
        self._oidc = oidc
        if oidc is None and settings.oidc_issuer and settings.oidc_audience:
            self._oidc = Oidc(settings.oidc_issuer, settings.oidc_audience)
        self._clients = clients or ClientJwts(settings.cds_clients, store)
        self._requests = Buckets(settings.rate, settings.burst)
        self._failures = Buckets(settings.failed_attempts / 60, settings.failed_attempts)
        self._good = Recent(600)

    def admit(self, caller: Caller) -> Identity:
        """Who calls. Raises Refused, LimitedError, StoreError."""
        identity = self._identity(caller)
        # Callers without a name are told apart by where they call from.
        name = identity.client if identity.how != "none" else f"peer {caller.peer}"
        if wait := self._requests.take(name):
            raise LimitedError(wait, "too many requests")
        return identity

    def at_hand(self, caller: Caller) -> bool:
        """Whether `admit` would answer at once, without the database or an issuer."""
        credential = caller.credential
        return (
            credential is None
            or credential.startswith(SESSION)
            or (credential.startswith(PREFIX) and self._keys.at_hand(credential))
        )

    def _identity(self, caller: Caller) -> Identity:
        if caller.credential is None:
            if self.asks:
                raise Refused("missing", "send an API key or a bearer token: Authorization: Bearer …")
            self._nobody_else(caller)
            return ANONYMOUS
        # Many failures close the gate to an address, unless somebody there was let in a while ago: one program with a wrong
        # key must not keep a hospital from its decision support.
        wait = self._failures.wait(caller.peer)
        if wait and not self._good.holds(caller.peer):
            raise LimitedError(wait, "too many failed attempts")
        try:
            identity = self._of(caller.credential, caller)
        except Refused as refused:
            # That an issuer is away is no attempt of the caller's.
            if refused.reason != "no-keys" and (wait := self._failures.take(caller.peer)):
                raise LimitedError(wait, "too many failed attempts") from None
            raise
        self._good.add(caller.peer)
        return identity

    def _of(self, credential: str, caller: Caller) -> Identity:
        if credential.startswith(PREFIX):
            return self._keys.identity(credential)
        if credential.startswith(SESSION) and caller.page:
            return self.sessions.identity(credential)
        _, claims = unverified(credential)
        issuer = claims.get("iss")
        if self._clients.trusts(issuer):
            base = self._settings.public_url or f"http://{caller.host}"
            return self._clients.identity(credential, f"{base}{caller.path}")
        if self._oidc is None:
            raise Refused("issuer", "the token is of an issuer that is not trusted here")
        return self._oidc.identity(credential)

    def _nobody_else(self, caller: Caller) -> None:
        """Loopback stands for who calls only when the call does come from this machine, and from no page of a browser's."""
        if self._settings.auth != "auto" or self._settings.insecure_public:
            return
        if caller.forwarded:
            raise Refused("proxied", "a proxy forwarded this request: set auth = required, or off if the proxy asks who calls")
        name = caller.host.rpartition(":")[0] if caller.host.rpartition(":")[2].isdigit() else caller.host
        if not is_loopback(name):
            raise Refused("foreign-host", "without authentication the service answers to localhost and 127.0.0.1 only")
