"""The foods a plan may choose for one infant: the candidates, less what age, safety, a diet or the data leave out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from math import ceil

from neomag.feeding.leave_out import excluded_by
from neomag.feeding.words import touches
from neomag.knowledge.feeding import Candidate, FeedingKnowledge, SafetyRule
from neomag.knowledge.foods import Food, FoodTable

# Without these a food cannot be held against the rules that are never broken.
NEEDED = ("energy", "magnesium", "sodium")
_WEEK = 7
_FORBID = ("forbid", "forbid_without_prescription")
_FORMS = ("forbid_form", "require_form")


@dataclass(frozen=True, slots=True)
class Choice:
    """A food a plan may choose: grams of half a portion as listed and as eaten, what half a portion holds (nutrients by id;
    a missing one is absent), and the most half portions in the days of the plan."""

    food: Food
    candidate: Candidate
    form: str
    half_g: float
    eaten_half_g: float
    most_half: int
    per_half: Mapping[str, float]

    @property
    def preformed(self) -> bool:
        """Whether its vitamin A may be preformed."""
        return self.candidate.animal or self.candidate.fortified


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A candidate that is not a choice, and why.

    `why` is `age`, `excluded`, `fortified`, `seldom` (hard to find), `price`, `data`, or the id of a rule of safety.
    """

    candidate: Candidate
    food: Food
    why: str


@dataclass(frozen=True, slots=True)
class Chosen:
    """The choices, what was left out, and what is to be minded with the diet that was asked for."""

    choices: tuple[Choice, ...]
    left_out: tuple[LeftOut, ...]
    cautions: tuple[str, ...] = ()


def choose(
    candidates: Sequence[tuple[Candidate, Food]],
    known: FeedingKnowledge,
    *,
    age_months: int,
    days: int,
    exclude: Sequence[str] = (),
    diet: str | None = None,
    fortified: bool = True,
    seldom: bool = True,
    priced: bool = False,
) -> Chosen:
    """The choices of a plan. Raises FeedingInputError for an exclusion that leaves nothing out, or a diet that there is not."""
    excluded = excluded_by([c for c, _ in candidates], exclude, diet, known)
    rules = [rule for rule in known.rules.values() if rule.holds_at(age_months)]
    choices: list[Choice] = []
    left: list[LeftOut] = []
    for candidate, food in candidates:
        forbidding = next((rule.id for rule in rules if _forbids(rule, candidate, known)), None)
        if not (candidate.from_months <= age_months <= (candidate.to_months or age_months)):
            left.append(LeftOut(candidate, food, "age"))
        elif forbidding:
            left.append(LeftOut(candidate, food, forbidding))
        elif candidate.short in excluded:
            left.append(LeftOut(candidate, food, "excluded"))
        elif candidate.fortified and not fortified:
            left.append(LeftOut(candidate, food, "fortified"))
        elif not seldom and candidate.short in known.plan["usual"]["seldom"]:
            left.append(LeftOut(candidate, food, "seldom"))
        elif priced and candidate.price is None:
            left.append(LeftOut(candidate, food, "price"))
        elif any(food.per_100g.get(n) is None for n in NEEDED) or (
            (candidate.animal or candidate.fortified) and "vitamin_a_rae" not in food.per_100g
        ):
            left.append(LeftOut(candidate, food, "data"))
        else:
            most, rule = _most_half(candidate, rules, days, known)
            if most:
                choices.append(_choice(candidate, food, age_months, most))
            else:
                left.append(LeftOut(candidate, food, rule))
    caution = known.diets[diet].caution if diet else ""
    return Chosen(tuple(choices), tuple(left), (caution,) if caution else ())


def shipped(known: FeedingKnowledge, table: FoodTable) -> list[tuple[Candidate, Food]]:
    """The candidates that ship with neomag, each with its food, cooked without salt."""
    by_name = {(food.name, food.dataset): food for food in table.foods.values()}

    def unsalted(candidate: Candidate) -> Food:
        food = by_name[candidate.name, candidate.dataset]
        if candidate.unsalted is None:
            return food
        return replace(food, per_100g={**food.per_100g, "sodium": by_name[candidate.unsalted].per_100g["sodium"]})

    return [(c, unsalted(c)) for c in known.candidates.values()]


def _choice(candidate: Candidate, food: Food, age_months: int, most: int) -> Choice:
    portion, form = candidate.at(age_months)
    half = portion / 2
    per_half = {nutrient: value * half / 100 for nutrient, value in food.per_100g.items()}
    return Choice(food, candidate, form, half, half * candidate.as_eaten, most, per_half)


def concerns(rule: SafetyRule, candidate: Candidate) -> bool:
    """Whether a rule of safety is about this food."""
    return touches(rule, candidate.tags, candidate.short, candidate.name, own=candidate.own)


def _forbids(rule: SafetyRule, candidate: Candidate, known: FeedingKnowledge) -> bool:
    """Whether a rule leaves a food out.

    A form that is forbidden or required leaves no shipped food out: each is written in a form that is safe. A site's own food
    is known by its name alone, not by what its kind may hold: not every egg is raw.
    """
    if rule.action not in _FORMS:
        return rule.action in _FORBID and concerns(rule, candidate)
    stated = candidate.tags - set(known.holds)
    return candidate.own and touches(rule, stated, candidate.short, candidate.name, own=True)


def halves_in(portions_per_week: float, days: int) -> int:
    """The half portions that so many portions a week leave in the days of a plan; at least one, since a week has seven days."""
    return ceil(2 * portions_per_week * days / _WEEK)


def _most_half(candidate: Candidate, rules: Iterable[SafetyRule], days: int, known: FeedingKnowledge) -> tuple[int, str]:
    """The most half portions in the plan, and the rule of safety that sets it, if one does.

    A day's plan may be eaten every day: what a rule of safety allows once a week has no place in it.
    """
    variety = known.plan["variety"]
    own = halves_in(candidate.most_per_week, days)
    a_day = variety["more_of_a_kind"].get(candidate.kind, variety["most_of_a_food"])
    a_week = variety["most_of_a_food_per_week"] * a_day / variety["most_of_a_food"]
    most = min(own, a_day * days, int(a_week))
    for rule in rules:
        if rule.most_portions_per_week is not None and concerns(rule, candidate):
            return min(most, int(2 * rule.most_portions_per_week * days // _WEEK)), rule.id
    return most, ""
