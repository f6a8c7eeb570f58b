"""Groups of commands that are imported only when they are called, so that each starts as fast as it can."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import Any

import click

from neomag.nearest import hint


class LazyGroup(click.Group):
    """A group whose commands live in modules, `module:name` by command, and that names the nearest when one is misspelt."""

    def __init__(self, *args: Any, commands_in: Mapping[str, str], **extra: Any):
        super().__init__(*args, **extra)
        self._in = commands_in

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The names of the commands."""
        del ctx
        return list(self._in)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of a name, imported now; None when there is none."""
        del ctx
        if cmd_name not in self._in:
            return None
        module, _, name = self._in[cmd_name].partition(":")
        return getattr(import_module(module), name)

    def resolve_command(self, ctx: click.Context, args: list[str]) -> tuple[str | None, click.Command | None, list[str]]:
        """The command that the arguments name. Exits with a usage error when there is none, naming the nearest."""
        if args and args[0] not in self._in and (near := hint(args[0], self._in, 0.5)):
            ctx.fail(f"No such command '{args[0]}'{near}.")
        return super().resolve_command(ctx, args)
