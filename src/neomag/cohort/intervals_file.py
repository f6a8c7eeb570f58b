"""Writes local intervals: a file a band that a case and `cohort run --intervals` take, and all bands with their grounds."""

from __future__ import annotations

import csv
import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from neomag.cohort.intervals import IntervalsError, LocalInterval, said, short

TABLE, WHOLE = "intervals.csv", "intervals.json"
_COLUMNS = (
    "analyte", "band", "low", "high", "unit", "low from", "low to", "high from", "high to", "results", "refused", "file"
)  # fmt: skip


def name(of: LocalInterval) -> str:
    """The file of a band: `magnesium-1mo-12mo.yaml`."""
    return f"{of.analyte}-{short(of.band.start)}-{short(of.band.end)}.yaml"


def snippet(of: LocalInterval, source: str) -> str:
    """The block `intervals` of a case for one band, with where it is from as comments."""
    assert of.low_between is not None
    assert of.high_between is not None
    confidence = round(said()["interval"]["confidence"] * 100)
    left = ", ".join(f"{count:,} {reason}" for reason, count in sorted(of.left_out.items())) or "none"
    lines = [
        f"# {of.analyte}, {of.band.written}: the laboratory's own interval, from {of.results:,} routine results ({source}).",
        f"# {confidence} % confidence: low {of.low_between[0]:.3f} to {of.low_between[1]:.3f}, "
        f"high {of.high_between[0]:.3f} to {of.high_between[1]:.3f} {of.unit}. Left out: {left}.",
        "# Indirect method of neomag (docs/cohort-intervals.md). For this age only; to be checked by the laboratory.",
        "intervals:",
        f"  {of.analyte}: {{low: {of.low:g}, high: {of.high:g}, unit: {of.unit}}}",
    ]
    return "\n".join(lines) + "\n"


def write(found: Sequence[LocalInterval], folder: Path, source: str) -> None:
    """Write a folder of intervals. Raises IntervalsError when something else is in the folder."""
    ours = {TABLE, WHOLE, *(name(of) for of in found)}
    if folder.exists() and (not folder.is_dir() or {path.name for path in folder.iterdir()} - ours):
        raise IntervalsError(f"{folder}: holds other files; name a new folder")
    folder.mkdir(parents=True, exist_ok=True)
    method: dict[str, Any] = {"says": said()["method"]["says"], "sources": said()["method"]["sources"]}
    whole = {"source": source, "method": method, "bands": [asdict(of) for of in found]}
    (folder / WHOLE).write_text(json.dumps(whole, ensure_ascii=False, indent=2) + "\n", "utf-8")
    with (folder / TABLE).open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file, lineterminator="\n")
        rows.writerow(_COLUMNS)
        for of in found:
            between = [f"{x:.3f}" for pair in (of.low_between, of.high_between) if pair for x in pair] or [""] * 4
            good = of.low is not None and not of.refused
            limits = [f"{of.low:g}", f"{of.high:g}"] if good else ["", ""]
            rows.writerow(
                [of.analyte, of.band.written, *limits, of.unit, *between, of.results, of.refused, name(of) if good else ""]
            )
            path = folder / name(of)
            if good:
                path.write_text(snippet(of, source), "utf-8")
            else:
                path.unlink(missing_ok=True)
