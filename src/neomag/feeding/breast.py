"""How much breast milk a day held: as measured, or from the age and the count of feeds, from least to most."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from neomag import ages
from neomag.feeding.diary import BREAST, Diary
from neomag.feeding.span import Span
from neomag.knowledge.foods import Food
from neomag.knowledge.intakes import MilkBand, load_milk_volumes


@dataclass(frozen=True, slots=True)
class BreastMilk:
    """The breast milk of a day: which milk of the table, mL from least to most, and the band where it was not measured.

    `feeds` are those that were counted; None when fed on demand, or when all was measured.
    """

    food: Food
    ml: Span
    band: MilkBand | None
    feeds: int | None

    @property
    def grams(self) -> Span:
        """The grams of it."""
        return self.ml * (self.food.density or 1.0)

    @property
    def magnesium(self) -> Span:
        """mg of magnesium, which differs from mother to mother."""
        litre = load_milk_volumes().composition["magnesium"]
        most = litre.high * (self.ml.most or 0.0) / 1000
        return Span(litre.low * self.ml.least / 1000, most)


def breast_milk(diary: Diary, foods: Mapping[str, Food]) -> BreastMilk | None:
    """The breast milk of the day; None when there was none."""
    entries = [milk for milk in diary.milk if milk.kind == BREAST]
    if not entries:
        return None
    food = stage(diary.age, foods)
    measured = sum(milk.ml for milk in entries if milk.ml is not None)
    unmeasured = [milk for milk in entries if milk.ml is None]
    if not unmeasured:
        return BreastMilk(food, Span.exact(measured), None, None)
    volumes = load_milk_volumes()
    band, feed = volumes.at(diary.age_months), volumes.feed
    counts = [milk.feeds for milk in unmeasured if milk.feeds is not None]
    if len(counts) == len(unmeasured):
        feeds = sum(counts)
        ml = Span(min(band.low, feeds * feed.low), min(band.high, feeds * feed.high))
    else:
        feeds = None
        beside = measured or any(milk.kind != BREAST for milk in diary.milk)
        ml = Span(min(band.low, feed.low) if beside else band.low, band.high)
    return BreastMilk(food, ml + Span.exact(measured), band, feeds)


def stage(age: int, foods: Mapping[str, Food]) -> Food:
    """The breast milk of the table for an age in seconds."""
    days = age / ages.DAY
    name = next(milk for before, milk in load_milk_volumes().stages if days < before)
    return foods.get(name) or next(food for food in foods.values() if food.kind == BREAST)
