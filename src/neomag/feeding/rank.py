"""Foods in the order of the magnesium they give, through one lens. A food whose figure is missing is counted, not ranked."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from neomag.feeding.errors import FeedingInputError
from neomag.feeding.infant_portions import InfantPortion, candidates, group_of, groups, infant_portion
from neomag.feeding.lenses import BY_ENERGY, BY_PORTION, Lens, Seen, lenses, seen
from neomag.feeding.search import short_name
from neomag.knowledge.foods import Food, FoodTable
from neomag.nearest import hint


@dataclass(frozen=True, slots=True)
class Ranked:
    """A food, its infant portion, and what it gives through the lenses. `label` is its short name on a plan, if it has one."""

    food: Food
    portion: InfantPortion | None
    seen: Seen
    label: str = ""


@dataclass(frozen=True, slots=True)
class Ranking:
    """The foods from the richest down, as many as were asked for, of `ranked`; `left_out` counts the others by the reason."""

    lens: Lens
    foods: tuple[Ranked, ...]
    ranked: int
    left_out: dict[str, int]


def rank(foods: Iterable[Food], by: str, *, group: str | None = None, limit: int | None = None) -> Ranking:
    """Rank `foods` by the lens `by`. Raises FeedingInputError for an unknown lens or group."""
    if by not in lenses():
        raise FeedingInputError(f"no lens `{by[:40]}`; write one of {', '.join(lenses())}")
    known = list(dict.fromkeys(x.id for x in groups()))
    if group is not None and group not in known:
        raise FeedingInputError(f"no group `{group[:40]}`{hint(group, known)}; the groups are {', '.join(known)}")
    kept: list[tuple[float, Food]] = []
    left_out: dict[str, int] = {}
    for food in foods:
        if group is not None and group_of(food).id != group:
            continue
        value, why = _value(food, by)
        if value is None:
            left_out[why] = left_out.get(why, 0) + 1
        else:
            kept.append((value, food))
    kept.sort(key=lambda x: (-x[0], x[1].name, x[1].id))
    return Ranking(lenses()[by], tuple(look(food) for _, food in kept[:limit]), len(kept), left_out)


def look(food: Food) -> Ranked:
    """One food through the lenses."""
    portion = infant_portion(food)
    label = short_name(food) or ""
    return Ranked(food, portion, seen(food.magnesium, food.energy, portion.grams if portion else None), label)


def of_candidates(foods: Iterable[Food]) -> tuple[Food, ...]:
    """Those of `foods` that a plan may choose; empty where there are no candidates."""
    chosen = candidates()
    return tuple(food for food in foods if (food.name, food.dataset) in chosen)


def to_rank(table: FoodTable, site: Iterable[Food] | None = None, chosen: bool | None = None) -> tuple[tuple[Food, ...], str]:
    """The foods to rank and what they are called: the site's where there are any, else the candidates of a plan, else all.

    `chosen` asks for the candidates (True) or for all (False). Raises FeedingInputError when there are no candidates.
    """
    if site is not None and chosen is None:
        return tuple(site), "foods of the site"
    found = of_candidates(table.foods.values()) if chosen is not False else ()
    if chosen and not found:
        raise FeedingInputError(
            "this knowledge has no candidate foods (feeding/candidates.csv);"
            " rank the whole table with --all (in a query candidates=false)"
        )
    return (found, "candidate foods") if found else (tuple(table.foods.values()), "foods")


def _value(food: Food, by: str) -> tuple[float | None, str]:
    """The figure of the lens, or why there is none."""
    if food.magnesium is None:
        return None, "magnesium not known"
    least = lenses()[by].least_kcal
    if by == BY_ENERGY and (food.energy is None or food.energy < least):
        return None, "energy not known" if food.energy is None else f"below {least:g} kcal in 100 g"
    portion = infant_portion(food) if by == BY_PORTION else None
    if by == BY_PORTION and portion is None:
        return None, "no infant portion"
    return seen(food.magnesium, food.energy, portion.grams if portion else None).amounts[by], ""
