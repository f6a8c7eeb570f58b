"""neomag hl7: messages of HL7 v2."""

from __future__ import annotations

import click

from neomag.cli.lazy import LazyGroup

_COMMANDS = {"listen": "neomag.cli.hl7_listen:listen", "read": "neomag.cli.hl7_read:read"}


@click.group(cls=LazyGroup, commands_in=_COMMANDS)
def hl7() -> None:
    """HL7 v2: results and orders in, interpretations out."""
