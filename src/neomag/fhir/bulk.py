"""Bulk Data Access: a FHIR server is told to export its patients, asked until it is done, and its files are fetched.

The token goes to the server's own address only. A file elsewhere is fetched without it, and not at all when it wants one.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urljoin, urlsplit

import httpx

from neomag.fhir.backend import Backend, safe
from neomag.fhir.client import FhirServerError
from neomag.fhir.export import File, Manifest, check, files, next_page
from neomag.fhir.responses import codes_of, plain, read, refused, retry_after

NDJSON = "application/fhir+ndjson"
# Seconds between two questions, where the server does not say how long to wait.
_FIRST, _LONGEST = 1.0, 60.0
# A connection that breaks, and a server that says it is busy, are tried again so often in a row.
_TRIES = 6
_BUSY = {429, 502, 503, 504}


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

    def begin(self, types: Sequence[str], since: str | None = None, group: str | None = None) -> str:
        """Have an export of all patients, or of a group, begin: the address where to ask about it. Raises FhirServerError."""
        query = {"_type": ",".join(types), "_outputFormat": NDJSON} | ({"_since": since} if since else {})
        path = f"Group/{group}/$export" if group else "Patient/$export"
        headers = {"Accept": "application/fhir+json", "Prefer": "respond-async"}
        with self._sent("GET", f"{self._base}{path}?{urlencode(query)}", headers) as response:
            if response.status_code != 202:
                raise refused("the export", response)
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
                    return self._manifest(read(response), where)
                if response.status_code in {404, 410}:
                    raise Gone("not-found", "the server no longer knows the export", status=response.status_code)
                codes = [] if response.status_code == 202 else codes_of(response)
                # An error that says so passes by itself.
                if response.status_code != 202 and "transient" not in codes:
                    raise refused("the export", response, codes)
                progress = plain(response.headers.get("x-progress", ""))
                asked = retry_after(response)
            if progress and progress != said:
                said = progress
                self.told(f"export: {said}")
            pause = pause if asked is None else max(asked, _FIRST)
            if time.monotonic() + pause > end:
                raise FhirServerError("timeout", f"the export is not done within {self.longest:g} s; the same command goes on")
            self.sleep(pause)
            pause = min(pause * 2, _LONGEST)

    def _manifest(self, said: Mapping[str, Any], where: str) -> Manifest:
        output, errors = list(files(said, "output", where)), list(files(said, "error", where))
        at, private, page = said.get("transactionTime"), said.get("requiresAccessToken"), said
        seen = {where}
        while following := next_page(page, where):
            # Later versions of the standard give a long manifest in pages.
            if following in seen:
                raise FhirServerError("not-fhir", "the pages of the manifest lead in a circle")
            seen.add(following)
            with self._sent("GET", self._own(following), {"Accept": "application/json"}) as response:
                if response.status_code != 200:
                    raise refused("the manifest", response)
                page = read(response)
            output += files(page, "output", where)
            errors += files(page, "error", where)
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
            check(file, part, packed=packed)
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
                raise refused(f"the file of {file.kind}", response)
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
                asked = retry_after(response)
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


def _noted(note: Path) -> str:
    try:
        said: Any = json.loads(note.read_text("utf-8"))
    except (OSError, ValueError):
        return ""
    return said if isinstance(said, str) else ""
