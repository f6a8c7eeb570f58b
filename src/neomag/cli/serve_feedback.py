"""neomag serve feedback-report: what became of the cards of CDS Hooks."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from neomag.cli.common import fail
from neomag.cli.store_options import opened, settings_of, store_options

if TYPE_CHECKING:
    from neomag.service.store.feedback import CardsOf


@click.command("feedback-report")
@store_options
@click.option("--since", metavar="TIME", help="Only feedback from this day or moment on (ISO 8601; without a zone, UTC).")
@click.option("--until", metavar="TIME", help="Only feedback before this day or moment.")
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", help="How to print.")
def feedback_report(url: str | None, file: Path | None, since: str | None, until: str | None, form: str) -> None:
    """How many cards of each service were accepted and overridden, and why.

    Of each card its last feedback counts. Cards that nobody acted on send none.
    """
    begin, end = _moment("--since", since), _moment("--until", until)
    settings = settings_of(url, file)
    with opened(settings) as store:
        found = store.feedback_report(begin, end)
    if form == "json":
        services = [asdict(one) | {"overridden_share": one.overridden_share, "reasons": _reasons(one)} for one in found]
        click.echo(json.dumps({"services": services}, indent=2))
        return
    if not found:
        click.echo("No feedback.")
    for one in found:
        cards = one.accepted + one.overridden
        click.echo(
            f"{one.service}: {cards:,} cards, {one.accepted:,} accepted, {one.overridden:,} overridden "
            f"({one.overridden_share:.0%}), {one.commented:,} with a comment"
        )
        for reason in _reasons(one):
            click.echo(f"  {reason['cards']:>6,}  {reason['reason'] or '(no reason)'}")


def _reasons(one: CardsOf) -> list[dict[str, Any]]:
    return [{"reason": reason, "cards": cards} for reason, cards in one.reasons.items()]


def _moment(option: str, text: str | None) -> datetime | None:
    if text is None:
        return None
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        fail(f"{option} `{text[:40]}`: write a day or a moment such as 2026-01-03 or 2026-01-03T04:10:00Z")
    return found if found.tzinfo else found.replace(tzinfo=UTC)
