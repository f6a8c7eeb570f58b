"""Malformed requests of every kind for the service: bodies, types, lengths, queries, paths, methods, headers, and no HTTP at all.

The service must refuse each with problem details, or answer those that happen to be sound; it must never crash.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote_from_bytes

from tools.fuzz import JUNK, MAKERS

POSTS = ("/v1/assess", "/v1/dose", "/v1/dose/check", "/v1/feed/intake", "/v1/feed/plan")
GETS = (
    "/v1/foods",
    "/v1/foods/spinach",
    "/v1/knowledge",
    "/v1/knowledge/emergency",
    "/v1/rules",
    "/v1/sources",
    "/v1/article",
    "/health/live",
)
# Bodies that are sound, to be spoilt.
SOUND: dict[str, dict[str, Any]] = {
    "/v1/assess": {"now": "3 d", "infant": {"weight": "3 kg"}, "events": [{"at": "1 d", "lab": "magnesium", "value": 0.5, "unit": "mmol/L"}]},
    "/v1/dose": {"weight": "3kg", "serum_mg": "0.45mmol/L", "amount": "0.2mmol/kg", "over": "60min", "doses": 1, "with": ["digoxin"]},
    "/v1/dose/check": {"weight": "3kg", "order": "MgSO4 0.8 mL of 50% IV over 30 min", "emergency": True},
    "/v1/feed/intake": {"diary": {"age": "8 mo", "milk": [{"breast": "5 feeds"}], "foods": [{"food": "banana", "amount": "60 g"}]}},
    "/v1/feed/plan": {"age": "3mo", "milk": "breast", "exclude": ["egg"], "days": 1},
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Asked:
    """A request: its kind, and what is sent."""

    kind: str
    method: str
    path: str
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict[str, str])


def _json(body: bytes, path: str, kind: str, **headers: str) -> Asked:
    return Asked(kind, "POST", path, body, {"content-type": "application/json", **headers})


def _any_bytes(rng: random.Random) -> Asked:
    """What spoils a case file, sent to any route."""
    kind = rng.choice([kind for kind in MAKERS if kind != "nested"] * 20 + ["nested"])
    return _json(MAKERS[kind](rng), rng.choice(POSTS), f"body: {kind}")


def _junk(rng: random.Random) -> Asked:
    """A sound body with junk in some of its places, and with keys that are not there."""
    path = rng.choice(POSTS)
    body = json.loads(json.dumps(SOUND[path]))
    for _ in range(rng.randrange(1, 4)):
        node = body
        while rng.random() < 0.5 and (
            inner := [x for x in (node.values() if isinstance(node, dict) else node) if isinstance(x, dict | list) and x]
        ):
            node = rng.choice(inner)
        junk = rng.choice(
            [*JUNK, "\u0000", "\ufffe", -(2**63), 2**64, 1e-320, [None] * 50, {"a": {"b": {}}}, "0.2mmol/kg" * 500]
        )
        junk = deepcopy(junk)  # it may be spoilt in turn
        if isinstance(node, dict):
            node[rng.choice([*node, "colour", "", "__proto__"])] = junk
        else:
            node[rng.randrange(len(node))] = junk
    return _json(json.dumps(body).encode(), path, "body: junk in a sound one")


def _whole(rng: random.Random) -> Asked:
    """A body that is junk altogether, or a list."""
    value = rng.choice([*JUNK, [1], [[]], [{}], [None, {}], [SOUND["/v1/assess"], 3]])
    return _json(json.dumps(value).encode(), rng.choice(POSTS), "body: another kind of JSON")


def _surrogate(rng: random.Random) -> Asked:
    path = rng.choice(POSTS)
    text = json.dumps(SOUND[path]).replace(rng.choice(["d", "m", "g", "a"]), f"\\ud8{rng.randrange(256):02x}", 1)
    return _json(text.encode(), path, "body: half a surrogate pair")


def _twice(rng: random.Random) -> Asked:
    path = rng.choice(POSTS)
    text = json.dumps(SOUND[path])
    key = rng.choice(list(SOUND[path]))
    return _json((f'{{"{key}": 1, ' + text[1:]).encode(), path, "body: a key twice")


def _coded(rng: random.Random) -> Asked:
    """A sound body in another coding than is said, or another than is read."""
    path = rng.choice(POSTS)
    text = json.dumps(SOUND[path])
    coding = rng.choice(["utf-16", "utf-32", "utf-8-sig", "utf-7"])
    data = text.encode(coding) if coding != "utf-7" else b"+AHs-" + text.encode()
    return _json(data, path, "body: another coding")


def _type(rng: random.Random) -> Asked:
    path = rng.choice(POSTS)
    kind = rng.choice(
        [
            "",
            "text/plain",
            "application/xml",
            "application/json; charset=utf-16",
            "*/*",
            ";",
            "application/",
            "a" * 3000,
            "json",
        ]
    )
    more = rng.choice([{}, {"content-encoding": rng.choice(["gzip", "br", "zstd", "x" * 500])}])
    return Asked("headers: another type", "POST", path, json.dumps(SOUND[path]).encode(), {"content-type": kind, **more})


def _headers(rng: random.Random) -> Asked:
    path = rng.choice(GETS)
    name = rng.choice(
        [
            "accept",
            "accept-language",
            "if-none-match",
            "origin",
            "host",
            "cookie",
            "authorization",
            "range",
            "x-request-id",
            "expect",
        ]
    )
    value = rng.choice(
        [
            "",
            "text/html",
            ";;;",
            "q=",
            "*/*;q=x",
            "W/" * 200,
            '"' * 50,
            "a" * 4000,
            "\x7f",
            "é".encode().decode("latin-1"),
            "application/json;q=0",
        ]
    )
    return Asked("headers: junk", "GET", path, b"", {name: value})


def _query(rng: random.Random) -> Asked:
    path = rng.choice(GETS)
    parts = [
        rng.choice(["q", "by", "limit", "offset", "group", "candidates", "list", "", "x", "limit[]", "q%00"])
        + rng.choice(["=", "", "=="])
        + rng.choice(
            [
                "",
                "0",
                "-1",
                "1e9",
                "9" * 400,
                "egg",
                "%ff",
                "%00",
                "%zz",
                "%ud800",
                "true",
                "NaN",
                "100g",
                quote_from_bytes(rng.randbytes(6)),
            ]
        )
        for _ in range(rng.randrange(1, 5))
    ]
    return Asked("query", "GET", f"{path}?{'&'.join(parts)}")


def _path(rng: random.Random) -> Asked:
    start = rng.choice(["", "/v1", "/v1/foods", "/v1/knowledge", "/health", "/docs"])
    end = rng.choice(
        [
            "",
            "/",
            "//",
            "/..%2f..",
            "/%00",
            "/%ff",
            "/\u202e",
            "/a/b",
            "/" + "x" * 3000,
            "/%2e%2e/etc/passwd",
            "/;a=b",
            f"/{quote_from_bytes(rng.randbytes(8))}",
        ]
    )
    return Asked("path", rng.choice(["GET", "POST"]), (start + end) or "/")


def _method(rng: random.Random) -> Asked:
    method = rng.choice(["PUT", "PATCH", "DELETE", "TRACE", "OPTIONS", "HEAD", "CONNECT", "BREW", "GET", "POST", "get"])
    return Asked("method", method, rng.choice([*POSTS, *GETS]))


KINDS: tuple[Callable[[random.Random], Asked], ...] = (
    _any_bytes, _any_bytes, _any_bytes, _junk, _junk, _junk, _whole, _surrogate, _twice, _coded, _type, _headers, _query, _query, _path, _method,
)  # fmt: skip


def requests(seed: int) -> Iterator[Asked]:
    """Endless requests; the same for the same seed."""
    rng = random.Random(seed)
    while True:
        yield rng.choice(KINDS)(rng)


def no_http(seed: int) -> Iterator[bytes]:
    """Endless bytes that are no sound HTTP request at all."""
    rng = random.Random(seed)
    sound = (
        b"POST /v1/assess HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 14\r\n\r\n"
        + b'{"now": "3 d"}'
    )
    while True:
        data = bytearray(sound)
        match rng.randrange(6):
            case 0:
                yield rng.randbytes(rng.randrange(1, 500)) + b"\r\n\r\n"
            case 1:
                for _ in range(rng.randrange(1, 6)):
                    data[rng.randrange(60)] = rng.randrange(256)
                yield bytes(data)
            case 2:
                yield bytes(data[: rng.randrange(1, len(data))])
            case 3:
                yield sound.replace(b"14", rng.choice([b"-1", b"9" * 40, b"x", b"1 4", b"13\r\nContent-Length: 99", b""]))
            case 4:
                yield sound.replace(
                    b"Host: x", rng.choice([b"Transfer-Encoding: chunked", b"Transfer-Encoding: x", b"A" * 100_000, b"\0: \0"])
                )
            case _:
                yield b"GET /health/live HTTP/" + rng.choice([b"1.9", b"9.9", b"0.9", b"2.0", b"x"]) + b"\r\n\r\n"
