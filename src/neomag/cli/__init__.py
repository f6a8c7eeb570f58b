"""The command line: thin. Parse arguments, call, print. Each command lives in a file of its own and imports what it needs."""

from __future__ import annotations

from importlib import import_module

import click

_COMMANDS = {
    "assess": "neomag.cli.assess:assess",
    "article": "neomag.cli.article:article",
    "dose": "neomag.cli.dose:dose",
    "knowledge": "neomag.cli.knowledge:knowledge",
}


class _Lazy(click.Group):
    """A group that imports a command only when it is called, so that each starts as fast as it can."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        del ctx
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        del ctx
        if cmd_name not in _COMMANDS:
            return None
        module, _, name = _COMMANDS[cmd_name].partition(":")
        return getattr(import_module(module), name)


@click.group(cls=_Lazy, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="neomag", message="%(prog)s %(version)s")
def main() -> None:
    """Decision support for magnesium deficiency in infants, birth to 24 months.

    Not a substitute for a clinician.
    """
