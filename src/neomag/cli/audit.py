"""neomag audit: what was done, and that nobody changed the record of it."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from datetime import timedelta
from pathlib import Path

import click

from neomag.cli.common import fail
from neomag.cli.store_options import actor, opened, settings_of, store_options

BROKEN = 1
_FORMAT = click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", help="How to print.")


@click.group()
def audit() -> None:
    """The audit trail of the service: check it, show it, shorten what is kept."""


@audit.command()
@store_options
@click.option("--anchor", metavar="N:HASH", help="What `neomag audit head` printed before, kept outside the database.")
@_FORMAT
def verify(url: str | None, file: Path | None, anchor: str | None, form: str) -> None:
    """Check the chain of the trail, and that the records are those it tells of.

    Exit status 1 when something was changed, is missing, reordered or cut off: each is named.
    """
    settings = settings_of(url, file)
    from neomag.service.store import Anchor

    try:
        kept = None if anchor is None else Anchor.parse(anchor)
    except ValueError as error:
        fail(f"--anchor: {error}")
    with opened(settings) as store:
        end, breaks = store.head(), store.verify(kept)
    if form == "json":
        said = {"whole": not breaks, "entries": end.sequence, "head": str(end), "breaks": [asdict(one) for one in breaks]}
        click.echo(json.dumps(said, indent=2))
    elif breaks:
        for one in breaks:
            click.echo(f"{one.kind}: {one.says}")
    else:
        click.echo(f"The audit trail is whole: {end.sequence:,} entries, head {end}")
    sys.exit(BROKEN if breaks else 0)


@audit.command()
@store_options
def head(url: str | None, file: Path | None) -> None:
    """Print where the trail ends. Kept elsewhere, it shows later that nothing before it was rewritten or cut off."""
    with opened(settings_of(url, file)) as store:
        click.echo(str(store.head()))


@audit.command()
@store_options
@click.option("--after", type=click.IntRange(0), default=0, metavar="N", help="Begin after entry N.")
@click.option("--most", type=click.IntRange(1, 100_000), default=100, show_default=True, metavar="N", help="At most N entries.")
@click.option("--subject", metavar="ID", help="Only what was done to this record.")
@_FORMAT
def show(url: str | None, file: Path | None, after: int, most: int, subject: str | None, form: str) -> None:
    """Print entries of the trail, one a line."""
    settings = settings_of(url, file)
    from neomag.service.store.audit import content

    with opened(settings) as store:
        for entry in store.entries(after, most, subject):
            if form == "json":
                click.echo(json.dumps(content(entry) | {"hash": entry.hash}))
            else:
                detail = "" if entry.detail == "{}" else f"  {entry.detail}"
                click.echo(f"{entry.sequence:>8}  {entry.at}  {entry.actor}  {entry.action}  {entry.subject}{detail}")


@audit.command()
@store_options
@click.option("--days", type=click.IntRange(1, 36_500), metavar="N", help="Keep N days; without it, as retention_days is set.")
def prune(url: str | None, file: Path | None, days: int | None) -> None:
    """Delete assessments and feedback older than they are kept. The trail stays, and says so.

    Where nothing says how long they are kept, only replies to repeated requests and used tokens go.
    """
    settings = settings_of(url, file)
    kept = days or settings.retention_days
    with opened(settings) as store:
        time = None if kept is None else timedelta(days=kept)
        went = store.prune(time, actor=actor(), replies=timedelta(hours=settings.idempotency_hours))
    click.echo(", ".join(f"{kind} {count:,}" for kind, count in went.items()))
    if kept is None:
        click.echo("neomag: assessments and feedback stay: to delete them give --days, or set retention_days", err=True)
