"""neomag body stores: how much magnesium a newborn holds, where, and what a day brings and takes."""

from __future__ import annotations

import json

import click

from neomag.cli.common import COLOR, console, fail, loaded


@click.command()
@click.option("--weight", required=True, metavar="WEIGHT", help="The newborn's weight, such as 3.4kg or 3400g.")
@click.option("--gestation", metavar="WEEKS", help="Gestation at birth, such as 32w or 38w2d; without it, term.")
@click.option("--milk", default="human", show_default=True, metavar="KIND", help="For the day's balance: human, formula.")
@click.option("--milk-volume", type=float, metavar="ML", help="mL of it in a day; by default the usual volume.")
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", help="How to print.")
@COLOR
def stores(weight: str, gestation: str | None, milk: str, milk_volume: float | None, form: str, color: str) -> None:
    """How much magnesium a newborn holds and where, with ranges and sources, the article's figures beside; and a day's balance.

    Exit status 2 for a weight or gestation that the published figures do not cover.
    """
    knowledge = loaded()
    from neomag import ages
    from neomag.body.amounts import weight as weight_of
    from neomag.body.balance import balance
    from neomag.body.errors import BodyInputError
    from neomag.body.show_stores import show, to_dict
    from neomag.body.stores import body_stores
    from neomag.knowledge import KnowledgeError

    try:
        kg = weight_of("weight", weight)
        weeks = None if gestation is None else ages.gestation(gestation)
        held, day = body_stores(kg, weeks, knowledge), balance(kg, milk, milk_volume, knowledge)
    except BodyInputError as error:
        fail(*str(error).split("\n"))
    except KnowledgeError as error:
        fail(*error.problems)
    except ValueError as error:
        fail(f"gestation: {error}")
    if form == "json":
        click.echo(json.dumps(to_dict(held, day, knowledge), ensure_ascii=False, indent=2))
    else:
        show(held, day, knowledge, console(color))
