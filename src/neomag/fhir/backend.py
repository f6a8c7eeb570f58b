"""SMART backend services: a program shows a FHIR server who it is by a signed token, without anybody logging in.

The private key stays here. What is sent is a short-lived assertion (RS384 or ES384), for which the server gives an access
token; that is kept in memory until shortly before it ends, and written nowhere.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast
from urllib.parse import urlsplit
from uuid import uuid4

import httpx
import jwt
from cryptography.hazmat.primitives.asymmetric.ec import SECP384R1, EllipticCurvePrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from jwt.exceptions import PyJWTError

from neomag.fhir.client import LOOPBACK, FhirServerError

ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
# Seconds: SMART allows five minutes for an assertion. A token is renewed this long before its end.
_LIFE, _EARLY = 240, 30
_LARGEST = 500_000


class KeyFileError(ValueError):
    """A private key that cannot be used; the text says what is accepted, and holds nothing of the key."""


@dataclass(frozen=True, slots=True)
class SigningKey:
    """A private key, the way of signing that is its own, and the id under which the server knows its public half."""

    private: Any = field(repr=False)
    algorithm: str
    kid: str | None


def read_key(path: Path, kid: str | None = None) -> SigningKey:
    """The private key in a file: PEM, a JWK, or a JWK set with one private key. `kid` wins over that of the file.

    Raises KeyFileError for what is no such key, is locked by a password, or is weaker than SMART allows.
    """
    accepted = "an RSA key of at least 2048 bits, or an EC key on P-384, in PEM without a password or as a JWK"
    try:
        data = path.read_bytes()
    except OSError as error:
        raise KeyFileError(f"{path}: {error.strerror}") from None
    try:
        found, own = _of_jwk(data) if data.lstrip()[:1] == b"{" else (load_pem_private_key(data, None), None)
    except (ValueError, TypeError, PyJWTError, RecursionError):
        raise KeyFileError(f"{path}: no private key that can be read; {accepted} is accepted") from None
    if isinstance(found, RSAPrivateKey) and found.key_size >= 2048:
        return SigningKey(found, "RS384", kid or own)
    if isinstance(found, EllipticCurvePrivateKey) and isinstance(found.curve, SECP384R1):
        return SigningKey(found, "ES384", kid or own)
    raise KeyFileError(f"{path}: a key of another kind; {accepted} is accepted")


def _of_jwk(data: bytes) -> tuple[Any, str | None]:
    said = cast("dict[str, Any]", json.loads(data))
    keys = [key for key in said.get("keys", [said]) if "d" in key]
    if len(keys) != 1:
        raise ValueError
    key: dict[str, Any] = keys[0]
    kid = key.get("kid")
    read = jwt.PyJWK({name: value for name, value in key.items() if name != "alg"})
    return read.key, kid if isinstance(kid, str) else None


def safe(address: str) -> bool:
    """Whether secrets may go to an address: https, or this machine."""
    try:
        parts = urlsplit(address)
        host = parts.hostname
    except ValueError:
        return False
    return bool(host) and parts.username is None and (parts.scheme == "https" or (parts.scheme == "http" and host in LOOPBACK))


@dataclass(slots=True)
class Backend:
    """A program known to the server at `base` as `client_id`. `token_url` is asked of the server when it is not given."""

    base: str
    client_id: str
    key: SigningKey
    http: httpx.Client
    scope: str = "system/*.read"
    token_url: str | None = None
    clock: Callable[[], float] = time.time
    _token: str | None = field(default=None, init=False, repr=False)
    _until: float = field(default=0.0, init=False)

    def token(self, *, anew: bool = False) -> str:
        """The access token: the one at hand until shortly before its end, else (or `anew`) another. Raises FhirServerError."""
        if self._token is None or anew or self.clock() >= self._until:
            said = self._asked()
            token, kind, life = said.get("access_token"), said.get("token_type"), said.get("expires_in")
            if not isinstance(token, str) or not token.isascii() or not token.isprintable() or not token:
                raise FhirServerError("login", "the authorization server gave no access token")
            if not isinstance(kind, str) or kind.lower() != "bearer":
                raise FhirServerError("login", "the authorization server gave a token of a kind that is not known")
            # Without an end it is used for what is at hand, and asked for again soon.
            seconds = life if isinstance(life, int | float) and not isinstance(life, bool) and life > 0 else 60
            self._token, self._until = token, self.clock() + max(seconds - _EARLY, seconds / 2)
        return self._token

    def assertion(self, url: str) -> str:
        """A new assertion for the token endpoint at `url`."""
        now = int(self.clock())
        claims = {"iss": self.client_id, "sub": self.client_id, "aud": url, "iat": now, "exp": now + _LIFE, "jti": uuid4().hex}
        headers = {"kid": self.key.kid} if self.key.kid else None
        return jwt.encode(claims, self.key.private, self.key.algorithm, headers=headers)

    def _asked(self) -> Mapping[str, Any]:
        url = self.token_url or self._discovered()
        if not safe(url):
            raise FhirServerError("address", "the address of the token endpoint is not https")
        form = {
            "grant_type": "client_credentials", "scope": self.scope, "client_assertion_type": ASSERTION,
            "client_assertion": self.assertion(url),
        }  # fmt: skip
        status, said = self._json("POST", url, form)
        if status != 200:
            error = said.get("error")
            code = [error] if isinstance(error, str) and error.isidentifier() else []
            raise FhirServerError("login", f"the authorization server gave no token, HTTP {status}", status=status, codes=code)
        return said

    def _discovered(self) -> str:
        status, said = self._json("GET", f"{self.base.rstrip('/')}/.well-known/smart-configuration")
        url = said.get("token_endpoint")
        if status != 200 or not isinstance(url, str):
            raise FhirServerError(
                "login", f"the server does not say where tokens are to be had, HTTP {status}; name the address"
            )
        self.token_url = url
        return url

    def _json(self, method: str, url: str, form: dict[str, str] | None = None) -> tuple[int, dict[str, Any]]:
        body = bytearray()
        try:
            with self.http.stream(method, url, data=form, headers={"Accept": "application/json"}) as response:
                for part in response.iter_bytes():
                    body += part
                    if len(body) > _LARGEST:
                        raise FhirServerError("too-much", "the authorization server says too much")
        except httpx.TimeoutException:
            raise FhirServerError("timeout", "the authorization server does not answer") from None
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise FhirServerError(
                "unreachable", f"the authorization server cannot be reached ({type(error).__name__})"
            ) from None
        try:
            read: Any = json.loads(body)
        except (ValueError, RecursionError):
            read = None
        return response.status_code, cast("dict[str, Any]", read) if isinstance(read, dict) else {}
