"""neomag body validate: every published figure, simulated, met or missed."""

from __future__ import annotations

import json

import click

from neomag.cli.common import COLOR, console, fail, loaded


@click.command()
@click.option(
    "--format", "form", type=click.Choice(["text", "json", "markdown"]), default="text", help="markdown is the page's table."
)  # fmt: skip
@COLOR
def validate(form: str, color: str) -> None:
    """Hold the model against every published figure. Takes some seconds.

    Misses are shown as misses, and figures that the parameters were fitted to are marked apart. Exit status 0 also when
    figures are missed: a miss is an answer, not a fault.
    """
    knowledge = loaded()
    from neomag.body.show_validate import markdown, show
    from neomag.body.validate import to_dict
    from neomag.body.validate import validate as compute
    from neomag.knowledge import KnowledgeError

    try:
        results = compute(knowledge)
    except KnowledgeError as error:
        fail(*error.problems)
    if form == "json":
        click.echo(json.dumps(to_dict(results), ensure_ascii=False, indent=2))
    elif form == "markdown":
        click.echo(markdown(results, knowledge), nl=False)
    else:
        show(results, knowledge, console(color))
