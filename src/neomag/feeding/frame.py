"""What frames a plan for one infant: the milk of the day, energy, stomach, meals, and the rules never broken, as rows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import inf
from typing import Any

from neomag.feeding.choices import Choice, concerns
from neomag.feeding.errors import FeedingInputError
from neomag.feeding.model import Hard, Pattern
from neomag.knowledge import load
from neomag.knowledge.feeding import FeedingKnowledge
from neomag.knowledge.foods import Food, FoodTable
from neomag.knowledge.intakes import load_milk_volumes

BREAST, FORMULA, ANIMAL = "breast-milk", "infant-formula", "cow-milk"
AMOUNTS = ("low", "average", "high")
# Milk is a food group of its own when it comes from the breast; another milk is dairy.
_BREAST_GROUP = "breast-milk"
_WEEK = 7


@dataclass(frozen=True, slots=True)
class Milk:
    """The milk of a day: each milk with its grams, and what they hold together."""

    pattern: str
    says: str
    parts: tuple[tuple[Food, float], ...]
    holds: Mapping[str, float]

    @property
    def breast(self) -> bool:
        """Whether any of it comes from the breast."""
        return any(food.kind == "breast" for food, _ in self.parts)

    def lacks(self, nutrient: str) -> list[str]:
        """The milks for which the table has no figure of a nutrient."""
        return [food.name for food, _ in self.parts if nutrient not in food.per_100g]


def milk_of(
    age_months: int, pattern: str, amount: str, barred: frozenset[str], known: FeedingKnowledge, table: FoodTable
) -> Milk:
    """The milk of a day by a pattern of plan.toml; `barred` are tags that a diet or an exclusion leaves out.

    Below six months formula goes by weight and has no amount here. Raises FeedingInputError for a pattern that there is not,
    not at this age, or of a milk that is barred.
    """
    patterns = known.plan["milk"]
    if pattern not in patterns:
        raise FeedingInputError(f"milk `{pattern[:40]}`: write one of {', '.join(patterns)}")
    if amount not in AMOUNTS:
        raise FeedingInputError(f"milk amount `{amount[:40]}`: write one of {', '.join(AMOUNTS)}")
    of = patterns[pattern]
    if against := barred & set(of.get("tags", ())):
        others = " or ".join(name for name, other in patterns.items() if not barred & set(other.get("tags", ())))
        out = ", ".join(sorted(against))
        raise FeedingInputError(f"milk `{pattern}` is {of['says']}, and {out} is left out; take {others}, and ask a clinician")
    if age_months < of.get("from_months", 0):
        rule = known.safety[of["rule"]]
        raise FeedingInputError(f"milk `{pattern}` is from {of['from_months']} months: {rule.says} [{', '.join(rule.sources)}]")
    parts: list[tuple[Food, float]] = []
    energy: dict[str, float] = {}
    if "ml" in of:
        food = table.foods[ANIMAL]
        parts.append((food, of["ml"] * (food.density or 1.0)))
    else:
        band = load_milk_volumes().at(age_months)
        breast, formula = table.foods[BREAST], table.foods[of.get("formula", FORMULA)]
        ml = {"low": band.low, "average": band.average, "high": band.high}[amount]
        # From 6 months PAHO/WHO give the energy of the average milk, and the volumes scale it; another milk brings as much.
        kcal = None if band.milk is None else band.milk * ml / band.average
        if of["share"]:
            parts.append((breast, ml * of["share"] * (breast.density or 1.0)))
            energy[breast.id] = (kcal or ml * load_milk_volumes().kcal_per_ml) * of["share"]
        if of["share"] < 1 and kcal is not None:
            parts.append((formula, 100 * kcal * (1 - of["share"]) / (formula.energy or 1.0)))
    holds: dict[str, float] = {}
    for food, grams in parts:
        for nutrient, value in food.per_100g.items():
            amount_held = energy.get(food.id, value * grams / 100) if nutrient == "energy" else value * grams / 100
            holds[nutrient] = holds.get(nutrient, 0.0) + amount_held
    return Milk(pattern, of["says"], tuple(parts), holds)


@dataclass(frozen=True, slots=True)
class Frame:
    """What the rows need of the infant: energy in kcal a day, the stomach's grams a day, meals and snacks a day, and the most
    half portions a day."""

    age_months: int
    days: int
    milk: Milk
    energy: float
    weight_kg: float
    stomach_g: float
    meals: int
    snacks: int
    most_halves: int
    amount: str
    texture: str


def frame_of(age_months: int, days: int, milk: Milk, energy: float, weight_kg: float | None, known: FeedingKnowledge) -> Frame:
    """The frame at an age; a weight not given is the 3rd centile of girls."""
    step: dict[str, Any] = next(m for m in known.plan["meals"] if m["from_months"] <= age_months < m["before_months"])
    weight = weight_kg or min(float(b.low) for b in load().dosing.weights if b.months == age_months)
    meals = step["meals"] + (0 if milk.breast else known.plan["not-breastfed"]["meals"])
    occasions = meals + step["snacks"]
    return Frame(
        age_months, days, milk, energy, weight, known.plan["stomach"]["g_per_kg_per_meal"] * weight * occasions, meals,
        step["snacks"], known.plan["variety"]["most_at_a_meal"] * occasions, step["amount"], step["texture"],
    )  # fmt: skip


def hard_rows(choices: Sequence[Choice], frame: Frame, known: FeedingKnowledge, budget: float | None = None) -> Iterator[Hard]:
    """The rules never broken. Nutrients of milk are taken off each limit; limits are for all days of the plan."""
    plan, days, holds = known.plan, frame.days, frame.milk.holds
    within = plan["energy"]["within"]
    food_kcal = frame.energy - holds.get("energy", 0.0)
    slack = within * frame.energy
    yield Hard("energy", _of(choices, "energy"), max(food_kcal - slack, 0.0) * days, (food_kcal + slack) * days)
    yield Hard("stomach", {at: c.eaten_half_g for at, c in enumerate(choices)}, high=frame.stomach_g * days)
    for rule in known.safety.values():
        if rule.most_sodium_mg is not None and rule.holds_at(frame.age_months):
            yield Hard(rule.id, _of(choices, "sodium"), high=_left(rule.most_sodium_mg, "sodium", holds) * days)
        if rule.most_ml_per_day is not None and rule.holds_at(frame.age_months):
            drunk = {at: c.half_g for at, c in enumerate(choices) if concerns(rule, c.candidate)}
            if drunk:
                yield Hard(rule.id, drunk, high=rule.most_ml_per_day * days)
    retinol = {at: c.per_half["vitamin_a_rae"] for at, c in enumerate(choices) if c.preformed}
    most_ug = known.safety[plan["retinol"]["rule"]].most_retinol_ug or inf
    yield Hard("retinol", retinol, high=_left(most_ug, "vitamin_a_rae", holds) * days)
    variety = plan["variety"]
    kinds: dict[str, dict[int, float]] = {}
    for at, c in enumerate(choices):
        kinds.setdefault(c.candidate.kind, {})[at] = 1.0
    for kind, members in kinds.items():
        if len(members) > 1:
            yield Hard(f"kind {kind}", members, high=min(variety["most_of_a_kind"] * days, variety["most_of_a_kind_per_week"]))
    for limit in known.together.values():
        members = {at: 1.0 for at, c in enumerate(choices) if limit.holds(c.candidate)}
        if members:
            # A day's plan may be eaten every day: what is left of a week's limit is rounded down.
            yield Hard(f"together {limit.id}", members, high=2 * limit.most_per_week * days // _WEEK)
    yield Hard("portions", dict.fromkeys(range(len(choices)), 1.0), high=frame.most_halves * days)
    for group, most in variety["most_of_a_group"].items():
        members = {at: 1.0 for at, c in enumerate(choices) if c.candidate.group == group}
        yield Hard(f"group {group}", members, high=most * days)
    share: float = variety["share_of_grains"]
    grains = {at: -share for at, c in enumerate(choices) if c.candidate.group == "grains"}
    for rule in known.safety.values():
        turns = [at for at, c in enumerate(choices) if rule.action == "prefer_variety" and concerns(rule, c.candidate)]
        if turns and rule.holds_at(frame.age_months):
            yield Hard(rule.id, grains | dict.fromkeys(turns, 1.0 - share), high=0.0)
    if budget is not None:
        yield Hard("budget", {at: price_of_half(c) for at, c in enumerate(choices)}, high=budget)


def price_of_half(choice: Choice) -> float:
    """What half a portion costs. The choice must have a price."""
    return (choice.candidate.price or 0.0) * choice.half_g / 100


def pattern_of(choices: Sequence[Choice], frame: Frame, known: FeedingKnowledge) -> Pattern:
    """Groups, meals and what is wanted daily."""
    groups: dict[str, list[int]] = {}
    for at, c in enumerate(choices):
        if c.candidate.group != "fat":
            groups.setdefault(c.candidate.group, []).append(at)
    of_milk = milk_groups(frame.milk)
    for group in of_milk:
        groups.pop(group, None)
    daily = {
        name: ([at for at, c in enumerate(choices) if _wanted(c, of)], of["half_portions"])
        for name, of in known.plan["daily"].items()
    }
    return Pattern(
        groups,
        len(of_milk),
        known.plan["diversity"]["groups"],
        2 * frame.meals * frame.days,
        daily,
        _one_of(choices, frame, known),
    )


def _wanted(choice: Choice, of: Mapping[str, Any]) -> bool:
    """Whether a food is of what is wanted daily: by its kind, a site's own food by its group."""
    candidate = choice.candidate
    return candidate.kind in of["kinds"] or (candidate.kind == candidate.name and candidate.group in of["groups"])


