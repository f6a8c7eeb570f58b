"""What every command shares: a console, plain failures, and the knowledge in force."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from typing import TYPE_CHECKING, NoReturn

import click

from neomag.nearest import hint

if TYPE_CHECKING:
    from rich.console import Console

    from neomag.knowledge import Knowledge

COLOR = click.option("--color", type=click.Choice(["auto", "always", "never"]), default="auto", help="Colour the text.")


def console(color: str = "auto") -> Console:
    """A console on standard output that colours when asked to, or when a terminal reads it."""
    from rich.console import Console

    forced = {"auto": None, "always": True, "never": False}[color]
    return Console(force_terminal=forced, no_color=True if color == "never" else None, highlight=False)


def fail(*lines: str, status: int = 2) -> NoReturn:
    """Say why, a line each, on standard error, and exit."""
    for line in lines:
        click.echo(f"neomag: {line}", err=True)
    sys.exit(status)


def loaded() -> Knowledge:
    """The knowledge in force; exits with its problems when it does not hold together."""
    from neomag.knowledge import KnowledgeError
    from neomag.rules import rulebook

    try:
        return rulebook().knowledge
    except KnowledgeError as error:
        fail(*error.problems)


def no_such(kind: str, name: str, names: Iterable[str]) -> NoReturn:
    """Exit saying that there is no such thing, and what is nearest."""
    fail(f"no {kind} `{name[:60]}`{hint(name, names, 0.4)}")
