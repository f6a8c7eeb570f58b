"""neomag body validate: every published figure, simulated, met or missed."""

from __future__ import annotations

import json

import click

from neomag.cli.common import COLOR, console, fail, loaded


@click.command()
@click.option(
    "--format", "form", type=click.Choice(["text", "json", "markdown"]), default="text", help="markdown is the page's table."
)  # fmt: skip
@click.option(
    "--infants", type=int, metavar="N", help="Simulated infants to each published spread (usually 100); 0: no spreads."
)
@click.option("--seed", type=int, default=1, show_default=True, help="The same seed gives the same infants.")
@COLOR
def validate(form: str, infants: int | None, seed: int, color: str) -> None:
    """Hold the model against every published figure and every published spread between infants. Takes a minute or two.

    Misses are shown as misses, and figures that the parameters were fitted to are marked apart. Exit status 0 also when
    figures are missed: a miss is an answer, not a fault.
    """
    knowledge = loaded()
    from neomag.body.errors import BodyInputError
    from neomag.body.show_validate import markdown, show
    from neomag.body.spreads import USUAL, spreads_to_list, validate_spreads
    from neomag.body.validate import to_dict
    from neomag.body.validate import validate as compute
    from neomag.knowledge import KnowledgeError

    try:
        draws = USUAL if infants is None else infants
        spreads = validate_spreads(draws, seed, knowledge) if draws else ()
        results = compute(knowledge)
    except BodyInputError as error:
        fail(str(error))
    except KnowledgeError as error:
        fail(*error.problems)
    if form == "json":
        click.echo(json.dumps({**to_dict(results), "spreads": spreads_to_list(spreads)}, ensure_ascii=False, indent=2))
    elif form == "markdown":
        click.echo(markdown(results, spreads, knowledge), nl=False)
    else:
        show(results, spreads, knowledge, console(color))
