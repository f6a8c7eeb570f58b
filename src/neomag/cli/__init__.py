"""The command line: thin. Parse arguments, call, print. Each command lives in a file of its own and imports what it needs."""

from __future__ import annotations

import os
import sys
from importlib import import_module
from io import TextIOWrapper
from typing import Any

import click

from neomag.nearest import nearest

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

    def resolve_command(self, ctx: click.Context, args: list[str]) -> tuple[str | None, click.Command | None, list[str]]:
        near = nearest(args[0], _COMMANDS, 0.5) if args and args[0] not in _COMMANDS else None
        if near:
            ctx.fail(f"No such command '{args[0]}'; the nearest is '{near}'.")
        return super().resolve_command(ctx, args)

    def main(self, *args: Any, **extra: Any) -> Any:
        # A terminal that cannot write a sign gets a question mark, not a traceback; nor does a full disk give one.
        for stream in (sys.stdout, sys.stderr):
            if isinstance(stream, TextIOWrapper):
                stream.reconfigure(errors="replace")
        try:
            return super().main(*args, **extra)
        except OSError as error:
            sys.stderr.write(f"neomag: cannot write the answer: {error.strerror}\n")
            os._exit(2)  # the stream cannot be flushed; a normal exit would try, and fail with a traceback


@click.group(cls=_Lazy, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="neomag", message="%(prog)s %(version)s")
def main() -> None:
    """Decision support for magnesium deficiency in infants, birth to 24 months.

    Not a substitute for a clinician.
    """
