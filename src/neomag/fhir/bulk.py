"""Bulk Data Access: a FHIR server is told to export its patients, asked until it is done, and its files are fetched.

The token goes to the server's own address only. A file elsewhere is fetched without it, and not at all when it wants one.
"""

from __future__ import annotations

import gzip
import json
import time
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any, cast
from urllib.parse import urlencode, urljoin, urlsplit

import httpx

from neomag.fhir.backend import Backend, safe
from neomag.fhir.client import FhirServerError

NDJSON = "application/fhir+ndjson"
_LARGEST = 50_000_000
# Seconds between two questions, where the server does not say how long to wait.
_FIRST, _LONGEST = 1.0, 60.0
# A connection that breaks, and a server that says it is busy, are tried again so often in a row.
_TRIES = 6
_BUSY = {429, 502, 503, 504}


@dataclass(frozen=True, slots=True)
class File:
    """A file of an export: its resource type, where it is, and how many resources it holds, where that is said."""

    kind: str
    url: str
    count: int | None = None


@dataclass(frozen=True, slots=True)
class Manifest:
    """What an export gave. `errors` are files of what could not be exported."""

    time: str
    private: bool
    output: tuple[File, ...]
    errors: tuple[File, ...] = ()


class Gone(FhirServerError):  # noqa: N818 - it is what became of the export
    """The server no longer knows the export."""


