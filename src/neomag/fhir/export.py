"""What an export of Bulk Data gives: its manifest, and files that are whole or refused."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast
from urllib.parse import urljoin

from neomag.fhir.client import FhirServerError


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


def files(said: Mapping[str, Any], name: str, where: str) -> Iterator[File]:
    """The files of a list of a manifest, which came from the address `where`. Raises FhirServerError."""
    listed: Any = said.get(name)
    if listed is None:
        return
    if not isinstance(listed, list):
        raise FhirServerError("not-fhir", "what the server gave is no manifest of an export")
    for one in cast("list[Any]", listed):
        entry = cast("dict[str, Any]", one) if isinstance(one, dict) else {}
        kind, url, count = entry.get("type"), entry.get("url"), entry.get("count")
        # The type becomes the name of a file.
        if not isinstance(kind, str) or not kind.isascii() or not kind.isalpha() or not isinstance(url, str):
            raise FhirServerError("not-fhir", "the manifest names a file without its type or address")
        yield File(kind, urljoin(where, url), count if isinstance(count, int) and not isinstance(count, bool) else None)


def next_page(said: Mapping[str, Any], where: str) -> str | None:
    """Where a manifest goes on, for those that come in pages."""
    links: Any = said.get("link")
    for link in cast("list[Any]", links) if isinstance(links, list) else []:
        found = cast("dict[str, Any]", link) if isinstance(link, dict) else {}
        if found.get("relation") == "next" and isinstance(found.get("url"), str):
            return urljoin(where, found["url"])
    return None


def check(file: File, path: Path, *, packed: bool) -> None:
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
