"""A server of Bulk Data for tests, with backend services: it checks assertions by the client's published key, lets clients wait,
and breaks off where it is told to."""

from __future__ import annotations

import gzip
import json
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import jwt
from tests.fake_ehr import Answer, as_json, listening

CLIENT = "cohort-client"
ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


@dataclass
class Server:
    """`keys` are the client's public keys (JWK); `files` the NDJSON by name. `waits` answers of 202 come before the manifest."""

    url: str
    keys: list[dict[str, Any]]
    files: dict[str, bytes] = field(default_factory=dict[str, bytes])
    packed: bool = False
    waits: list[Answer] = field(default_factory=list[Answer])
    life: int = 300
    tokens: set[str] = field(default_factory=set[str])
    used: set[str] = field(default_factory=set[str])
    broken: dict[str, list[int]] = field(default_factory=dict[str, Any])
    manifest: dict[str, Any] = field(default_factory=dict[str, Any])
    answers: dict[str, list[Answer]] = field(default_factory=dict[str, Any])
    asked: list[tuple[str, str, dict[str, str], dict[str, str]]] = field(default_factory=list[Any])
    etags: bool = True

    @property
    def base(self) -> str:
        return f"{self.url}/fhir"

    def of(self, path: str) -> list[dict[str, str]]:
        """The headers of every request of a path."""
        return [headers for _, asked, _, headers in self.asked if asked == path]

    def answer(self, method: str, target: str, headers: dict[str, str], body: bytes) -> Answer:
        parts = urlsplit(target)
        said = dict(parse_qsl(parts.query)) | dict(parse_qsl(body.decode()))
        self.asked.append((method, parts.path, said, headers))
        if self.answers.get(parts.path):
            return self.answers[parts.path].pop(0)
        if parts.path == "/fhir/.well-known/smart-configuration":
            return as_json(200, {"token_endpoint": f"{self.url}/token"})
        if parts.path == "/token":
            return self._token(said)
        if parts.path.startswith("/open/"):
            return self._file(parts.path.rpartition("/")[2], headers)
        if headers.get("authorization", "").removeprefix("Bearer ") not in self.tokens:
            return as_json(401, {"resourceType": "OperationOutcome", "issue": [{"code": "login"}]})
        if parts.path.endswith("/$export"):
            good = headers.get("prefer") == "respond-async" and headers["accept"] == "application/fhir+json"
            return (202 if good else 400), {"Content-Location": f"{self.url}/status/1"}, b""
        if parts.path == "/status/1":
            return self._status(method)
        if parts.path.startswith("/file/"):
            return self._file(parts.path.rpartition("/")[2], headers)
        return 404, {}, b""

    def _token(self, said: dict[str, str]) -> Answer:
        try:
            token = said["client_assertion"]
            header = jwt.get_unverified_header(token)
            key = next(key for key in self.keys if key["kid"] == header["kid"])
            claims = jwt.decode(token, jwt.PyJWK(key).key, algorithms=["RS384", "ES384"], audience=f"{self.url}/token")
            good = (
                claims["iss"] == claims["sub"] == CLIENT
                and claims["exp"] - time.time() <= 300
                and claims["jti"] not in self.used
            )
            good = good and (said["grant_type"], said["client_assertion_type"]) == ("client_credentials", ASSERTION)
        except (jwt.PyJWTError, KeyError, StopIteration):
            good, claims = False, {}
        if not good:
            return as_json(400, {"error": "invalid_client", "error_description": "Secretname"})
        self.used.add(claims["jti"])
        made = secrets.token_urlsafe(16)
        self.tokens.add(made)
        return as_json(200, {"access_token": made, "token_type": "bearer", "expires_in": self.life, "scope": said["scope"]})

    def _status(self, method: str) -> Answer:
        if method == "DELETE":
            return 202, {}, b""
        if self.waits:
            return self.waits.pop(0)
        output = [
            {"type": name.partition(".")[0], "url": f"{self.url}/file/{name}", "count": data.count(b"\n")}
            for name, data in self.files.items()
            if not name.startswith("OperationOutcome")
        ]
        errors = [
            {"type": "OperationOutcome", "url": f"{self.url}/file/{n}"} for n in self.files if n.startswith("OperationOutcome")
        ]
        said = {
            "transactionTime": "2026-03-01T00:00:00Z",
            "request": "x",
            "requiresAccessToken": True,
            "output": output,
            "error": errors,
        }
        return as_json(200, said | self.manifest)

    def _file(self, name: str, headers: dict[str, str]) -> Answer:
        if name not in self.files:
            return 404, {}, b""
        data = gzip.compress(self.files[name], mtime=0) if self.packed else self.files[name]
        tag = f'"{len(data)}"'
        sent = {"Content-Type": "application/fhir+ndjson"} | ({"ETag": tag} if self.etags else {})
        if self.packed:
            sent["Content-Encoding"] = "gzip"
        status, rest = 200, data
        if "range" in headers and headers.get("if-range") == tag:
            start = int(headers["range"].removeprefix("bytes=").rstrip("-"))
            if start >= len(data):
                return 416, {}, b""
            status, rest = 206, data[start:]
            sent["Content-Range"] = f"bytes {start}-{len(data) - 1}/{len(data)}"
        if self.broken.get(name):
            # It tells of more than it sends, and closes the connection.
            return status, sent | {"Content-Length": str(len(rest))}, rest[: self.broken[name].pop(0)]
        return status, sent, rest


@contextmanager
def bulk_server(*keys: dict[str, Any]) -> Iterator[Server]:
    """A server that knows the public keys given."""
    found: list[Server] = []
    with listening(lambda *asked: found[0].answer(*asked)) as url:
        found.append(Server(url, list(keys)))
        yield found[0]


def ndjson(*resources: dict[str, Any]) -> bytes:
    """The lines of a file."""
    return b"".join(json.dumps(resource).encode() + b"\n" for resource in resources)
