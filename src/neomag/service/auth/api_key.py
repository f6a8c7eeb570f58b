"""API keys: `nmg_` with an id to look it up by and a secret of 256 random bits, of which only the hash is kept."""

from __future__ import annotations

import hmac
import re
import secrets
import threading
import time
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from hashlib import sha256

from neomag.service.auth.identity import SCOPES, Identity, known
from neomag.service.auth.refused import Refused
from neomag.service.store import Store
from neomag.service.store.keys import add_key, find_key, touch_key
from neomag.service.store.tables import ApiKey, now

PREFIX = "nmg_"
_SHAPE = re.compile(r"nmg_([0-9a-f]{12})_([A-Za-z0-9_-]{43})")
# A key that is revoked stops at the latest after so many seconds; until then the database is not asked again.
_FRESH = 5.0
_TOUCHED = timedelta(minutes=1)
_MOST = 10_000
# Compared with when there is no such key, so that the time taken does not tell.
_NOBODY = "0" * 64


def _hash(secret: str) -> str:
    # Plain SHA-256: a secret of 256 random bits cannot be guessed, so nothing is won by a slow hash.
    return sha256(secret.encode()).hexdigest()


def scopes_of(said: Iterable[str]) -> set[str]:
    """The scopes themselves. Raises ValueError when there is none, or one that is not known."""
    asked = set(said)
    if not asked or asked - set(SCOPES):
        raise ValueError(f"scopes: write one or more of {', '.join(SCOPES)}")
    return asked


def make_key(store: Store, actor: str, client: str, scopes: Iterable[str], expires: datetime | None = None) -> str:
    """Make a key for a client and return it: it is nowhere else, and cannot be shown again.

    Raises ValueError for a client that is none, no scope, or one that is not known.
    """
    asked = scopes_of(scopes)
    id_, secret = secrets.token_hex(6), secrets.token_urlsafe(32)
    store.write(lambda session: add_key(session, actor, id_, _hash(secret), client, asked, expires))
    return f"{PREFIX}{id_}_{secret}"


class ApiKeys:
    """Reads the keys that requests bring. Safe to share between threads."""

    def __init__(self, store: Store, clock: Callable[[], float] = time.monotonic) -> None:
        self._store = store
        self._clock = clock
        self._found: dict[str, tuple[float, ApiKey]] = {}
        self._lock = threading.Lock()

    def identity(self, text: str) -> Identity:
        """Whose key it is. Raises Refused, StoreError."""
        match = _SHAPE.fullmatch(text)
        if match is None:
            raise Refused("malformed", "this is not an API key")
        key = self._find(match[1])
        if not hmac.compare_digest(_hash(match[2]), key.hash if key else _NOBODY) or key is None:
            raise Refused("unknown", "there is no such API key")
        if key.revoked is not None:
            raise Refused("revoked", "the API key was revoked")
        if key.expires is not None and key.expires <= now():
            raise Refused("expired", "the API key has expired")
        self._touch(key)
        return Identity(key.client, known(key.scopes.split()), "key")

    def at_hand(self, text: str) -> bool:
        """Whether `identity` would answer without asking the database."""
        key = self._kept(text[len(PREFIX) : len(PREFIX) + 12])
        return key is not None and not _due(key)

    def _kept(self, id_: str) -> ApiKey | None:
        with self._lock:
            until, key = self._found.get(id_, (0.0, None))
        return key if self._clock() < until else None

    def _find(self, id_: str) -> ApiKey | None:
        at = self._clock()
        if (key := self._kept(id_)) is not None:
            return key
        with self._store.reading() as session:
            key = find_key(session, id_)
        with self._lock:
            if key is None:
                self._found.pop(id_, None)
            else:
                if len(self._found) >= _MOST:
                    self._found.clear()
                self._found[id_] = (at + _FRESH, key)
        return key

    def _touch(self, key: ApiKey) -> None:
        """Note the use, once a minute at most: a write for each request would cost more than the request."""
        if _due(key):
            key.used = now()
            self._store.write(lambda session: touch_key(session, key.id))


def _due(key: ApiKey) -> bool:
    """Whether its last use is to be noted anew."""
    return key.used is None or datetime.fromisoformat(now()) - datetime.fromisoformat(key.used) >= _TOUCHED
