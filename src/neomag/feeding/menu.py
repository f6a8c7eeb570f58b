"""The foods of a plan laid out over days, meals and snacks, so that a day can be cooked from it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from neomag.feeding.lines import Item
from neomag.feeding.plan import Plan
from neomag.knowledge.feeding import FeedingKnowledge


@dataclass(frozen=True, slots=True)
class Serving:
    """A food at one meal: half portions and grams."""

    item: Item
    halves: int

    @property
    def grams(self) -> float:
        """Grams, as the food is listed."""
        return self.halves * self.item.choice.half_g


@dataclass(frozen=True, slots=True)
class Meal:
    """One meal (`meal 1` …) or snack of a day, with its servings."""

    day: int
    name: str
    servings: tuple[Serving, ...]


@dataclass(slots=True)
class _Slot:
    """A meal while it is filled: half portions by food and by what they are, and the energy so far."""

    day: int
    snack: bool
    foods: dict[str, int] = field(default_factory=dict[str, int])
    sorts: dict[str, int] = field(default_factory=dict[str, int])
    kcal: float = 0.0

    @property
    def halves(self) -> int:
        return sum(self.foods.values())


def menu(plan: Plan, known: FeedingKnowledge) -> tuple[Meal, ...]:
    """The meals of each day.

    Half portion by half portion each food goes to the day that has least of its sort (so that what is wanted daily is there
    every day), then to the meal that has least of it and least of all, never more than a meal holds. What is eaten once a week
    is eaten at one meal.
    """
    if plan.frame is None or not plan.items:
        return ()
    days, meals, snacks = plan.request.days, plan.frame.meals, plan.frame.snacks
    slots = [_Slot(day, place >= meals) for day in range(days) for place in range(meals + snacks)]
    policy = known.plan["menu"]
    for item in sorted(plan.items, key=lambda i: (_sort(i, known), -i.choice.per_half["energy"] * i.halves)):
        whole = item.choice.candidate.most_per_week <= policy["whole_to_per_week"]
        for size in [item.halves] if whole else [1] * item.halves:
            _place(slots, item, size, known, policy)
    names = [f"meal {n + 1}" for n in range(meals)] + [f"snack {n + 1}" for n in range(snacks)]
    items = {item.choice.food.id: item for item in plan.items}
    return tuple(
        Meal(slot.day + 1, name, tuple(Serving(items[food], halves) for food, halves in slot.foods.items()))
        for slot, name in zip(slots, names * days, strict=True)
        if slot.foods
    )


def _sort(item: Item, known: FeedingKnowledge) -> str:
    """What a food is for the menu: what is wanted daily, else its group."""
    kind = item.choice.candidate.kind
    return next((name for name, of in known.plan["daily"].items() if kind in of["kinds"]), item.choice.candidate.group)


def _place(slots: list[_Slot], item: Item, size: int, known: FeedingKnowledge, policy: Mapping[str, Any]) -> None:
    food, sort = item.choice.food.id, _sort(item, known)
    of_day: dict[int, tuple[int, int]] = {}
    for slot in slots:
        sorts, foods = of_day.get(slot.day, (0, 0))
        of_day[slot.day] = (sorts + slot.sorts.get(sort, 0), foods + slot.foods.get(food, 0))
    most = known.plan["variety"]["most_at_a_meal"]
    snack = item.choice.candidate.kind in policy["snacks"]
    slot = min(
        slots,
        key=lambda s: (
            s.halves + size > most, *of_day[s.day], s.snack is not snack, s.sorts.get(sort, 0), s.foods.get(food, 0), s.halves,
            s.kcal,
        ),
    )  # fmt: skip
    slot.foods[food] = slot.foods.get(food, 0) + size
    slot.sorts[sort] = slot.sorts.get(sort, 0) + size
    slot.kcal += item.choice.per_half["energy"] * size
