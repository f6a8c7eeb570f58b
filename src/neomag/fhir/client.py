"""A connection to a FHIR R4 server that reads, with a bearer token, limits and clear errors.

The token goes to the server's own address only: no redirect is followed, and no link to another address. No message holds an
identifier of a patient or what the server said of one.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from types import TracebackType
from typing import Any, Self, cast
from urllib.parse import urljoin, urlsplit

import httpx

ID = re.compile(r"[A-Za-z0-9.-]{1,64}")
LOOPBACK = {"localhost", "127.0.0.1", "::1"}


class FhirServerError(Exception):
    """A server that did not give what was asked for. `kind` says which, `status` is the HTTP status where there is one.

    Kinds: `address`, `unreachable`, `timeout`, `login` (401), `forbidden` (403), `not-found` (404, 410), `refused` (another
    status), `not-fhir`, `too-much` (a limit was reached). `codes` are issue types of the server's OperationOutcome.
    """

    def __init__(self, kind: str, says: str, *, status: int | None = None, codes: Sequence[str] = ()):
        self.kind = kind
        self.status = status
        self.codes = tuple(codes)
        super().__init__(says + (f" ({', '.join(codes)})" if codes else ""))


@dataclass(frozen=True, slots=True)
class Limits:
    """How much is read at most: seconds a request and in all, pages and bytes in all, and resources a page."""

    request_s: float = 10
    total_s: float = 30
    pages: int = 200
    bytes: int = 50_000_000
    page_size: int = 200


@dataclass(slots=True)
class _Spent:
    until: float
    pages: int = 0
    bytes: int = 0


@dataclass(slots=True)
class FhirClient:
    """A connection to the server at `base`, with a bearer token where one is given. Use it in a `with`.

    `insecure` lets a token travel over plain HTTP beyond loopback. Raises FhirServerError for an address that is none.
    """

    base: str
    token: str | None = field(default=None, repr=False)
    limits: Limits = field(default_factory=Limits)
    insecure: bool = False
    transport: httpx.BaseTransport | None = None
    _http: httpx.Client = field(init=False, repr=False)
    _spent: _Spent = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self.base = self.base.rstrip("/") + "/"
        parts = urlsplit(self.base)
        if parts.scheme not in {"http", "https"} or not parts.hostname or parts.query or parts.username:
            raise FhirServerError("address", "the address of a FHIR server is needed, such as https://ehr.example/fhir/R4")
        if self.token and parts.scheme == "http" and parts.hostname not in LOOPBACK and not self.insecure:
            raise FhirServerError("address", "a token is not sent over plain HTTP; use https")
        headers = {"Accept": "application/fhir+json"} | ({"Authorization": f"Bearer {self.token}"} if self.token else {})
        self._http = httpx.Client(
            headers=headers, timeout=self.limits.request_s, follow_redirects=False, transport=self.transport
        )
        self._spent = _Spent(time.monotonic() + self.limits.total_s)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._http.close()

    def read(self, what: str) -> dict[str, Any]:
        """One resource, by its address relative to the base (`Patient/a`). Raises FhirServerError."""
        return self._get(self._address(what), what.split("/")[0].split("?")[0])

    def search(self, query: str) -> list[dict[str, Any]]:
        """The entries of every page of a search, such as `Observation?patient=a`. Raises FhirServerError."""
        return list(self._pages(query))

    def _pages(self, query: str) -> Iterator[dict[str, Any]]:
        kind = query.split("?")[0]
        address: str | None = self._address(query)
        seen: set[str] = set()
        while address:
            if address in seen:
                raise FhirServerError("not-fhir", f"the pages of {kind} lead in a circle")
            seen.add(address)
            page = self._get(address, kind)
            if page.get("resourceType") != "Bundle":
                raise FhirServerError("not-fhir", f"a search of {kind} gave no Bundle")
            yield from _objects(page.get("entry"))
            links = [link.get("url") for link in _objects(page.get("link")) if link.get("relation") == "next"]
            address = self._address(links[0]) if links and isinstance(links[0], str) else None

    def _address(self, what: str) -> str:
        """An address on this server. Raises FhirServerError for one elsewhere: the token must not go there."""
        address = urljoin(self.base, what)
        if urlsplit(address)[:2] != urlsplit(self.base)[:2]:
            raise FhirServerError("not-fhir", "the server names an address on another host; it is not followed")
        return address

    def _get(self, address: str, kind: str) -> dict[str, Any]:
        spent, limits = self._spent, self.limits
        spent.pages += 1
        left = spent.until - time.monotonic()
        if spent.pages > limits.pages or left <= 0:
            what = f"{limits.pages} pages" if spent.pages > limits.pages else f"{limits.total_s:g} s"
            raise FhirServerError("too-much", f"more than {what} are needed; nothing was read")
        try:
            with self._http.stream("GET", address, timeout=min(left, limits.request_s)) as response:
                parts: list[bytes] = []
                for part in response.iter_bytes():
                    spent.bytes += len(part)
                    if spent.bytes > limits.bytes:
                        raise FhirServerError("too-much", f"more than {limits.bytes} bytes; nothing was read")
                    if time.monotonic() > spent.until:
                        raise FhirServerError("too-much", f"more than {limits.total_s:g} s are needed; nothing was read")
                    parts.append(part)
        except httpx.TimeoutException:
            raise FhirServerError("timeout", f"no answer to {kind} within {limits.request_s:g} s") from None
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise FhirServerError("unreachable", f"the server cannot be reached ({type(error).__name__})") from None
        return _resource(b"".join(parts), response.status_code, kind)


_STATUS = {
    401: ("login", "the server does not accept the token"),
    403: ("forbidden", "the token does not allow it"),
    404: ("not-found", "not there"),
    410: ("not-found", "no longer there"),
}


def _resource(body: bytes, status: int, kind: str) -> dict[str, Any]:
    try:
        read: object = json.loads(body, parse_float=Decimal)
    except (ValueError, RecursionError, ArithmeticError):
        read = None
    found = cast("dict[str, Any]", read) if isinstance(read, dict) else {}
    if status != 200:
        name, says = _STATUS.get(status, ("refused", "the server refused it"))
        issues = _objects(found.get("issue")) if found.get("resourceType") == "OperationOutcome" else []
        codes = [code for issue in issues if isinstance(code := issue.get("code"), str) and ID.fullmatch(code)]
        raise FhirServerError(name, f"{kind}: {says}, HTTP {status}", status=status, codes=codes)
    if not isinstance(found.get("resourceType"), str):
        raise FhirServerError("not-fhir", f"{kind}: what the server gave is not FHIR in JSON", status=status)
    return found


def _objects(value: object) -> list[dict[str, Any]]:
    items = cast("list[object]", value) if isinstance(value, list) else []
    return [cast("dict[str, Any]", item) for item in items if isinstance(item, dict)]
