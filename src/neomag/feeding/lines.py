"""The nutrients of a plan, a line each: what it holds, what was wanted, what is possible, and where a figure is missing."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from neomag.feeding.authority import Target
from neomag.feeding.choices import Choice
from neomag.feeding.frame import Milk
from neomag.knowledge.feeding import FeedingKnowledge
from neomag.knowledge.foods import FoodTable

# A shortfall below this share of the target is rounding.
ROUNDING = 1e-4


@dataclass(frozen=True, slots=True)
class Item:
    """A food of the plan: its half portions and grams in all days of the plan."""

    choice: Choice
    halves: int

    @property
    def grams(self) -> float:
        """Grams in all days, as the food is listed (dry, where it is listed dry)."""
        return self.halves * self.choice.half_g


@dataclass(frozen=True, slots=True)
class Line:
    """One nutrient a day: what is known that the plan holds, of it from milk, its target if there is one.

    `least` and `most` are over every diet that breaks no rule and falls no shorter of any target than the plan does, by the
    figures that are known; None when they were not asked for, and `most` also when no food has a figure. `missing` are foods of
    the plan without one. `aimed` says whether the plan aims at the target; `amount` is None where there is no plan.
    """

    nutrient: str
    unit: str
    amount: float | None
    milk: float
    target: Target | None
    aimed: bool
    least: float | None
    most: float | None
    missing: tuple[str, ...] = ()
    judged: bool = True

    @property
    def held(self) -> float:
        """The amount, or that of milk where there is no plan."""
        return self.milk if self.amount is None else self.amount

    @property
    def met(self) -> bool | None:
        """Whether the target is met; None without one, without a plan, or where a missing figure could still meet it."""
        if self.target is None or self.amount is None or not self.judged:
            return None
        if self.amount >= self.target.value * (1 - ROUNDING):
            return True
        return None if self.missing else False


def lines_of(
    days: int,
    known: FeedingKnowledge,
    table: FoodTable,
    milk: Milk,
    wanted: Mapping[str, Target],
    *,
    items: Sequence[Item] | None,
    choices: Sequence[Choice] = (),
    aimed: Collection[str] = (),
    spans: Mapping[str, tuple[float, float]] | None = None,
) -> dict[str, Line]:
    """Every nutrient of the pages, goals first, then what is only reported. `items` None stands for milk and no food."""
    found: dict[str, Line] = {}
    for nutrient in ("energy", *known.plan["goals"]["nutrients"], *known.plan["reported"]["nutrients"]):
        of_milk = milk.holds.get(nutrient, 0.0)
        food = sum(i.choice.per_half.get(nutrient, 0.0) * i.halves for i in items or ()) / days
        span = (spans or {}).get(nutrient)
        nobody = bool(choices) and not any(nutrient in c.per_half for c in choices)
        missing = [*milk.lacks(nutrient), *(i.choice.candidate.short for i in items or () if nutrient not in i.choice.per_half)]
        found[nutrient] = Line(
            nutrient, table.nutrients[nutrient].unit, of_milk + food if milk.parts or items else None, of_milk,
            wanted.get(nutrient), nutrient in aimed, None if span is None else of_milk + span[0],
            None if span is None or nobody else of_milk + span[1], tuple(dict.fromkeys(missing)), judged=bool(items),
        )  # fmt: skip
    return found
