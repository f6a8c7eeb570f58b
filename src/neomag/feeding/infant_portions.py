"""What an infant eats of a food at a time: from a site's own table, the candidates, the article's audit, or the food's group.

A candidate's portion is that from 9 months: the adequate intake that the lens compares with is of 7 to 12 months.

Groups are those of `feeding/infant_portions.toml`; the first that fits is the food's.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from neomag.feeding.article_foods import article_foods
from neomag.knowledge.foods import Food
from neomag.knowledge.tables import feeding_file, read_csv, read_toml

# The measure under which a site's own table gives the portion of a food.
INFANT = "infant portion"


@dataclass(frozen=True, slots=True)
class InfantPortion:
    """One portion for an infant: `grams`, the `basis` it stands on, and its sources."""

    grams: float
    basis: str
    sources: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class FoodGroup:
    """A group of foods, how its foods are told, and its infant portion when an infant is given one.

    `caution` says that what it `says` is to be minded when such a food is given; `untiered` says why its foods have no tier.
    """

    id: str
    says: str
    portion: InfantPortion | None
    caution: bool
    untiered: str
    everything: bool
    kinds: frozenset[str]
    categories: frozenset[str]
    names: re.Pattern[str] | None
    needs_names: re.Pattern[str] | None
    not_names: re.Pattern[str] | None

    def fits(self, food: Food) -> bool:
        """Whether the food is of this group, the groups before it apart."""
        told = food.category in self.categories or food.kind in self.kinds or self.everything
        if not told and not (self.names and self.names.search(food.name)):
            return False
        if self.needs_names and not self.needs_names.search(food.name):
            return False
        return not (self.not_names and self.not_names.search(food.name))


def groups() -> tuple[FoodGroup, ...]:
    """The groups in the order in which they are tried; some are told in more than one way, under one id."""
    return _groups(feeding_file("infant_portions.toml"))


@cache
def _groups(path: Path) -> tuple[FoodGroup, ...]:
    return tuple(_group(entry.get("of", name), entry) for name, entry in read_toml(path).items())


def group_of(food: Food) -> FoodGroup:
    """The group of a food; the last one takes everything."""
    return next(group for group in groups() if group.fits(food))


def infant_portion(food: Food) -> InfantPortion | None:
    """One infant portion of a food, by the nearest that says; None where an infant is given none."""
    own = next((x for x in food.portions if x.measure == INFANT), None)
    if own is not None:
        return InfantPortion(own.grams, own.source)
    found = candidates().get((food.name, food.dataset))
    if found is not None:
        return found
    for article in article_foods():
        if article.food_id == food.id:
            return InfantPortion(article.portion_g, article.portion_basis, article.portion_sources)
    return group_of(food).portion


def candidates() -> Mapping[tuple[str, str], InfantPortion]:
    """The portion of each food that a plan may choose, by name and dataset; empty where there is no such file."""
    return _candidates(feeding_file("candidates.csv"))


@cache
def _candidates(path: Path) -> Mapping[tuple[str, str], InfantPortion]:
    # Only these columns: the rest is for plans, and the rules that go with them would cost each search their reading.
    return {
        (row["name"], row["dataset"]): InfantPortion(float(row["portion_g_9"]), _candidate_basis(row.get("form_9", "")))
        for row in read_csv(path)
        if row.get("portion_g_9")
    }


def _candidate_basis(form: str) -> str:
    return f"{form}, a plan's portion at 9 to 11 months" if form else "a plan's portion at 9 to 11 months"


def _group(name: str, entry: Mapping[str, Any]) -> FoodGroup:
    portion = None
    if "grams" in entry:
        portion = InfantPortion(float(entry["grams"]), entry["basis"], tuple(entry.get("sources", ())))
    return FoodGroup(
        id=name,
        says=entry["says"],
        portion=portion,
        caution=entry.get("caution", False),
        untiered=entry.get("untiered", ""),
        everything=entry.get("everything", False),
        kinds=frozenset(entry.get("kinds", ())),
        categories=frozenset(entry.get("categories", ())),
        names=_pattern(entry.get("names")),
        needs_names=_pattern(entry.get("needs_names")),
        not_names=_pattern(entry.get("not_names")),
    )


def _pattern(words: list[str] | None) -> re.Pattern[str] | None:
    return re.compile("|".join(rf"\b{re.escape(x.strip())}(?!\w)" for x in words), re.IGNORECASE) if words else None
