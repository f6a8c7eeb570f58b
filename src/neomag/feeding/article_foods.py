"""The article's 27 foods: the tier the article gives, the figures of the audit, and the food of the table that stands for each.

The audit's own figures (SR28) make the tiers: many of its rows are not in the package that the table is built from.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

from neomag.feeding.lenses import Seen, seen
from neomag.feeding.search import named
from neomag.knowledge.foods import Food, FoodTable
from neomag.knowledge.tables import feeding_file, read_csv


@dataclass(frozen=True, slots=True)
class ArticleFood:
    """A food of the article, with mg and kcal in 100 g by the audit.

    `match` says whether `food_id` is the same row (`exact`) or a near one (`nearest`).
    """

    food: str
    tier: int
    food_id: str
    match: str
    match_note: str
    ndb: str
    usda_description: str
    magnesium: float
    energy: float
    portion_g: float
    portion_basis: str
    portion_sources: tuple[str, ...]
    sources: tuple[str, ...]
    caution: str

    @property
    def seen(self) -> Seen:
        """The food through the three lenses, by the audit's figures."""
        return seen(self.magnesium, self.energy, self.portion_g)


def article_foods() -> tuple[ArticleFood, ...]:
    """The foods in the order of the article."""
    return _article_foods(feeding_file("article.csv"))


@cache
def _article_foods(path: Path) -> tuple[ArticleFood, ...]:
    return tuple(
        ArticleFood(
            food=row["food"],
            tier=int(row["article_tier"]),
            food_id=row["food_id"],
            match=row["match"],
            match_note=row["match_note"],
            ndb=row["ndb"],
            usda_description=row["usda_description"],
            magnesium=float(row["mg_per_100g"]),
            energy=float(row["kcal_per_100g"]),
            portion_g=float(row["portion_g"]),
            portion_basis=row["portion_basis"],
            portion_sources=tuple(row["portion_sources"].split()),
            sources=tuple(row["sources"].split()),
            caution=row["caution"],
        )
        for row in read_csv(path)
    )


def food_meant(text: str, table: FoodTable) -> Food:
    """The food that `text` names; a food of the article first, so that its tier is shown. Raises FeedingInputError."""
    for article in article_foods():
        if article.food.casefold() == text.casefold():
            return table.foods[article.food_id]
    return named(text, table.foods)