def _one_of(choices: Sequence[Choice], frame: Frame, known: FeedingKnowledge) -> list[list[int]]:
    """Foods of which one is enough: the same food under two names, and in a day fortified cereals, which are alike."""
    at = {c.candidate.short: i for i, c in enumerate(choices)}
    alike = [[at[name] for name in names if name in at] for names in known.same]
    if frame.days == 1:
        kinds = known.plan["variety"]["one_of_fortified"]
        alike.append([i for i, c in enumerate(choices) if c.candidate.fortified and c.candidate.kind in kinds])
    return [members for members in alike if len(members) > 1]


def milk_groups(milk: Milk) -> tuple[str, ...]:
    """The food groups that the milk brings: breast milk is one of its own, formula and animal milk are dairy."""
    return tuple(dict.fromkeys(_BREAST_GROUP if food.kind == "breast" else "dairy" for food, _ in milk.parts))


def _of(choices: Sequence[Choice], nutrient: str) -> dict[int, float]:
    return {at: c.per_half.get(nutrient, 0.0) for at, c in enumerate(choices)}


def _left(most: float, nutrient: str, milk: Mapping[str, float]) -> float:
    """What a daily limit leaves for food; nothing when milk alone passes it."""
    return max(most - milk.get(nutrient, 0.0), 0.0) if most < inf else inf
