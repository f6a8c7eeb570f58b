"""What pages load: styles, scripts and pictures that ship with the package, all under the digest of their content."""

from __future__ import annotations

import gzip
from dataclasses import dataclass
from functools import cache
from hashlib import blake2b
from importlib.resources import files
from importlib.resources.abc import Traversable

from neomag.web.engine import generated

PATH = "/static"
_TYPES = {
    "css": "text/css", "js": "text/javascript", "json": "application/json", "svg": "image/svg+xml",
    "png": "image/png", "webmanifest": "application/manifest+json", "txt": "text/plain",
}  # fmt: skip
_CHARTS = ("vega.min.js", "vega-lite.min.js", "vega-embed.min.js", "LICENCES.txt")
# Below so many bytes packing saves nothing.
_SMALL = 512


@dataclass(frozen=True, slots=True)
class Asset:
    """A file that pages load. `packed` is it in gzip, None where that saves nothing."""

    name: str
    body: bytes
    packed: bytes | None
    digest: str
    media_type: str


def _walk(folder: Traversable, under: str = "") -> dict[str, bytes]:
    found: dict[str, bytes] = {}
    for entry in sorted(folder.iterdir(), key=lambda e: e.name):
        if entry.is_dir():
            found |= _walk(entry, f"{under}{entry.name}/")
        elif entry.name.rpartition(".")[2] in _TYPES:
            found[under + entry.name] = entry.read_bytes()
    return found


def asset(name: str, body: bytes) -> Asset:
    """A file of this content."""
    packed = gzip.compress(body, 9, mtime=0) if len(body) > _SMALL else None
    if packed is not None and len(packed) > 0.9 * len(body):
        packed = None
    return Asset(name, body, packed, blake2b(body, digest_size=8).hexdigest(), _TYPES[name.rpartition(".")[2]])


@cache
def assets() -> dict[str, Asset]:
    """Every file of `static/` by its name there, and those made of the knowledge in force.

    The charts' are those that the report of cohorts ships, with their licences.
    """
    charts = files("neomag.cohort.report") / "static"
    found = _walk(files("neomag.web") / "static") | {f"charts/{name}": (charts / name).read_bytes() for name in _CHARTS}
    return {name: asset(name, body) for name, body in (found | generated()).items()}


@cache
def release() -> str:
    """The digest of all files together. Scripts import each other by relative names, so all stand under one release."""
    whole = blake2b(digest_size=8)
    for name, one in assets().items():
        whole.update(f"{name}\0{one.digest}\0".encode())
    return whole.hexdigest()


def address(name: str) -> str:
    """Where a page loads a file from. Raises KeyError for one that there is not."""
    return f"{PATH}/{release()}/{assets()[name].name}"
