"""neomag key: the API keys of the service."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import click

from neomag.cli.common import fail
from neomag.cli.store_options import actor, opened, settings_of, store_options


@click.group()
def key() -> None:
    """API keys of the service: make, list, revoke."""


@key.command()
@store_options
@click.option("--client", required=True, metavar="NAME", help="Whose key it is: a program or a ward, not a patient.")
@click.option("--scope", "scopes", multiple=True, required=True, metavar="SCOPE", help="What it may do; may be repeated.")
@click.option(
    "--days", type=click.IntRange(1, 3_650), default=365, show_default=True, metavar="N", help="How long it is valid."
)
def add(url: str | None, file: Path | None, client: str, scopes: tuple[str, ...], days: int) -> None:
    """Make a key and print it. It is shown this once: only its hash is kept.

    SCOPE is assess, dose, feed, read (the knowledge, and what was kept), audit, cds or
    metrics.
    """
    settings = settings_of(url, file)
    from neomag.service.auth.api_key import make_key, scopes_of

    try:
        # Before the store: what cannot be made leaves no new store behind.
        asked = scopes_of(scopes)
        with opened(settings, new=True) as store:
            made = make_key(store, actor(), client, asked, datetime.now(UTC) + timedelta(days=days))
    except ValueError as error:
        fail(str(error))
    click.echo(made)
    click.echo("neomag: keep it now; it cannot be shown again", err=True)


@key.command("list")
@store_options
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", help="How to print.")
def list_(url: str | None, file: Path | None, form: str) -> None:
    """List the keys: whose, what for, until when, last used."""
    settings = settings_of(url, file)
    from neomag.service.store.keys import list_keys

    with opened(settings) as store, store.reading() as session:
        found = list_keys(session)
    columns = ("id", "client", "scopes", "made", "expires", "revoked", "used")
    for row in ({name: getattr(one, name) for name in columns} for one in found):
        if form == "json":
            click.echo(json.dumps(row))
        else:
            ends = f"revoked {_day(row['revoked'])}" if row["revoked"] else f"until {_day(row['expires'])}"
            click.echo(f"{row['id']}  {row['client']}  {row['scopes']}  {ends}  last used {_day(row['used'])}")


def _day(moment: str | None) -> str:
    return "never" if moment is None else moment[:10]


@key.command()
@store_options
@click.argument("key_id", metavar="ID")
def revoke(url: str | None, file: Path | None, key_id: str) -> None:
    """Take back the key ID, as `neomag key list` names it. It stops within seconds."""
    settings = settings_of(url, file)
    from neomag.service.store.keys import list_keys, revoke_key

    with opened(settings) as store:
        if store.write(lambda session: revoke_key(session, actor(), key_id)):
            click.echo(f"revoked {key_id}")
            return
        with store.reading() as session:
            there = [one.id for one in list_keys(session) if one.revoked is None]
    from neomag.cli.common import no_such

    no_such("key that is valid", key_id, there)
