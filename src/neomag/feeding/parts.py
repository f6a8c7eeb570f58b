"""What a day consisted of: each milk and food with its grams, and what it holds of a nutrient, from least to most."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from neomag.feeding.breast import BreastMilk
from neomag.feeding.diary import BREAST, Diary
from neomag.feeding.food_groups import candidate_of, groups_of
from neomag.feeding.span import Span
from neomag.knowledge.foods import Food

MAGNESIUM, SODIUM = "magnesium", "sodium"


@dataclass(frozen=True, slots=True)
class Part:
    """A milk or food of the day, under the name it was given and as it was written.

    `better` has the amounts of nutrients that are known better than by the one figure of the table.
    """

    food: Food
    grams: Span
    milk: bool
    name: str
    written: str
    better: Mapping[str, Span] = field(default_factory=dict[str, Span])

    @property
    def groups(self) -> tuple[str, ...]:
        """The WHO groups that it may be of."""
        return groups_of(self.food)

    def to_dict(self) -> dict[str, Any]:
        """As JSON has it."""
        grams = self.grams.to_dict()
        return {
            "written": self.written,
            "food": self.food.name,
            "id": self.food.id,
            "grams": grams,
            "groups": list(self.groups),
        }

    def holds(self, nutrient: str) -> Span | None:
        """The amount of a nutrient in its unit; None where the table has no figure."""
        if nutrient in self.better:
            return self.better[nutrient]
        per_100g = self.food.per_100g.get(nutrient)
        return None if per_100g is None else self.grams * (per_100g / 100)


def parts_of(diary: Diary, breast: BreastMilk | None, foods: Mapping[str, Food]) -> tuple[Part, ...]:
    """The parts of a day: breast milk, other milks, foods, in the order written."""
    return tuple(_parts(diary, breast, foods))


def _parts(diary: Diary, breast: BreastMilk | None, foods: Mapping[str, Food]) -> Iterator[Part]:
    if breast is not None:
        written = "; ".join(milk.written for milk in diary.milk if milk.kind == BREAST)
        yield Part(breast.food, breast.grams, True, "breast milk", written, {MAGNESIUM: breast.magnesium})
    for milk in diary.milk:
        if milk.kind != BREAST and milk.food is not None and milk.ml is not None:
            grams = Span.exact(milk.ml * (milk.food.density or 1.0))
            yield Part(milk.food, grams, True, milk.food.name, milk.written, _spread(milk.food, grams))
    for item in diary.foods:
        yield Part(item.food, item.grams, False, item.name, item.written, _salt(item.food, item.grams, foods))


def _spread(food: Food, grams: Span) -> dict[str, Span]:
    """Magnesium from the least to the most that is published of a milk, such as a formula by its brand."""
    spread = food.magnesium_spread
    if spread is None:
        return {}
    return {MAGNESIUM: Span(spread[0] * grams.least / 100, spread[1] * (grams.most or 0.0) / 100)}


def _salt(food: Food, grams: Span, foods: Mapping[str, Food]) -> dict[str, Span]:
    """Sodium from without kitchen salt to with it, where the table counts salt and names the food without it.

    A diary does not say whether the pot was salted.
    """
    candidate = candidate_of(food)
    if candidate is None or candidate.unsalted is None:
        return {}
    plain = next((of for of in foods.values() if (of.name, of.dataset) == candidate.unsalted), None)
    figures = [of.per_100g[SODIUM] for of in (food, plain) if of is not None and SODIUM in of.per_100g]
    if plain is None or len(figures) < 2:
        return {}
    return {SODIUM: Span(min(figures) * grams.least / 100, max(figures) * (grams.most or 0.0) / 100)}
