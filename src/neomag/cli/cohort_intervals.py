"""neomag cohort intervals: a laboratory's own reference intervals from its routine results."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from neomag.cli.common import COLOR, console, fail, loaded

if TYPE_CHECKING:
    from neomag.cohort.intervals import LocalInterval

NONE = 3


@click.command()
@click.argument("source", metavar="RUN", type=click.Path(path_type=Path))
@click.option("--out", required=True, type=click.Path(path_type=Path), help="The folder to write.")
@click.option("--analyte", default="magnesium", show_default=True, metavar="CODE", help="Of `neomag knowledge codes lab`.")
@click.option("--bands", "written", metavar="AGES", help="Ages that follow each other, such as `birth,24 h,7 d,1 mo,12 mo`.")
@click.option("--seed", type=click.IntRange(0), default=1, show_default=True, help="Of the resamples.")
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", help="How to print.")
@COLOR
def intervals(source: Path, out: Path, analyte: str, written: str | None, seed: int, form: str, color: str) -> None:
    """Estimate reference intervals by age from the results of RUN: the folder of a finished `cohort run`, or flat Parquet.

    Writes a file a band that goes into a case (`intervals:`) or to `cohort run --intervals`, and a table. A band with too few
    results is refused. Exit status 3 when every band is, 2 when RUN cannot be read.
    """
    knowledge = loaded()
    try:
        import duckdb
        import numpy as np  # noqa: F401  # pyright: ignore[reportUnusedImport]
    except ImportError as error:
        fail(f"a cohort needs the extra `cohort`: pip install 'neomag[cohort]' ({error.name})")
    from neomag.cohort.intervals import IntervalsError, bands, estimate
    from neomag.cohort.intervals_file import write

    try:
        found = estimate(source, knowledge, analyte, bands(written), seed)
        write(found, out, source.name)
    except IntervalsError as error:
        fail(str(error))
    except OSError as error:
        fail(f"{out}: {error.strerror}")
    except duckdb.Error as error:
        fail(f"{source}: {str(error).splitlines()[0]}")
    if form == "json":
        click.echo(json.dumps([asdict(of) for of in found], ensure_ascii=False, indent=2))
    else:
        _show(found, out, color)
    sys.exit(0 if any(not of.refused for of in found) else NONE)


def _show(found: tuple[LocalInterval, ...], out: Path, color: str) -> None:
    from rich.table import Table

    table = Table(box=None, pad_edge=False)
    for heading in ("age", "low", "high", "unit", "low lies in", "high lies in", "results", "taken for ill"):
        table.add_column(heading)
    for of in found:
        if of.refused or of.low_between is None or of.high_between is None:
            table.add_row(of.band.written, "–", "–", "", "", "", f"{of.results:,}", of.refused)
            continue
        ill = f"{of.low_share or 0:.1%} low, {of.high_share or 0:.1%} high"
        between = [f"{a:.3f} to {b:.3f}" for a, b in (of.low_between, of.high_between)]
        table.add_row(of.band.written, f"{of.low:g}", f"{of.high:g}", of.unit, *between, f"{of.results:,}", ill)
    shown = console(color)
    shown.print(table)
    shown.print(f"An estimate of an indirect method, to be checked by the laboratory. Files in {out}.", markup=False)
