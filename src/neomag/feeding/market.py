"""The foods at hand: a site's own table, or a plain list of foods and prices, in place of the candidates that ship."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from neomag.feeding.choices import shipped
from neomag.feeding.errors import FeedingInputError
from neomag.feeding.indicators import groups_of
from neomag.feeding.infant_portions import INFANT
from neomag.feeding.site import MISSING, load_site_foods
from neomag.feeding.words import meant
from neomag.knowledge.feeding import STEPS, Candidate, FeedingKnowledge
from neomag.knowledge.foods import Food, FoodTable
from neomag.nearest import hint

_PRICE = "price_per_100g"
_LIST = ("food", _PRICE)
_SHOWN = 20


def market(path: Path, known: FeedingKnowledge, table: FoodTable) -> tuple[tuple[Candidate, Food], ...]:
    """The candidates of a file: a list with the columns `food` and `price_per_100g` (prices may be blank), or a food table.

    A food that neomag knows keeps what it knows of it; another needs a portion (`portion_g`) and a group that can be told.
    Raises FeedingInputError with a line for every fault.
    """
    heading = _heading(path)
    if "magnesium" not in heading and "food" in heading:
        return _listed(path, known, table)
    site = load_site_foods(path, table.nutrients)
    by_name = _by_name(known, table)
    found: list[tuple[Candidate, Food]] = []
    problems: list[str] = []
    for food in site.foods.values():
        price = site.prices.get(food.id)
        pair = by_name.get(food.name.casefold()) or by_name.get(food.id)
        candidate = pair[0] if pair else _own(food, known)
        if isinstance(candidate, str):
            problems.append(f"{path}: `{food.name}`: {candidate}")
        else:
            found.append((replace(candidate, price=price), food))
    if problems:
        raise FeedingInputError("\n".join(problems[:_SHOWN]))
    return tuple(found)


def _heading(path: Path) -> list[str]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            first = file.readline()
    except OSError as error:
        raise FeedingInputError(f"{path}: cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise FeedingInputError(f"{path}: is not UTF-8 text; save the table as CSV UTF-8") from None
    return [cell.strip().casefold() for cell in next(csv.reader([first]), list[str]())]


def _by_name(known: FeedingKnowledge, table: FoodTable) -> Mapping[str, tuple[Candidate, Food]]:
    """The candidates that ship, by short name, name and id, case folded."""
    return {name.casefold(): pair for pair in shipped(known, table) for name in (pair[1].id, pair[0].name, pair[0].short)}


def _listed(path: Path, known: FeedingKnowledge, table: FoodTable) -> tuple[tuple[Candidate, Food], ...]:
    by_name = _by_name(known, table)
    found: dict[str, tuple[Candidate, Food]] = {}
    problems: list[str] = []
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = csv.DictReader(file)
        problems += [
            f"{path} line 1: `{column[:40]}`: a list has the columns {' and '.join(_LIST)}"
            for column in rows.fieldnames or ()
            if column.strip().casefold() not in _LIST
        ]
        for row in rows if not problems else ():
            where = f"{path} line {rows.line_num}"
            cells = {
                (key or "").strip().casefold(): (value or "").strip() for key, value in row.items() if isinstance(value, str)
            }
            name, price = cells.get("food", ""), _price(cells.get(_PRICE, ""))
            pair = by_name.get(name.casefold())
            if pair is None:
                problems.append(f"{where}: no candidate food `{name[:60]}`{hint(name.casefold(), by_name)}")
            elif isinstance(price, str):
                problems.append(f"{where}, column {_PRICE}: {price}")
            else:
                found[pair[0].short] = (replace(pair[0], price=price), pair[1])
    if not found and not problems:
        problems.append(f"{path}: has no foods; write a heading and one food a row")
    if problems:
        raise FeedingInputError("\n".join(problems[:_SHOWN]))
    return tuple(found.values())


def _price(cell: str) -> float | str | None:
    """The price in a cell, None for a blank one, or what is wrong with it."""
    if cell.casefold() in MISSING:
        return None
    try:
        price = float(cell)
    except ValueError:
        return f"`{cell[:20]}` is no price"
    return price if 0 < price < float("inf") else f"`{cell[:20]}` is no price"


def _own(food: Food, known: FeedingKnowledge) -> Candidate | str:
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
        tags=frozenset(),
    )
