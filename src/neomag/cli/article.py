"""neomag article: the article neomag began with, checked claim by claim."""

from __future__ import annotations

import json

import click

from neomag.cli.common import COLOR, console, loaded

_SIGN = {"agrees": ("=", "green"), "partly": ("≈", "yellow"), "omission": ("∅", "red")}


@click.command()
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", help="How to print the claims.")
@COLOR
def article(form: str, color: str) -> None:
    """List every claim of the article: what it says, what was meant, the evidence, the verdict, and what acts on it here."""
    known = loaded()
    if form == "json":
        from neomag.knowledge_list import claims

        click.echo(json.dumps(claims(known), ensure_ascii=False, indent=2))
        return
    from rich.table import Table
    from rich.text import Text

    screen = console(color)
    screen.print(Text("The article of source-article.txt, held against the evidence", style="bold"))
    for claim in known.claims.values():
        sign, style = _SIGN.get(claim.verdict, ("✗", "red"))
        table = Table.grid(padding=(0, 1))
        table.add_column(width=9, style="dim")
        table.add_column(overflow="fold")
        table.add_row("says", Text(claim.says, style="bold"))
        table.add_row("meant", claim.meant)
        table.add_row("evidence", f"{claim.evidence} [{', '.join(claim.sources)}]".replace("[]", "").rstrip())
        table.add_row("in neomag", ", ".join(claim.counterparts))
        screen.print(Text.assemble(f"\n{claim.id}  ", (f"{sign} {claim.verdict}", style)))
        screen.print(table)
