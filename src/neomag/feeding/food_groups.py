"""Which of WHO's food groups a food may be of, and which food of a plan it is."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache

from neomag.feeding.words import found
from neomag.knowledge.diaries import load_indicators
from neomag.knowledge.feeding import Candidate, load_feeding
from neomag.knowledge.foods import Food

BREAST_GROUP, DAIRY, _FRUIT_VEG = "breast-milk", "dairy", "fruit-veg"
_BREAST = "breast"


@cache
def _candidates() -> dict[tuple[str, str], Candidate]:
    try:
        return {(c.name, c.dataset): c for c in load_feeding().candidates.values()}
    except FileNotFoundError:
        return {}


def candidate_of(food: Food) -> Candidate | None:
    """The candidate of the planner that a food is, if it is one."""
    return _candidates().get((food.name, food.dataset))


def groups_of(food: Food) -> tuple[str, ...]:
    """The WHO groups that a food may be of: one when it can be told, none when it counts for none, several when it cannot."""
    said = load_indicators()
    candidate = candidate_of(food)
    if candidate is not None:
        if not candidate.tags.isdisjoint(said.uncounted_tags):
            return ()
        group = candidate.group.replace(" ", "-")
        return (group,) if group in said.groups else ()
    if food.kind:
        return (BREAST_GROUP,) if food.kind == _BREAST else (DAIRY,)
    rule = next((r for r in said.rules if food.category in r.categories and _fits(r.words, r.but, food.name)), None)
    if rule is None:
        return tuple(group for group in said.groups if group != BREAST_GROUP)
    if rule.group != _FRUIT_VEG:
        return (rule.group,) if rule.group in said.groups else ()
    vitamin_a = food.per_100g.get("vitamin_a_rae")
    if vitamin_a is None:
        return ("vitamin-a", "other-fruit-veg")
    return ("vitamin-a",) if vitamin_a >= said.vitamin_a_rich else ("other-fruit-veg",)


def _fits(words: Iterable[str], but: Iterable[str], name: str) -> bool:
    words = tuple(words)
    return (not words or found(words, name) is not None) and found(but, name) is None
