"""What a run is asked: read, checked, and written down so that a later run can tell whether it is asked the same."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import neomag
from neomag.cohort import moments as at
from neomag.cohort.job import fingerprint
from neomag.knowledge.loader import directory
from neomag.zones import zone_of

if TYPE_CHECKING:
    from neomag.cohort.readers import Source
    from neomag.knowledge import Knowledge

Limits = dict[str, tuple[float | None, float | None]]

_MEMORY = re.compile(r"(\d+(?:\.\d+)?)\s*(MB|GB|TB)", re.IGNORECASE)
_SIZES = {"MB": 10**6, "GB": 10**9, "TB": 10**12}
# With less, DuckDB cannot hold one bucket of infants and the plan of all rules at once.
LEAST_MEMORY = 300 * 10**6


class RunError(ValueError):
    """A run that cannot be made as asked; one line that says what would be accepted."""


@dataclass(frozen=True, slots=True)
class Settings:
    """How to run. `memory` in bytes for all of the process; `chunk` infants at most a chunk (None: by the number of rows)."""

    source: str
    out: Path
    layout: str | None = None
    engine: str = "duckdb"
    moments: at.Moments = at.RESULTS
    chunk: int | None = None
    memory: int = 2 * 10**9
    threads: int | None = None
    intervals: Path | None = None
    site_codes: tuple[Path, ...] = ()
    zone: str = "UTC"
    restart: bool = False

    @property
    def cores(self) -> int:
        """Threads to run on."""
        return self.threads or os.cpu_count() or 1


def memory(text: str) -> int:
    """Bytes of a size such as `2GB`. Raises RunError."""
    match = _MEMORY.fullmatch(text.strip())
    size = int(float(match[1]) * _SIZES[match[2].upper()]) if match else 0
    if size < LEAST_MEMORY:
        raise RunError(f"memory `{text[:40]}`: write a size such as 2GB, at least {LEAST_MEMORY // 10**6}MB")
    return size


def zone(name: str) -> str:
    """The name of a time zone. Raises RunError."""
    try:
        return zone_of(name).key
    except ValueError as error:
        raise RunError(f"zone `{name[:40]}` is not known; {error}") from None


def local_limits(file: Path | None, knowledge: Knowledge) -> Limits:
    """The laboratory's own limits by analyte, in canonical units, from a file of the form that `assess` takes.

    A JSON or YAML mapping as under `intervals` of a case, or one that has it under that key. Raises RunError.
    """
    from neomag.case import Case, CaseError
    from neomag.case.documents import DocumentError, parse

    if file is None:
        return {}
    try:
        documents = parse(file.read_bytes(), name=file.name)
        given = documents[0] if len(documents) == 1 else None
        if not isinstance(given, Mapping):
            raise RunError(f"{file}: write a mapping of analytes, each with low, high and unit")
        mapping = cast(Mapping[str, Any], given)
        made = Case.from_dict({"infant": {}, "now": "1 d", "events": [], "intervals": mapping.get("intervals", mapping)})
    except OSError as error:
        raise RunError(f"{file}: {error.strerror}") from None
    except (DocumentError, CaseError) as error:
        raise RunError(f"{file}: {error}") from None
    if not made.intervals:
        raise RunError(f"{file}: holds no interval")
    return dict(made.intervals)


def asked_of(settings: Settings, source: Source, limits: Limits, knowledge: Knowledge) -> dict[str, Any]:
    """What decides the numbers of a run, for run.json. Memory and threads do not, so a resumed run may change them."""
    where = Path(source.where)
    return {
        "source": hidden(source.where),
        "source files": fingerprint([where]) if where.exists() else None,
        "layout": source.layout,
        "engine": settings.engine,
        "moments": _moments(settings.moments),
        "moments file": _content(settings.moments.file),
        "chunk": settings.chunk,
        "intervals": {name: list(pair) for name, pair in limits.items()} or None,
        "zone": settings.zone,
        "site codes": {path.name: _content(path) for path in settings.site_codes} or None,
        "knowledge": {"version": knowledge.version, "digest": knowledge.digest},
        "code tables": {"digest": _codes()},
        "neomag": neomag.__version__,
        # Its hash divides the infants.
        "duckdb": version("duckdb"),
    }


def hidden(where: str) -> str:
    """A database's address without its user and password."""
    return re.sub(r"(?<=://)[^/@]*@|(?<=password=)[^\s&]+", "", where)


def _codes() -> str:
    """A digest of the tables of codes, which the digest of the knowledge leaves out."""
    total = hashlib.sha256()
    for path in sorted((directory() / "cohort").glob("*")):
        total.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    return total.hexdigest()


def _moments(moments: at.Moments) -> str:
    if moments.file is not None:
        return moments.file.name
    return ",".join(f"{age}s" for age in moments.ages) if moments.ages else moments.kind


def _content(file: Path | None) -> dict[str, str] | None:
    """The digest of a small file's content. Raises RunError."""
    try:
        return None if file is None else {"digest": hashlib.sha256(file.read_bytes()).hexdigest()}
    except OSError as error:
        raise RunError(f"{file}: {error.strerror}") from None
