"""The foods of a plan laid out over days, meals and snacks, so that a day can be cooked from it."""

from __future__ import annotations

from dataclasses import dataclass

from neomag.feeding.plan import Item, Plan

# What is eaten between meals where there are snacks.
_SNACKS = frozenset({"fruit", "berry", "melon", "citrus", "orange-fruit", "fruit-puree", "yoghurt", "juice"})


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


def menu(plan: Plan) -> tuple[Meal, ...]:
    """The meals of each day. What is only given out half portion by half portion goes where there is least so far."""
    if plan.frame is None or not plan.items:
        return ()
    days, meals, snacks = plan.request.days, plan.frame.meals, plan.frame.snacks
    names = [f"meal {n + 1}" for n in range(meals)] + [f"snack {n + 1}" for n in range(snacks)]
    at: dict[tuple[int, int], dict[str, int]] = {(d, m): {} for d in range(days) for m in range(len(names))}
    kcal = dict.fromkeys(at, 0.0)
    items = {item.choice.food.id: item for item in plan.items}
    for item in sorted(plan.items, key=lambda i: -i.choice.per_half["energy"] * i.halves):
        choice = item.choice
        slots = [s for s in at if (s[1] >= meals) == (choice.candidate.kind in _SNACKS)] if snacks else list(at)
        per_day = [0] * days
        for _ in range(item.halves):
            # First a day that has least of this food, then the meal that has least of anything.
            slot = min(slots, key=lambda s: (per_day[s[0]], at[s].get(choice.food.id, 0), kcal[s]))
            at[slot][choice.food.id] = at[slot].get(choice.food.id, 0) + 1
            kcal[slot] += choice.per_half["energy"]
            per_day[slot[0]] += 1
    return tuple(
        Meal(d + 1, names[m], tuple(Serving(items[food], halves) for food, halves in of.items()))
        for (d, m), of in at.items()
        if of
    )
