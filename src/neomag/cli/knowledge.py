"""neomag knowledge: look at the knowledge, check it, and see what a change of it changes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from neomag.cli.common import COLOR, console, fail, loaded, no_such

if TYPE_CHECKING:
    from neomag.knowledge import Source


# Those of neomag.knowledge_list, which would take too long to import for every command.
LISTS = ["rules", "findings", "intervals", "actions", "causes", "consider", "claims"]
FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)


@click.group()
def knowledge() -> None:
    """Look at the knowledge: rules, intervals, sources, and what differs between two versions."""


@knowledge.command()
@click.argument("folder", required=False, type=FOLDER)
def check(folder: Path | None) -> None:
    """Check that the knowledge (or the one in FOLDER) holds together.

    Names, types, units, sources, overlaps and gaps of intervals, foods, and the tables for cohorts. Exit status 2, with a line
    a problem, when it does not.
    """
    from neomag.cohort import checks as cohort
    from neomag.knowledge import KnowledgeError, load
    from neomag.knowledge.caregiver_checks import check_caregiver
    from neomag.knowledge.cds_checks import check_cds
    from neomag.knowledge.feeding_checks import check_feeding, counted
    from neomag.rules import rulebook

    try:
        book = rulebook(load(folder))
    except KnowledgeError as error:
        fail(*error.problems)
    known = book.knowledge
    if problems := [*check_feeding(known), *check_cds(known), *check_caregiver(known), *cohort.check_cohort(known)]:
        fail(*problems)
    click.echo(
        f"Knowledge {known.version} holds together: {len(known.rules)} rules over {len(book.findings)} findings, "
        f"{len(known.intervals)} intervals, {len(known.sources)} sources, {len(known.claims)} claims."
    )
    if (Path(known.directory) / "feeding").is_dir():
        click.echo(counted(Path(known.directory)))
    if (Path(known.directory) / "cohort").is_dir():
        click.echo(cohort.counted(known))


@knowledge.command("list")
@click.argument("what", default="rules", type=click.Choice(LISTS))
def list_(what: str) -> None:
    """List rules, findings, intervals, actions, causes, differential diagnoses or claims, a line each."""
    from neomag.knowledge_list import listed

    rows = listed(loaded(), what)
    width = max(len(name) for name, _ in rows)
    for name, says in rows:
        click.echo(f"{name:<{width}}  {says}")


def _written(source: Source) -> str:
    year = f" ({source.year})" if source.year else ""
    return f"{source.title}{year}, {source.link or 'no address'}, read: {source.read}"


@knowledge.command()
@click.argument("entry", metavar="ID")
@COLOR
def show(entry: str, color: str) -> None:
    """Show one entry (a rule, finding, interval, action, cause, source …) with its sources in full."""
    from rich.table import Table

    from neomag.knowledge_list import entries, sources_of

    known = loaded()
    found = entries(known)
    if entry not in found:
        no_such("entry", entry, found)
    fields = found[entry]
    table = Table.grid(padding=(0, 2))
    table.add_row("id", entry)
    for name, value in fields.items():
        table.add_row(name, value if isinstance(value, str) else json.dumps(value, ensure_ascii=False))
    for key in sources_of(fields):
        table.add_row(key, _written(known.sources[key]))
    console(color).print(table)


@knowledge.command()
@click.argument("keys", nargs=-1)
@COLOR
def sources(keys: tuple[str, ...], color: str) -> None:
    """Show the bibliography, or the sources named by KEYS: title, year, address, and how far each was read."""
    from rich.table import Table

    known = loaded()
    for key in keys:
        if key not in known.sources:
            no_such("source", key, known.sources)
    table = Table(box=None, padding=(0, 1), show_header=False)
    for source in known.sources.values():
        if not keys or source.key in keys:
            table.add_row(source.key, _written(source))
    console(color).print(table)


@knowledge.command()
@click.argument("a", type=FOLDER)
@click.argument("b", required=False, type=FOLDER)
@click.option("--cases", type=click.Path(exists=True, path_type=Path), help="Compare on these, not the published ones.")
def diff(a: Path, b: Path | None, cases: Path | None) -> None:
    """Say which published cases change their answer between the knowledge in folder A and that in B (default: in force).

    Exit status 1 when any does, 0 when none does, as diff does.
    """
    from neomag.cli.assess import EXAMPLES, read_cases
    from neomag.knowledge import KnowledgeError, directory, load
    from neomag.knowledge_diff import changed_entries, changed_lines
    from neomag.rules import rulebook

    try:
        books = [rulebook(load(folder.resolve())) for folder in (a, b or directory())]
    except KnowledgeError as error:
        fail(*error.problems)
    entries = changed_entries(books[0].knowledge, books[1].knowledge)
    for line in entries:
        click.echo(line)
    failures: list[str] = []
    changed = 0
    for case in read_cases((str(cases or EXAMPLES),), failures):
        lines = changed_lines(case, *books)
        changed += bool(lines)
        for line in lines:
            click.echo(f"{case.name}: {line}")
    click.echo(f"{len(entries)} entries differ; {changed} cases change their answer.")
    raise SystemExit(2 if failures else 1 if changed else 0)
