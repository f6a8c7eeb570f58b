"""WHO and UNICEF's indicators (2021) of one day: food groups, meals, milk feeds, and the three together.

Each is true, false, or unknown (None): a dish whose group cannot be told, or meals that were not counted, never become a no.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from neomag.feeding.diary import BREAST, Diary
from neomag.feeding.food_groups import BREAST_GROUP, DAIRY, candidate_of, groups_of
from neomag.feeding.words import found
from neomag.knowledge.diaries import Indicator, load_indicators

__all__ = ["ACCEPTABLE", "DIVERSITY", "MEALS", "MILK_FEEDS", "Found", "candidate_of", "groups_of", "indicators"]

DIVERSITY, MEALS, MILK_FEEDS, ACCEPTABLE = (
    "minimum-dietary-diversity",
    "minimum-meal-frequency",
    "minimum-milk-feeding-frequency",
    "minimum-acceptable-diet",
)


@dataclass(frozen=True, slots=True)
class Found:
    """What an indicator says of the day. `applies` is False at other ages, and for milk feeds of a breast-fed child.

    `least` is what is wanted, `count` what there was (None when not known), `groups` the food groups that were there.
    """

    indicator: Indicator
    applies: bool
    value: bool | None
    least: int | None = None
    count: int | None = None
    groups: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """As JSON has it."""
        of: dict[str, Any] = {"says": self.indicator.says, "applies": self.applies, "value": self.value}
        if self.least is not None:
            of |= {"least": self.least, "count": self.count}
        if self.indicator.id == DIVERSITY:
            missing = [group for group in load_indicators().groups if group not in self.groups]
            of |= {"groups": list(self.groups), "missing": missing}
        return of | {"sources": list(self.indicator.sources)}


def indicators(diary: Diary) -> tuple[Found, ...]:
    """The four indicators of the day."""
    of = load_indicators().indicators
    if not of[DIVERSITY].from_months <= diary.age_months <= of[DIVERSITY].to_months:
        return tuple(Found(indicator, False, None) for indicator in of.values())
    diversity, meals, milk = _diversity(diary, of[DIVERSITY]), _meals(diary, of[MEALS]), _milk_feeds(diary, of[MILK_FEEDS])
    parts = [diversity.value, meals.value, *([] if diary.breastfed else [milk.value])]
    value = False if False in parts else None if None in parts else True
    return (diversity, meals, milk, Found(of[ACCEPTABLE], True, value))


def _diversity(diary: Diary, indicator: Indicator) -> Found:
    possible = [({BREAST_GROUP} if milk.kind == BREAST else {DAIRY}) for milk in diary.milk]
    possible += [set(groups_of(item.food)) for item in diary.foods]
    sure = {group for groups in possible for group in groups if len(groups) == 1}
    # An item that may be of several groups adds at most one that is not there yet.
    more = sum(1 for groups in possible if len(groups) > 1 and groups - sure)
    least = indicator.least if isinstance(indicator.least, int) else 0
    value = True if len(sure) >= least else None if len(sure) + more >= least else False
    groups = tuple(group for group in load_indicators().groups if group in sure)
    return Found(indicator, True, value, least, len(groups), groups)


def _meals(diary: Diary, indicator: Indicator) -> Found:
    rows = indicator.least if isinstance(indicator.least, tuple) else ()
    least = next(
        int(row["times"])
        for row in rows
        if row["breastfed"] == diary.breastfed and row["from_months"] <= diary.age_months <= row["to_months"]
    )
    meals = diary.meals if diary.meals is not None else (None if diary.foods else 0)
    if diary.breastfed:
        return Found(indicator, True, None if meals is None else meals >= least, least, meals)
    at_least, whole = _feeds(diary)
    if meals is None:
        return Found(indicator, True, None, least, None)
    value = False if meals == 0 else True if meals + at_least >= least else (False if whole else None)
    return Found(indicator, True, value, least, meals + at_least if whole else None)


def _milk_feeds(diary: Diary, indicator: Indicator) -> Found:
    least = indicator.least if isinstance(indicator.least, int) else 0
    if diary.breastfed:
        return Found(indicator, False, None, least, None)
    at_least, whole = _feeds(diary)
    at_least += sum(1 for item in diary.foods if found(("yogurt", "yoghurt"), item.food.name))
    value = True if at_least >= least else (False if whole else None)
    return Found(indicator, True, value, least, at_least if whole else None)


def _feeds(diary: Diary) -> tuple[int, bool]:
    """Feeds of milk other than breast milk: at least so many, and whether all were counted."""
    other = [milk for milk in diary.milk if milk.kind != BREAST]
    return sum(milk.feeds or 1 for milk in other), all(milk.feeds is not None for milk in other)
