"""An EHR for tests: a real FHIR server (tests/fhir_server.py) behind an authorization server written here.

It is strict where real ones are: registered clients and addresses, `aud`, PKCE, codes for one use, tokens that open what they
say. What it answers can be changed while it runs, to see what neomag does with an EHR that is wrong.
"""

from __future__ import annotations

import base64
import json
import secrets
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, unquote_plus, urlencode, urlsplit

import httpx
from tests.fhir_server import FhirServer

Answer = tuple[int, dict[str, str], bytes]
CLIENT = "neomag-app"


def as_json(status: int, said: Any, **headers: str) -> Answer:
    return status, {"Content-Type": "application/json", **headers}, json.dumps(said).encode()


@dataclass
class Ehr:
    """`url` is its address, `base` that of FHIR. `asked` holds every request: method, path, parameters, headers."""

    url: str
    fhir: FhirServer
    secret: str | None = None
    redirect: str = "http://127.0.0.1/smart/callback"
    launches: dict[str, str] = field(default_factory=dict[str, str])
    chosen: str = "infant"
    grant: Callable[[str], str] = lambda scope: scope
    config: dict[str, Any] = field(default_factory=dict[str, Any])
    token_answer: Callable[[dict[str, Any]], Any] = lambda said: said
    back: Callable[[dict[str, str]], dict[str, str]] = lambda said: said
    answers: dict[str, Answer] = field(default_factory=dict[str, Answer])
    asked: list[tuple[str, str, dict[str, str], dict[str, str]]] = field(default_factory=list[Any])
    codes: dict[str, dict[str, str]] = field(default_factory=dict[str, Any])
    tokens: dict[str, str] = field(default_factory=dict[str, str])

    @property
    def base(self) -> str:
        return f"{self.url}/fhir/R4"

    def of(self, path: str) -> list[dict[str, str]]:
        """The parameters of every request of a path."""
        return [said for _, asked, said, _ in self.asked if asked == path]

    def answer(self, method: str, target: str, headers: dict[str, str], body: bytes) -> Answer:
        parts = urlsplit(target)
        path = parts.path
        said = dict(parse_qsl(parts.query)) | (dict(parse_qsl(body.decode())) if path == "/auth/token" else {})
        self.asked.append((method, path, said, headers))
        if path in self.answers:
            return self.answers[path]
        if path == "/fhir/R4/.well-known/smart-configuration":
            return as_json(200, {
                "issuer": self.url, "authorization_endpoint": f"{self.url}/auth/authorize", "token_endpoint": f"{self.url}/auth/token",
                "code_challenge_methods_supported": ["S256"], "capabilities": ["launch-ehr", "permission-v2"],
            } | self.config)  # fmt: skip
        if path == "/auth/authorize":
            return self._authorize(said)
        if path == "/auth/token":
            return self._token(said, headers)
        if path.startswith("/fhir/R4/"):
            return self._forwarded(method, target, headers, body)
        return 404, {}, b""

    def _authorize(self, said: dict[str, str]) -> Answer:
        if said["client_id"] != CLIENT or said["redirect_uri"] != self.redirect:
            return 400, {}, b"unknown client or redirect_uri"
        patient = self.launches.get(said.get("launch", ""), self.chosen)
        good = (said["response_type"], said["code_challenge_method"]) == ("code", "S256") and said["aud"].rstrip(
            "/"
        ) == self.base
        if not good:
            return 302, {"Location": f"{self.redirect}?{urlencode({'error': 'invalid_request', 'state': said['state']})}"}, b""
        code = secrets.token_urlsafe(16)
        self.codes[code] = said | {"patient": patient}
        return 302, {"Location": f"{self.redirect}?{urlencode(self.back({'code': code, 'state': said['state']}))}"}, b""

    def _token(self, said: dict[str, str], headers: dict[str, str]) -> Answer:
        if self.secret is None:
            known = said.get("client_id") == CLIENT and "authorization" not in headers
        else:
            name, _, secret = base64.b64decode(headers.get("authorization", "").removeprefix("Basic ")).decode().partition(":")
            known = (unquote_plus(name), unquote_plus(secret)) == (CLIENT, self.secret)
        if not known:
            return as_json(401, {"error": "invalid_client"})
        asked = self.codes.pop(said.get("code", ""), None)
        challenge = base64.urlsafe_b64encode(sha256(said.get("code_verifier", "").encode()).digest()).rstrip(b"=").decode()
        if asked is None or asked["redirect_uri"] != said["redirect_uri"] or asked["code_challenge"] != challenge:
            return as_json(400, {"error": "invalid_grant", "error_description": "Secretname"})
        token = secrets.token_urlsafe(24)
        scope = self.grant(asked["scope"])
        self.tokens[token] = asked["patient"]
        answer = {"access_token": token, "token_type": "Bearer", "expires_in": 300, "scope": scope, "patient": asked["patient"]}
        return as_json(200, self.token_answer(answer))

    def _forwarded(self, method: str, target: str, headers: dict[str, str], body: bytes) -> Answer:
        """To the FHIR server, for whoever has a token of the infant asked for."""
        infant = self.tokens.get(headers.get("authorization", "").removeprefix("Bearer "))
        if infant is None or infant not in target:
            return as_json(401 if infant is None else 403, {"resourceType": "OperationOutcome", "issue": []})
        sent = {"Authorization": f"Bearer {self.fhir.token}", "Host": urlsplit(self.url).netloc}
        response = httpx.request(method, self.fhir.base.removesuffix("/fhir/R4") + target, headers=sent, content=body)
        return response.status_code, {"Content-Type": response.headers["content-type"]}, response.content


@contextmanager
def listening(answer: Callable[[str, str, dict[str, str], bytes], Answer]) -> Iterator[str]:
    """A web server on loopback, and its address."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length", 0)))
            status, headers, said = answer(self.command, self.path, {k.lower(): v for k, v in self.headers.items()}, body)
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            if "Content-Length" not in headers:
                self.send_header("Content-Length", str(len(said)))
            self.end_headers()
            self.wfile.write(said)
            if int(headers.get("Content-Length", len(said))) != len(said):
                self.close_connection = True

        def do_POST(self) -> None:
            self.do_GET()

        def do_DELETE(self) -> None:
            self.do_GET()

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
            del format, args

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@contextmanager
def ehr(fhir: FhirServer) -> Iterator[Ehr]:
    """An EHR before a FHIR server."""
    found: list[Ehr] = []
    with listening(lambda *asked: found[0].answer(*asked)) as url:
        found.append(Ehr(url, fhir))
        yield found[0]
