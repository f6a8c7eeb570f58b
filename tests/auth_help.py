"""An issuer of tokens for the tests: its own key pairs, and a web server that publishes them."""

from __future__ import annotations

import base64
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, cast

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from jwt.algorithms import ECAlgorithm, RSAAlgorithm

AUDIENCE = "https://neomag.test"


@cache
def key(kid: str, kind: str = "RSA") -> Any:
    """A private key of that id: RSA, EC256, EC384 or RSA1024."""
    if kind.startswith("EC"):
        return ec.generate_private_key(ec.SECP256R1() if kind == "EC256" else ec.SECP384R1())
    return rsa.generate_private_key(65537, 1024 if kind == "RSA1024" else 2048)


def public(kid: str, kind: str = "RSA", **more: Any) -> dict[str, Any]:
    """Its public half, as a JWK."""
    algorithm = ECAlgorithm if kind.startswith("EC") else RSAAlgorithm
    made = cast(dict[str, Any], algorithm.to_jwk(key(kid, kind).public_key(), as_dict=True))
    return made | {"kid": kid, "use": "sig"} | more


def pem(kid: str) -> bytes:
    """Its public half, as an attacker who confuses algorithms would use it for a shared secret."""
    return key(kid).public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


def by_hand(header: dict[str, Any], payload: Any, signature: bytes = b"") -> str:
    """A token put together from parts, which no library would make."""

    def part(value: Any) -> str:
        raw = value if isinstance(value, bytes) else json.dumps(value).encode()
        return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()

    return f"{part(header)}.{part(payload)}.{part(signature)}"


class Issuer:
    """What it publishes can be changed while it runs; `asked` are the paths that were called."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.jku = f"{url}/jwks"
        self.keys: list[Any] = [public("k1")]
        self.discovery: Any = {"issuer": url, "jwks_uri": self.jku}
        self.answers: dict[str, tuple[int, bytes]] = {}
        self.asked: list[str] = []

    def answer(self, path: str) -> tuple[int, bytes]:
        self.asked.append(path)
        if path in self.answers:
            return self.answers[path]
        said = {"/jwks": {"keys": self.keys}, "/.well-known/openid-configuration": self.discovery}.get(path)
        return (404, b"") if said is None else (200, json.dumps(said).encode())

    def token(self, kid: str = "k1", kind: str = "RSA", alg: str = "RS384", headers: Any = None, **claims: Any) -> str:
        """A token that is right in everything but what is given; a claim of None is left out."""
        now = int(time.time())
        said: dict[str, Any] = {
            "iss": self.url, "sub": "dr-1", "azp": "app", "aud": AUDIENCE, "iat": now, "exp": now + 300, "scope": "assess dose",
        }  # fmt: skip
        kept = {name: value for name, value in (said | claims).items() if value is not None}
        return jwt.encode(kept, key(kid, kind), alg, headers={"kid": kid} | (headers or {}))


@contextmanager
def issuing() -> Iterator[Issuer]:
    """An issuer on loopback."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status, body = issuer.answer(self.path)
            self.send_response(status)
            if status == 302:
                self.send_header("Location", body.decode())
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
            del format, args

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    issuer = Issuer(f"http://127.0.0.1:{server.server_port}")
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield issuer
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
