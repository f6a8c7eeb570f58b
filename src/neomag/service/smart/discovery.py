"""The authorization server of a FHIR server, by its `.well-known/smart-configuration`; only of servers that are trusted."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast
from urllib.parse import urlsplit

from neomag.service.auth.key_set import FetchError, fetch
from neomag.service.loopback import is_loopback
from neomag.service.setting_kinds import Refused, url
from neomag.service.smart.refusal import Refusal

# Seconds that a configuration is kept, and that a server which failed is not asked again.
_KEPT, _PAUSE = 600.0, 5.0


@dataclass(frozen=True, slots=True)
class Configuration:
    """What a FHIR server says of how to log in. `issuer` is the authorization server's own name, where it has one."""

    authorize: str
    token: str
    issuer: str | None
    v2: bool


class Directory:
    """The configurations of the servers that are trusted. No other address is ever called. Safe to share between threads."""

    def __init__(
        self,
        servers: Sequence[str],
        load: Callable[[str], Any] = fetch,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.servers = tuple(servers)
        self._load = load
        self._clock = clock
        self._lock = threading.Lock()
        self._found: dict[str, tuple[float, Configuration | Refusal]] = {}

    def trusted(self, iss: str) -> str:
        """The base address of a trusted server, with or without its last slash. Raises Refusal (403) for any other."""
        if iss.removesuffix("/") not in self.servers:
            raise Refusal(403, "This FHIR server is not one that neomag may be launched from.", "Ask whoever runs neomag.")
        return iss

    def of(self, iss: str) -> Configuration:
        """The configuration of a trusted server. Raises Refusal: 403 where it is not trusted, 502 where there is none."""
        server = self.trusted(iss).removesuffix("/")
        with self._lock:
            until, found = self._found.get(server, (0.0, None))
            if found is None or self._clock() >= until:
                try:
                    found = self._read(server)
                except Refusal as refusal:
                    found = refusal
                kept = _KEPT if isinstance(found, Configuration) else _PAUSE
                self._found[server] = (self._clock() + kept, found)
        if isinstance(found, Refusal):
            raise Refusal(found.status, found.says, found.hint)
        return found

    def _read(self, server: str) -> Configuration:
        try:
            document = self._load(f"{server}/.well-known/smart-configuration")
        except FetchError as error:
            raise Refusal(502, f"The FHIR server does not say how to log in ({error}).", "Try again later.") from None
        said: dict[str, Any] = cast("dict[str, Any]", document) if isinstance(document, dict) else {}
        methods = said.get("code_challenge_methods_supported")
        if not isinstance(methods, list) or "S256" not in methods:
            raise _unfit("it does not support PKCE with S256")
        capabilities, issuer = said.get("capabilities"), said.get("issuer")
        return Configuration(
            authorize=_endpoint(said, "authorization_endpoint", server),
            token=_endpoint(said, "token_endpoint", server),
            issuer=issuer if isinstance(issuer, str) else None,
            v2=isinstance(capabilities, list) and "permission-v2" in capabilities,
        )


def _endpoint(said: Mapping[str, Any], name: str, server: str) -> str:
    """An address where logins go. Raises Refusal for one that is not https, or is on this machine when the server is not."""
    written = said.get(name)
    try:
        url(written)
    except Refused:
        raise _unfit(f"`{name}` is no https address") from None
    # A server elsewhere must not make neomag call services of the machine it runs on.
    if is_loopback(urlsplit(str(written)).hostname or "") and not is_loopback(urlsplit(server).hostname or ""):
        raise _unfit(f"`{name}` is on another machine's loopback")
    return str(written)


def _unfit(why: str) -> Refusal:
    return Refusal(502, f"The login of the FHIR server cannot be used: {why}.", "Tell whoever runs that server.")
