"""The foods at hand: a site's own table, or a plain list of foods and prices, in place of the candidates that ship."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from neomag.feeding.choices import NEEDED, shipped
from neomag.feeding.errors import FeedingInputError
from neomag.feeding.indicators import groups_of
from neomag.feeding.infant_portions import INFANT
from neomag.feeding.leave_out import tags_of
from neomag.feeding.site import MISSING, Sheet, lines, load_site_foods, mark_of, read_text
from neomag.feeding.words import meant
from neomag.knowledge.feeding import STEPS, Candidate, FeedingKnowledge
from neomag.knowledge.foods import Food, FoodTable
from neomag.nearest import hint

_PRICE = "price_per_100g"
_LIST = ("food", _PRICE)
_SHOWN = 20
_VITAMIN_A = "vitamin_a_rae"


def market(path: Path | Sheet, known: FeedingKnowledge, table: FoodTable) -> tuple[tuple[Candidate, Food], ...]:
    """The candidates of a list with the columns `food` and `price_per_100g` (prices may be blank), or of a food table.

    A food that neomag knows keeps what it knows of it; another needs a portion (`portion_g`) and a group that can be told.
    Raises FeedingInputError with a line for every fault.
    """
    heading = _list(path)[0]
    if "magnesium" not in heading and "food" in heading:
        return _listed(path, known, table)
    site = load_site_foods(path, table.nutrients)
    by_name = _by_name(known, table)
    found: list[tuple[Candidate, Food]] = []
    # A column that is not there at all would leave every food out; a blank cell leaves out its own food, which the plan names.
    problems = [
        f"{path} line 1: a plan needs a column `{column}`, per 100 g: without it no food can be held against its rules"
        for column in NEEDED
        if column not in site.nutrients
    ]
    if problems:
        raise FeedingInputError("\n".join(problems))
    for food in site.foods.values():
        price = site.prices.get(food.id)
        pair = by_name.get(food.name.casefold()) or by_name.get(food.id)
        candidate = pair[0] if pair else _own(food, site.tags.get(food.id, frozenset()), known)
        if isinstance(candidate, str):
            problems.append(f"{path}: `{food.name}`: {candidate}")
        else:
            found.append((replace(candidate, price=price), food))
    if _VITAMIN_A not in site.nutrients and any(c.animal or c.fortified for c, _ in found):
        name = next(c.short for c, _ in found if c.animal or c.fortified)
        problems.append(
            f"{path} line 1: a plan needs a column `{_VITAMIN_A}`, per 100 g, for food of animals or fortified: `{name}`"
        )
    if problems:
        raise FeedingInputError("\n".join(problems[:_SHOWN]))
    return tuple(found)


def _by_name(known: FeedingKnowledge, table: FoodTable) -> Mapping[str, tuple[Candidate, Food]]:
    """The candidates that ship, by short name, name and id, case folded."""
    return {name.casefold(): pair for pair in shipped(known, table) for name in (pair[1].id, pair[0].name, pair[0].short)}


def _listed(path: Path | Sheet, known: FeedingKnowledge, table: FoodTable) -> tuple[tuple[Candidate, Food], ...]:
    by_name = _by_name(known, table)
    found: dict[str, tuple[Candidate, Food]] = {}
    heading, rows, mark = _list(path)
    problems = [
        f"{path} line 1: `{column[:40]}`: a list has the columns {' and '.join(_LIST)}"
        for column in heading
        if column not in _LIST
    ]
    problems += [f"{path} line 1: `{column}` stands there twice" for column in _LIST if heading.count(column) > 1]
    for line, row in rows if not problems else ():
        if len(problems) > _SHOWN:
            break
        where = f"{path} line {line}"
        if len(row) != len(heading):
            problems.append(f"{where}: has {len(row)} cells, the heading has {len(heading)}")
            continue
        cells = dict(zip(heading, row, strict=True))
        name, price = cells.get("food", ""), _price(cells.get(_PRICE, ""), decimal_comma=mark != ",")
        pair = by_name.get(" ".join(name.split()).casefold())
        if pair is None:
            problems.append(f"{where}: no candidate food `{name[:60]}`{hint(name.casefold(), by_name)}")
        elif isinstance(price, str):
            problems.append(f"{where}, column {_PRICE}: {price}")
        elif pair[0].short in found:
            problems.append(f"{where}: `{name[:60]}` stands there twice")
        else:
            found[pair[0].short] = (replace(pair[0], price=price), pair[1])
    if not found and not problems:
        problems.append(f"{path}: has no foods; write a heading and one food a row")
    if problems:
        raise FeedingInputError("\n".join(problems[:_SHOWN]))
    return tuple(found.values())


def _list(path: Path | Sheet) -> tuple[list[str], list[tuple[int, list[str]]], str]:
    """The heading in lower case, the rows with their line, and the mark between cells. Raises FeedingInputError."""
    text = read_text(path)
    mark = mark_of(text)
    try:
        rows = list(lines(text, mark))
    except csv.Error as error:
        raise FeedingInputError(f"{path}: is no CSV table: {error}") from None
    return [title.casefold() for title in rows[0][1]] if rows else [], rows[1:], mark


def _price(cell: str, *, decimal_comma: bool) -> float | str | None:
    """The price in a cell, None for a blank one, or what is wrong with it."""
    if cell.casefold() in MISSING:
        return None
    try:
        price = float(cell.replace(",", ".") if decimal_comma else cell)
    except ValueError:
        return f"`{cell[:20]}` is no price"
    return price if 0 < price < float("inf") else f"`{cell[:20]}` is no price"


def _own(food: Food, stated: frozenset[str], known: FeedingKnowledge) -> Candidate | str:
    """A food that neomag does not know as a candidate, or why it cannot be one."""
    own = known.plan["own_foods"]
    portion = next((p.grams for p in food.portions if p.measure == INFANT), None)
    if portion is None:
        return "a plan needs a portion: fill the column portion_g"
    group = food.category.strip().casefold()
    if group not in own["groups"]:
        told = groups_of(food)
        if len(told) > 1:
            return f"a plan needs its food group: write one of {', '.join(own['groups'])} in the column category"
        group = told[0] if told else "fat"
    return Candidate(
        name=food.name,
        dataset=food.dataset,
        short=food.name,
        group=group,
        kind=food.name,
        from_months=known.plan["ages"]["from_months"],
        to_months=None,
        forms=tuple(own["forms"][: len(STEPS)]),
        portions_g=(portion,) * len(STEPS),
        most_per_week=own["most_per_week"],
        fortified=meant(own["fortified_words"], own["fortified_but"], food.name) is not None,
        animal=group in own["animal_groups"],
        tags=tags_of(food.name, group, known) | stated,
        own=True,
    )
