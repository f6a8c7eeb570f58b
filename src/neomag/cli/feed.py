"""neomag feed: what a day held, and what to give."""

from __future__ import annotations

import click

from neomag.cli.lazy import LazyGroup

_COMMANDS = {"intake": "neomag.cli.feed_intake:intake", "plan": "neomag.cli.feed_plan:plan"}


@click.group(cls=LazyGroup, commands_in=_COMMANDS)
def feed() -> None:
    """Feeding as prevention: what a day held, and what to give. No supplement doses: those are for a clinician."""
