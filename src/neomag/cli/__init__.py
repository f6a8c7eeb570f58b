"""The command line: thin. Parse arguments, call, print. Each command lives in a file of its own and imports what it needs."""

from __future__ import annotations

import os
import sys
from io import TextIOWrapper
from typing import Any

import click

from neomag import interrupt
from neomag.cli.lazy import LazyGroup

_COMMANDS = {
    "assess": "neomag.cli.assess:assess",
    "article": "neomag.cli.article:article",
    "audit": "neomag.cli.audit:audit",
    "body": "neomag.cli.body:body",
    "cohort": "neomag.cli.cohort:cohort",
    "dose": "neomag.cli.dose:dose",
    "feed": "neomag.cli.feed:feed",
    "food": "neomag.cli.food:food",
    "hl7": "neomag.cli.hl7:hl7",
    "key": "neomag.cli.key:key",
    "knowledge": "neomag.cli.knowledge:knowledge",
    "mcp": "neomag.cli.mcp:mcp",
    "rules": "neomag.cli.rules:rules",
    "serve": "neomag.cli.serve:serve",
}


class _Main(LazyGroup):
    """The command itself."""

    def main(self, *args: Any, **extra: Any) -> Any:
        # A terminal that cannot write a sign gets a question mark, not a traceback; nor does a full disk give one.
        for stream in (sys.stdout, sys.stderr):
            if isinstance(stream, TextIOWrapper):
                stream.reconfigure(errors="replace")
        interrupt.raise_again()
        try:
            return super().main(*args, **extra)
        except OSError as error:
            sys.stderr.write(f"neomag: cannot write the answer: {error.strerror}\n")
            os._exit(2)  # the stream cannot be flushed; a normal exit would try, and fail with a traceback


@click.group(cls=_Main, commands_in=_COMMANDS, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="neomag", message="%(prog)s %(version)s")
def main() -> None:
    """Decision support for magnesium deficiency in infants, birth to 24 months.

    Not a substitute for a clinician.
    """
