"""What a plan is asked for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from neomag.feeding.errors import FeedingInputError
from neomag.knowledge.feeding import Candidate, FeedingKnowledge
from neomag.knowledge.foods import Food

DAYS = (1, 7)


@dataclass(frozen=True, slots=True)
class Request:
    """What a plan is asked for. `age_months` are completed months; `habit` holds half portions a day by short name.

    `seldom` also takes foods that are hard to find. `candidates`, when given, stand in place of those that ship with neomag;
    with a `budget` those without a price are left out.
    """

    age_months: int
    milk: str = "breast"
    milk_amount: str = "average"
    days: int = 1
    exclude: tuple[str, ...] = ()
    diet: str | None = None
    fortified: bool = True
    seldom: bool = False
    authority: str | None = None
    fill: str | None = None
    iron: str = "10%"
    zinc: str = "moderate"
    without: tuple[str, ...] = ()
    budget: float | None = None
    weight_kg: float | None = None
    habit: Mapping[str, float] | None = None
    candidates: tuple[tuple[Candidate, Food], ...] | None = None
    ranges: bool = True

    def check(self, known: FeedingKnowledge) -> None:
        """Raises FeedingInputError for an age, a span, a nutrient, a budget or a weight that cannot be."""
        before = known.plan["ages"]["before_months"]
        if not 0 <= self.age_months < before:
            raise FeedingInputError(f"age {self.age_months} months: a plan is for 0 to {before - 1} months")
        if self.days not in DAYS:
            raise FeedingInputError(f"days {self.days}: write {DAYS[0]} or {DAYS[1]}")
        goals = known.plan["goals"]["nutrients"]
        for nutrient in self.without:
            if nutrient not in goals:
                raise FeedingInputError(f"without target `{nutrient[:40]}`: write one of {', '.join(goals)}")
        if self.budget is not None and not self.budget > 0:
            raise FeedingInputError("budget: must be more than nothing")
        weighs = known.plan["weight"]
        if self.weight_kg is not None and not weighs["least_kg"] <= self.weight_kg <= weighs["most_kg"]:
            raise FeedingInputError(f"weight {self.weight_kg:g} kg: write {weighs['least_kg']} to {weighs['most_kg']} kg")
