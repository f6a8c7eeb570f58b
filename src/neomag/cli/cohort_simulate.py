"""neomag cohort simulate: made-up infants with a known truth."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from neomag.cli.common import fail, loaded


@click.command()
@click.option("--infants", type=int, required=True, metavar="N", help="How many.")
@click.option("--out", type=click.Path(path_type=Path), required=True, help="The folder to write; a new or empty one.")
@click.option("--seed", type=int, default=1, show_default=True, help="The same seed gives the same infants.")
@click.option("--events", type=float, default=30, show_default=True, metavar="N", help="Events an infant, on average.")
@click.option(
    "--form", type=click.Choice(["flat", "fhir"]), default="flat", show_default=True, help="Parquet, or FHIR bulk NDJSON."
)
@click.option("--gzip", "gzipped", is_flag=True, help="Compress the NDJSON.")
@click.option("--threads", type=click.IntRange(1), metavar="N", help="By default every core; the infants are the same.")
def simulate(infants: int, out: Path, seed: int, events: float, form: str, gzipped: bool, threads: int | None) -> None:
    """Write N made-up infants, with levels by age, spoilt samples, several units and gaps, and the truth beside them.

    `cohort run` reads either form; with fhir, give it the site_codes.csv written beside it (--site-codes). truth.parquet
    says who lacks magnesium. Exit status 2 for what cannot be made.
    """
    loaded()
    try:
        import duckdb  # noqa: F401  # pyright: ignore[reportUnusedImport]
    except ImportError as error:
        fail(f"a cohort needs the extra `cohort`: pip install 'neomag[cohort]' ({error.name})")
    from neomag.cohort.progress import progress
    from neomag.cohort.simulate import SimulateError
    from neomag.cohort.simulate import simulate as made

    if gzipped and form == "flat":
        fail("--gzip is for --form fhir; Parquet is compressed already")
    done = 0

    def told(total: int) -> None:
        nonlocal done
        shown.advance(total - done)
        done = total

    try:
        with progress(sys.stderr) as shown:
            shown.phase("drawing", infants, 0, "infants")
            note = made(
                out, infants, seed, events, "fhir" if form == "fhir" else "flat", gzipped=gzipped, threads=threads, told=told
            )
    except SimulateError as error:
        fail(str(error))
    except OSError as error:
        fail(f"{out}: {error.strerror}")
    click.echo(f"{note.infants:,} made-up infants, {note.events:,} events, seed {seed}: {out}")