@dataclass(slots=True)
class Bulk:
    """Exports of the server that `backend` may ask. `told` gets lines on how far it is; `longest` is the most seconds to
    wait."""

    backend: Backend
    told: Callable[[str], None] = lambda _: None
    longest: float = 86_400
    sleep: Callable[[float], None] = time.sleep
    _until: float = field(default=0.0, init=False)

    def begin(self, types: Sequence[str], since: str | None = None, group: str | None = None) -> str:
        """Have an export of all patients, or of a group, begin: the address where to ask about it. Raises FhirServerError."""
        query = {"_type": ",".join(types), "_outputFormat": NDJSON} | ({"_since": since} if since else {})
        path = f"Group/{group}/$export" if group else "Patient/$export"
        headers = {"Accept": "application/fhir+json", "Prefer": "respond-async"}
        with self._sent("GET", f"{self._base}{path}?{urlencode(query)}", headers) as response:
            if response.status_code != 202:
                raise _refused("the export", response)
            where = response.headers.get("content-location")
        if not where:
            raise FhirServerError("not-fhir", "the server began an export and does not say where to ask about it")
        return self._own(urljoin(self._base, where))

    def wait(self, where: str) -> Manifest:
        """Ask until the export is done. Raises FhirServerError, Gone when the server does not know it any more."""
        pause, end, said = _FIRST, time.monotonic() + self.longest, ""
        while True:
            with self._sent("GET", self._own(where), {"Accept": "application/json"}) as response:
                if response.status_code == 200:
                    return self._manifest(_read(response), where)
                if response.status_code in {404, 410}:
                    raise Gone("not-found", "the server no longer knows the export", status=response.status_code)
                codes = [] if response.status_code == 202 else _codes(response)
                # An error that says so passes by itself.
                if response.status_code != 202 and "transient" not in codes:
                    raise _refused("the export", response, codes)
                progress = _plain(response.headers.get("x-progress", ""))
                asked = _after(response)
            if progress and progress != said:
                said = progress
                self.told(f"export: {said}")
            pause = pause if asked is None else max(asked, _FIRST)
            if time.monotonic() + pause > end:
                raise FhirServerError("timeout", f"the export is not done within {self.longest:g} s; the same command goes on")
            self.sleep(pause)
            pause = min(pause * 2, _LONGEST)

    def _manifest(self, said: Mapping[str, Any], where: str) -> Manifest:
        output, errors = list(_files(said, "output", where)), list(_files(said, "error", where))
        at, private, page = said.get("transactionTime"), said.get("requiresAccessToken"), said
        seen = {where}
        while following := _next(page, where):
            # Later versions of the standard give a long manifest in pages.
            if following in seen:
                raise FhirServerError("not-fhir", "the pages of the manifest lead in a circle")
            seen.add(following)
            with self._sent("GET", self._own(following), {"Accept": "application/json"}) as response:
                if response.status_code != 200:
                    raise _refused("the manifest", response)
                page = _read(response)
            output += _files(page, "output", where)
            errors += _files(page, "error", where)
        if not isinstance(at, str) or "output" not in said:
            raise FhirServerError("not-fhir", "what the server gave is no manifest of an export")
        return Manifest(at, private is not False, tuple(output), tuple(errors))

    def forget(self, where: str) -> None:
        """Tell the server that its files are no longer needed. That it cannot is no fault of the export."""
        try:
            with self._sent("DELETE", self._own(where), {}):
                pass
        except FhirServerError:
            self.told("the server did not take back its files; it will by itself")

    def fetch(self, file: File, to: Path, *, private: bool) -> Path:
        """Fetch a file into the folder of `to`: `to`, or with `.gz` after it as the server packed it.

        What is not whole is named `….part`; the next call goes on from there when the server's file is still the same.
        Raises FhirServerError when it cannot be had whole.
        """
        part, note = to.with_name(f"{to.name}.part"), to.with_name(f"{to.name}.part.json")
        pause = _FIRST
        for left in reversed(range(_TRIES)):
            try:
                self._fetched(file, part, note, private=private)
                break
            except httpx.HTTPError as error:
                if not left:
                    kind = type(error).__name__
                    raise FhirServerError(
                        "unreachable", f"{to.name}: the server broke off ({kind}); the same command goes on"
                    ) from None
                self.sleep(pause)
                pause = min(pause * 2, _LONGEST)
        with part.open("rb") as begun:
            packed = begun.read(2) == b"\x1f\x8b"
        try:
            _check(file, part, packed=packed)
        except FhirServerError:
            part.unlink()
            note.unlink(missing_ok=True)
            raise
        whole = to.with_name(f"{to.name}.gz") if packed else to
        part.replace(whole)
        note.unlink(missing_ok=True)
        return whole

    def _fetched(self, file: File, part: Path, note: Path, *, private: bool) -> None:
        """Write what is missing of a file. Raises httpx.HTTPError when the connection breaks."""
        have, tag = (part.stat().st_size if part.exists() else 0), _noted(note)
        headers = {"Accept": NDJSON, "Accept-Encoding": "gzip"}
        if have and tag:
            # Only the rest of the very same bytes: otherwise the server sends all of it.
            headers |= {"Range": f"bytes={have}-", "If-Range": tag}
        with self._sent("GET", file.url, headers, private=private, elsewhere=True) as response:
            whole = response.status_code == 200
            goes_on = response.status_code == 206 and response.headers.get("content-range", "").startswith(f"bytes {have}-")
            if response.status_code == 416:
                part.unlink(missing_ok=True)
                raise httpx.RemoteProtocolError("another file")
            if not whole and not goes_on:
                raise _refused(f"the file of {file.kind}", response)
            found = response.headers.get("etag", "")
            # A weak tag does not promise the same bytes.
            note.write_text(json.dumps("" if found.startswith("W/") else found), "utf-8")
            with part.open("ab" if goes_on else "wb") as out:
                for piece in response.iter_raw():
                    out.write(piece)
                out.flush()

    @property
    def _base(self) -> str:
        return self.backend.base.rstrip("/") + "/"

    def _own(self, address: str) -> str:
        """An address on the server itself. Raises FhirServerError for another: the token must not go there."""
        if urlsplit(address)[:2] != urlsplit(self._base)[:2]:
            raise FhirServerError("not-fhir", "the server names an address on another host; it is not followed")
        return address

    @contextmanager
    def _sent(
        self, method: str, url: str, headers: dict[str, str], *, private: bool = True, elsewhere: bool = False
    ) -> Generator[httpx.Response]:
        """The response to a request, its body not yet read; sent again with another token, or when the server is busy."""
        if not safe(url):
            raise FhirServerError("address", "the server names an address that is not https; it is not followed")
        if private:
            self._own(url)
        pause, renewed = _FIRST, False
        for left in reversed(range(_TRIES)):
            token = {"Authorization": f"Bearer {self.backend.token()}"} if private else {}
            request = self.backend.http.build_request(method, url, headers=headers | token)
            try:
                response = self.backend.http.send(request, stream=True, follow_redirects=False)
            except httpx.HTTPError as error:
                if elsewhere:
                    raise
                if not left:
                    raise FhirServerError("unreachable", f"the server cannot be reached ({type(error).__name__})") from None
                self.sleep(pause)
                pause = min(pause * 2, _LONGEST)
                continue
            again: float | None = None
            if response.status_code == 401 and private and not renewed:
                renewed, again = True, 0.0
                self.backend.token(anew=True)
            elif response.status_code in _BUSY and left:
                asked = _after(response)
                again = pause if asked is None else min(asked, self.longest)
                pause = min(pause * 2, _LONGEST)
            if again is None:
                try:
                    yield response
                finally:
                    response.close()
                return
            response.close()
            self.sleep(again)
        raise FhirServerError("refused", "the server is busy")


