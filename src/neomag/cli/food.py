"""neomag food: find a food, see all of it, and rank foods by the magnesium they give."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from neomag.cli.common import COLOR, fail

if TYPE_CHECKING:
    from neomag.feeding.show_foods import Line
    from neomag.feeding.site import SiteFoods
    from neomag.knowledge.foods import FoodTable

_FORMAT = click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", help="How to print.")
_FOODS = click.option("--foods", "path", type=click.Path(path_type=Path), help="A table of the site's own foods (CSV).")
_LIMIT = click.option("--limit", type=click.IntRange(1, 10_000), default=10, show_default=True, help="How many foods.")


@click.group()
def food() -> None:
    """Foods and their magnesium: search, show, rank. Amounts are per 100 g of the edible part."""


@food.command()
@click.argument("text", nargs=-1, required=True)
@_FOODS
@_LIMIT
@_FORMAT
@COLOR
def search(text: tuple[str, ...], path: Path | None, limit: int, form: str, color: str) -> None:
    """Foods that TEXT may mean, likely ones first, with mg per 100 g, per 100 kcal and per infant portion."""
    from neomag.feeding.foods_dict import brief
    from neomag.feeding.rank import look
    from neomag.feeding.search import find, nearest_foods
    from neomag.feeding.show_foods import listed

    table, _ = _table(path)
    words = " ".join(text)
    found = [look(x) for x in find(words, table.foods, limit)]
    if not found:
        fail(f"no name has `{words[:60]}`; {nearest_foods(words, table.foods)}")
    if form == "json":
        _print_json({"query": words, "foods": [brief(x) for x in found]})
    else:
        _print(listed(found, table, asked=words), color)


@food.command()
@click.argument("name", metavar="FOOD", nargs=-1, required=True)
@_FOODS
@_FORMAT
@COLOR
def show(name: tuple[str, ...], path: Path | None, form: str, color: str) -> None:
    """All of one FOOD: nutrients, measures, where it comes from, and the article's tier beside the tier by data.

    FOOD is its name or id as `search` gives it, or a food of the article such as spinach.
    """
    from neomag.feeding.article_foods import food_meant
    from neomag.feeding.errors import FeedingInputError
    from neomag.feeding.foods_dict import full
    from neomag.feeding.rank import look
    from neomag.feeding.show_foods import shown

    table, _ = _table(path)
    try:
        found = look(food_meant(" ".join(name), table))
    except FeedingInputError as error:
        fail(str(error))
    if form == "json":
        _print_json(full(found, table))
    else:
        _print(shown(found, table), color)


@food.command("rank")
@click.option("--by", metavar="LENS", default="portion", show_default=True, help="100g, 100kcal or portion.")
@click.option("--group", metavar="GROUP", help="Only one group of foods, such as legumes, fish, fruit, leafy-greens.")
@click.option("--candidates/--all", "chosen", default=None, help="Foods that a plan may choose (default), or the whole table.")
@_FOODS
@_LIMIT
@_FORMAT
@COLOR
def rank_foods(by: str, group: str | None, chosen: bool | None, path: Path | None, limit: int, form: str, color: str) -> None:
    """Foods from the richest in magnesium down. With --foods FILE the site's own foods are ranked."""
    from neomag.feeding.errors import FeedingInputError
    from neomag.feeding.foods_dict import ranking
    from neomag.feeding.rank import rank, to_rank
    from neomag.feeding.show_foods import ranked

    table, site = _table(path)
    try:
        foods, of = to_rank(table, None if site is None else site.foods.values(), chosen)
        found = rank(foods, by, group=group, limit=limit)
    except FeedingInputError as error:
        fail(str(error))
    if form == "json":
        _print_json(ranking(found, of))
    else:
        _print(ranked(found, of if group is None else f"{of} of {group}", table), color)


def _table(path: Path | None) -> tuple[FoodTable, SiteFoods | None]:
    """The food table, with the site's own foods when a file is given; exits with a line for each fault of the file."""
    from neomag.knowledge.foods import load_foods

    table = load_foods()
    if path is None:
        return table, None
    from neomag.feeding.errors import FeedingInputError
    from neomag.feeding.site import with_site_foods

    try:
        return with_site_foods(table, path)
    except FeedingInputError as error:
        fail(*str(error).split("\n"))


def _print(lines: Iterable[Line], color: str) -> None:
    forced = {"auto": None, "always": True, "never": False}[color]
    for style, text in lines:
        click.secho(text, bold=style == "bold" or None, dim=style == "dim" or None, color=forced)


def _print_json(answer: dict[str, Any]) -> None:
    click.echo(json.dumps(answer, ensure_ascii=False, indent=2))
