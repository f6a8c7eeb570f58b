"""neomag cohort report: whom did we miss? A page, tables and a summary from the folder of a run."""

from __future__ import annotations

import json
from pathlib import Path

import click

from neomag.cli.common import fail


@click.command("report")
@click.argument("run_dir", type=click.Path(path_type=Path))
@click.option(
    "--out", required=True, type=click.Path(path_type=Path), help="Folder for report.html, report.json and a CSV a table."
)
@click.option("--lists", is_flag=True, help="Also write line lists with infants' ids to OUT/lists: not for sharing.")
@click.option(
    "--hide-below",
    type=click.IntRange(min=0),
    metavar="N",
    help="Hide counts below N (default 5; 0 shows all: not for sharing).",
)
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", help="How to print.")
def report(run_dir: Path, out: Path, lists: bool, hide_below: int | None, form: str) -> None:
    """Answer the ready-made questions over a finished run: magnesium never measured or late after a seizure or tetany, calcium
    given twice without a level, low levels not followed up, levels misread by the adult interval, and more.

    RUN_DIR is the folder that `neomag cohort run --out` wrote. The page works without a network and holds no infant's id.
    Exit status 2 when the run cannot be read.
    """
    from neomag.cohort.report import ReportInputError, make_report
    from neomag.cohort.report.write import PAGE, SUMMARY, summary, write_report
    from neomag.knowledge import KnowledgeError

    old = out / "lists"
    try:
        if out.exists() and not out.is_dir():
            raise ReportInputError(f"{out}: not a folder; --out names the folder to write to")
        if not lists and old.is_dir():
            raise ReportInputError(f"{old}: line lists of an earlier report, with infants' ids; remove them, or add --lists")
        made = make_report(run_dir, below=hide_below, lists=old if lists else None)
        written = write_report(made, out)
    except KnowledgeError as error:
        fail(*error.problems)
    except (ReportInputError, OSError) as error:
        fail(str(error))
    if form == "json":
        click.echo(json.dumps(summary(made), ensure_ascii=False, indent=2))
        return
    for answer in (a for a in made.answers.values() if a.question.brief):
        share = "" if answer.share is None else f" ({answer.share:.1%})"
        click.echo(f"{answer.number!s:>9} of {answer.of!s:<9}{share:<10} {answer.question.short}")
    click.echo(f"{out / PAGE}, {SUMMARY}, {len(written) - 2} CSV files")