def _files(said: Mapping[str, Any], name: str, where: str) -> Iterator[File]:
    listed: Any = said.get(name) or []
    if not isinstance(listed, list):
        raise FhirServerError("not-fhir", "what the server gave is no manifest of an export")
    for one in cast("list[Any]", listed):
        entry = cast("dict[str, Any]", one) if isinstance(one, dict) else {}
        kind, url, count = entry.get("type"), entry.get("url"), entry.get("count")
        # The type becomes the name of a file.
        if not isinstance(kind, str) or not kind.isascii() or not kind.isalpha() or not isinstance(url, str):
            raise FhirServerError("not-fhir", "the manifest names a file without its type or address")
        yield File(kind, urljoin(where, url), count if isinstance(count, int) and not isinstance(count, bool) else None)


def _next(said: Mapping[str, Any], where: str) -> str | None:
    links: Any = said.get("link")
    for link in cast("list[Any]", links) if isinstance(links, list) else []:
        found = cast("dict[str, Any]", link) if isinstance(link, dict) else {}
        if found.get("relation") == "next" and isinstance(found.get("url"), str):
            return urljoin(where, found["url"])
    return None


def _read(response: httpx.Response) -> dict[str, Any]:
    body = bytearray()
    try:
        for part in response.iter_bytes():
            body += part
            if len(body) > _LARGEST:
                raise FhirServerError("too-much", f"more than {_LARGEST} bytes")
        read: Any = json.loads(body)
    except (ValueError, RecursionError, httpx.HTTPError):
        read = None
    if not isinstance(read, dict):
        raise FhirServerError("not-fhir", "what the server gave is not JSON", status=response.status_code)
    return cast("dict[str, Any]", read)


def _codes(response: httpx.Response) -> list[str]:
    """The issue types of an OperationOutcome; its texts, which may name patients, are not repeated."""
    try:
        said = _read(response)
    except FhirServerError:
        return []
    issues: Any = said.get("issue")
    listed = cast("list[Any]", issues) if isinstance(issues, list) else []
    codes = [cast("dict[str, Any]", issue).get("code") for issue in listed if isinstance(issue, dict)]
    return [code for code in codes if isinstance(code, str) and code.replace("-", "").isalpha()]


def _refused(what: str, response: httpx.Response, codes: Sequence[str] | None = None) -> FhirServerError:
    status = response.status_code
    says = {401: "the server does not accept the token", 403: "the token does not allow it", 404: "not there"}
    codes = _codes(response) if codes is None else codes
    return FhirServerError(
        "refused", f"{what}: {says.get(status, 'the server refused it')}, HTTP {status}", status=status, codes=codes
    )


def _after(response: httpx.Response) -> float | None:
    """Seconds of Retry-After, a number or a date; None where there is none that makes sense."""
    said = response.headers.get("retry-after", "").strip()
    if said.isdecimal():
        return float(said)
    try:
        return max(0.0, (parsedate_to_datetime(said) - datetime.now(UTC)).total_seconds())
    except (ValueError, TypeError):
        return None


def _plain(text: str) -> str:
    return "".join(sign for sign in text if sign.isprintable())[:80]


def _noted(note: Path) -> str:
    try:
        said: Any = json.loads(note.read_text("utf-8"))
    except (OSError, ValueError):
        return ""
    return said if isinstance(said, str) else ""


def _check(file: File, path: Path, *, packed: bool) -> None:
    """Raises FhirServerError when a file is not whole: broken off, of another type, or of fewer resources than were told."""
    count, first, last = 0, b"", b""
    try:
        with gzip.open(path) if packed else path.open("rb") as lines:
            for line in lines:
                if line.strip():
                    count, first, last = count + 1, first or line, line
    except (OSError, EOFError) as error:
        raise FhirServerError("not-fhir", f"the file of {file.kind} is broken off ({type(error).__name__})") from None
    for line in (first, last) if count else ():
        try:
            read: Any = json.loads(line)
        except (ValueError, RecursionError):
            read = None
        kind = cast("dict[str, Any]", read).get("resourceType") if isinstance(read, dict) else None
        if kind != file.kind:
            raise FhirServerError("not-fhir", f"the file of {file.kind} is broken off or holds something else")
    if file.count is not None and count != file.count:
        raise FhirServerError("not-fhir", f"the file of {file.kind} has {count:,} resources; the server told of {file.count:,}")
