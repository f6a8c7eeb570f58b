"""Where a cohort comes from: a source of one layout, staged once to Parquet by bucket of infants, then loaded bucket by bucket.

A layout is one module of this folder with `detects(where) -> bool` and `source(where, options) -> Source`.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from neomag.cohort.readers.staging import SourceError, Staged, piece
from neomag.nearest import nearest

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

# In order of detection: what the files of an earlier layout look like, no later one may claim.
LAYOUTS = ("fhir", "mimic", "eicu", "omop", "flat")

__all__ = ["LAYOUTS", "Options", "Source", "SourceError", "Staged", "open_source", "piece"]


@dataclass(frozen=True, slots=True)
class Options:
    """How a source is to be read: a site's own tables of codes (they add to, and override, the shipped ones), and the zone of
    times that carry none (a name of the IANA database)."""

    codes: tuple[Path, ...] = ()
    zone: str = "UTC"


class Source(Protocol):
    """A source of one layout."""

    layout: str
    where: str

    def stage(self, con: DuckDBPyConnection, workdir: Path, buckets: int) -> None:
        """Write infants, raw_events and problems as Parquet under `workdir`, by bucket of infants, with `piece`.

        Pieces that are finished already are kept, so that a run that was stopped goes on. Raises SourceError.
        """
        ...


def open_source(where: str | Path, layout: str | None = None, options: Options | None = None) -> Source:
    """The source at `where` (a folder, file or database URL), of the layout its files show, or of `layout`.

    Raises SourceError when there is nothing there, no layout fits, or `layout` is not one of LAYOUTS.
    """
    where, options = str(where), options or Options()
    if layout is not None:
        if layout not in LAYOUTS:
            near = nearest(layout, LAYOUTS)
            hint = f"; is it `{near}`?" if near else ""
            raise SourceError(f"layout `{layout}` is not known{hint} Accepted: {', '.join(LAYOUTS)}")
        return _module(layout).source(where, options)
    if "://" not in where and not Path(where).exists():
        raise SourceError(f"{where}: no such file or folder")
    for name in LAYOUTS:
        module = _module(name)
        if module.detects(where):
            return module.source(where, options)
    raise SourceError(f"{where}: the files show no known layout; name one of {', '.join(LAYOUTS)} with --layout")


def _module(layout: str) -> Any:
    return import_module(f"neomag.cohort.readers.{layout}")
