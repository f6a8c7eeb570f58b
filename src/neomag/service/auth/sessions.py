"""Sessions of browsers that came by a SMART launch: the login of the EHR said who may, and no key was given."""

from __future__ import annotations

import secrets
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable
from hashlib import sha256

from neomag.service.auth.identity import Identity, known
from neomag.service.auth.refused import Refused

PREFIX = "nms_"
# A working shift; then the record is launched again.
LIFE = 8 * 3_600
_MOST = 10_000


class Sessions:
    """Sessions, in memory: a restart ends them all. Only hashes of their secrets are held. Safe to share between threads."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._found: OrderedDict[str, tuple[float, Identity]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._found)

    def begin(self, client: str, scopes: Iterable[str]) -> str:
        """A new session for `client` with these scopes: its secret, which is shown this once."""
        secret = PREFIX + secrets.token_urlsafe(32)
        with self._lock:
            self._found[_hash(secret)] = (self._clock() + LIFE, Identity(client, known(scopes), "session"))
            while len(self._found) > _MOST:
                self._found.popitem(last=False)
        return secret

    def identity(self, secret: str) -> Identity:
        """Whose session it is. Raises Refused."""
        with self._lock:
            until, identity = self._found.get(_hash(secret), (0.0, None))
            if identity is not None and self._clock() >= until:
                del self._found[_hash(secret)]
                identity = None
        if identity is None:
            raise Refused("expired", "the session has ended")
        return identity

    def end(self, secret: str) -> None:
        """End a session."""
        with self._lock:
            self._found.pop(_hash(secret), None)


def _hash(secret: str) -> str:
    return sha256(secret.encode("utf-8", "replace")).hexdigest()
