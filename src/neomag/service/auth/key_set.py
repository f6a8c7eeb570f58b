"""Public keys that an issuer publishes (a JWK set), kept for a while and fetched anew when a key is not among them."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, cast

from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from jwt import PyJWK
from jwt.exceptions import PyJWTError

from neomag.service.auth.refused import Refused

# Bytes of a document, seconds it may take, keys of a set.
LARGEST = 500_000
PATIENCE = 5.0
_MOST_KEYS = 100


class FetchError(Exception):
    """A document that could not be had; the text does not name the address."""


def fetch(url: str) -> Any:
    """The JSON at `url`: no redirect, no more than LARGEST bytes, in PATIENCE seconds. Raises FetchError."""
    import httpx

    end = time.monotonic() + PATIENCE
    body = bytearray()
    try:
        with httpx.stream("GET", url, timeout=PATIENCE, follow_redirects=False) as response:
            if response.status_code != 200:
                raise FetchError(f"answered {response.status_code}")
            for part in response.iter_bytes():
                body += part
                if len(body) > LARGEST or time.monotonic() > end:
                    raise FetchError("too long or too slow")
        return json.loads(body)
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise FetchError(type(error).__name__) from None
    except (ValueError, RecursionError):
        raise FetchError("not JSON") from None


@dataclass(frozen=True, slots=True)
class PublicKey:
    """A public key, and the one way of signing that it is for; None when it does not say."""

    key: Any
    algorithm: str | None


def read_keys(document: Any) -> dict[str, PublicKey]:
    """The keys of a JWK set by id: public ones for signatures, RSA of at least 2048 bits or EC. Raises FetchError."""
    listed: Any = cast(dict[str, Any], document).get("keys") if isinstance(document, dict) else None
    if not isinstance(listed, list):
        raise FetchError("not a JWK set")
    found = (_read(cast(dict[str, Any], key)) for key in cast(list[Any], listed)[:_MOST_KEYS] if isinstance(key, dict))
    return dict(pair for pair in found if pair)


def _read(key: dict[str, Any]) -> tuple[str, PublicKey] | None:
    """A key by its id; None when it is of no use here, as others of the set may be."""
    kid, algorithm = key.get("kid"), key.get("alg")
    # A symmetric key in a public document is a mistake, or a way to sign with what everybody can read.
    if key.get("kty") not in {"RSA", "EC"} or key.get("use", "sig") != "sig" or not isinstance(kid, str):
        return None
    try:
        read = PyJWK({name: value for name, value in key.items() if name != "alg"}).key
    except (PyJWTError, ValueError, TypeError):
        return None
    if not isinstance(read, RSAPublicKey | EllipticCurvePublicKey) or (isinstance(read, RSAPublicKey) and read.key_size < 2048):
        return None
    return kid, PublicKey(read, None if algorithm is None else str(algorithm))


class KeySet:
    """The keys that `load` gives, kept for `lifetime` seconds. An unknown id loads them anew, at most every `pause` seconds."""

    def __init__(
        self,
        load: Callable[[], dict[str, PublicKey]],
        *,
        lifetime: float = 600,
        pause: float = 30,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._load = load
        self._lifetime = lifetime
        self._pause = pause
        self._clock = clock
        self._lock = threading.Lock()
        self._keys: dict[str, PublicKey] = {}
        self._loaded = self._tried = -1e9

    def key(self, kid: str) -> PublicKey:
        """The key of an id. Raises Refused: `unknown-key`, or `no-keys` when they cannot be had."""
        with self._lock:
            now = self._clock()
            fresh = now - self._loaded < self._lifetime
            if fresh and kid in self._keys:
                return self._keys[kid]
            # Whoever sends made-up ids must not make this service call the issuer for each of them, nor must an issuer that
            # is away be waited for by each caller.
            if now - self._tried >= self._pause:
                self._tried = now
                try:
                    self._keys = self._load()
                    self._loaded, fresh = now, True
                except FetchError as error:
                    if not fresh:
                        raise Refused("no-keys", f"the keys of the issuer cannot be had ({error})") from None
            if not fresh:
                raise Refused("no-keys", "the keys of the issuer cannot be had")
            if kid not in self._keys:
                raise Refused("unknown-key", "the token is signed with a key that its issuer does not publish")
            return self._keys[kid]
