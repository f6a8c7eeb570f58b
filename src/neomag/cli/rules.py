"""neomag rules: the rules for other engines."""

from __future__ import annotations

import click

from neomag.cli.lazy import LazyGroup

_COMMANDS = {"export": "neomag.cli.rules_export:export"}


@click.group(cls=LazyGroup, commands_in=_COMMANDS)
def rules() -> None:
    """The rules for other engines. To read them, `neomag knowledge list` and `show`."""
