"""neomag cohort run: every rule for every infant, at one or many moments."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from neomag.cli.common import fail, loaded

if TYPE_CHECKING:
    from neomag.cohort.settings import Settings

STOPPED = 130


@click.command()
@click.argument("source")
@click.option("--out", required=True, type=click.Path(path_type=Path), help="The folder to write; a new or empty one.")
@click.option("--layout", help="flat, fhir, omop, mimic-iii, mimic-iv or eicu; without it, by the files there are.")
@click.option("--engine", type=click.Choice(["duckdb", "spark"]), default="duckdb", show_default=True, help="What answers.")
@click.option(
    "--moments", default="results", show_default=True, metavar="WHICH",
    help="results, events, daily, last, ages such as 24h,7d, or a CSV file of infant and now.",
)  # fmt: skip
@click.option("--chunk", type=click.IntRange(1), metavar="N", help="At most about N infants at a time; by default what fits.")
@click.option("--memory", default="2GB", show_default=True, metavar="SIZE", help="The most memory to use.")
@click.option("--threads", type=click.IntRange(1), metavar="N", help="By default every core (Spark on this machine: 2).")
@click.option("--intervals", type=click.Path(path_type=Path), help="The laboratory's own intervals (JSON or YAML).")
@click.option(
    "--site-codes", type=click.Path(path_type=Path), multiple=True, help="The site's own codes (CSV). May be repeated."
)
@click.option("--zone", default="UTC", show_default=True, help="Of times that carry none, such as Europe/Paris.")
@click.option("--restart", is_flag=True, help="Start over: clear what an earlier run wrote in the folder.")
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", help="How to print the summary.")
def run(form: str, **given: Any) -> None:
    """Answer every rule for every infant of SOURCE, at each moment asked for, into the folder --out.

    SOURCE is a folder, a file or a database's address. Ctrl-C stops after saying how to go on; the same command goes on
    without doing finished chunks again. Exit status 2 when something cannot be read or written, 130 when stopped.
    """
    from neomag.cohort.job import JobError
    from neomag.cohort.moments import MomentsError
    from neomag.cohort.progress import progress
    from neomag.cohort.run import run as run_cohort
    from neomag.cohort.settings import RunError
    from neomag.cohort.stopping import Stopped
    from neomag.rules import rulebook

    loaded()
    try:
        from neomag.cohort.readers import SourceError
    except ImportError as error:
        fail(f"a cohort needs the extra `cohort`: pip install 'neomag[cohort]' ({error.name})")
    try:
        settings = _settings(given)
        with progress(sys.stderr) as shown:
            record = run_cohort(settings, shown, rulebook())
    except Stopped:
        click.echo(f"neomag: stopped; what is finished is kept in {given['out']}. Run the same command to go on.", err=True)
        sys.exit(STOPPED)
    except (JobError, MomentsError, RunError, SourceError) as error:
        fail(*str(error).splitlines())
    if form == "json":
        click.echo(json.dumps({key: record[key] for key in record if key != "parts"}, ensure_ascii=False, indent=2))
    else:
        _show(record, given["out"])


def _settings(given: dict[str, Any]) -> Settings:
    from neomag.cohort.moments import parse
    from neomag.cohort.settings import Settings, memory, zone

    read: dict[str, Any] = {"moments": parse(given["moments"]), "memory": memory(given["memory"]), "zone": zone(given["zone"])}
    return Settings(**(given | read))


def _show(record: dict[str, Any], out: Path) -> None:
    counts = record["counts"]
    click.echo(f"{counts['infants']:,} infants, {counts['events']:,} events, {counts['moments']:,} moments answered.")
    if without := counts["infants without a moment"]:
        click.echo(f"{without:,} infants have no moment: no event of the kind asked for has a time and a known code.")
    for what in ("urgency", "status", "suspicion"):
        said = ", ".join(f"{name} {rows:,}" for name, rows in counts[what].items())
        click.echo(f"{what}: {said or 'none'}")
    problems = counts["problems"]
    click.echo("problems: " + (", ".join(f"{name} {rows:,}" for name, rows in problems.items()) or "none"))
    click.echo(f"in {record['seconds'].get('total', sum(record['seconds'].values())):,.1f} s; see {out}")


@click.command("spark-script")
def spark_script() -> None:
    """Print the file that spark-submit is to run: spark-submit --master … $(neomag cohort spark-script) SOURCE --out DIR."""
    import importlib.util

    found = importlib.util.find_spec("neomag.cohort.spark_run")
    click.echo(found.origin if found else "")
