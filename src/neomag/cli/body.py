"""neomag body: where the magnesium is, and what a level does not tell."""

from __future__ import annotations

import click

from neomag.cli.lazy import LazyGroup

_COMMANDS = {
    "stores": "neomag.cli.body_stores:stores",
    "simulate": "neomag.cli.body_simulate:simulate",
    "population": "neomag.cli.body_population:population",
    "validate": "neomag.cli.body_validate:validate",
}


@click.group(cls=LazyGroup, commands_in=_COMMANDS)
def body() -> None:
    """Body stores, and a simulator. For teaching and research; not for predicting or dosing an infant."""
