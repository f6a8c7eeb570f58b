"""The foods a plan may choose for one infant: the candidates, less what age, safety, a diet or the data leave out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from math import ceil

from neomag.feeding.errors import FeedingInputError
from neomag.feeding.words import touches
from neomag.knowledge.feeding import Candidate, FeedingKnowledge, SafetyRule
from neomag.knowledge.foods import Food, FoodTable
from neomag.nearest import hint

# Without these a food cannot be held against the rules that are never broken.
_NEEDED = ("energy", "magnesium", "sodium")
_WEEK = 7


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
    """The choices, and what was left out."""

    choices: tuple[Choice, ...]
    left_out: tuple[LeftOut, ...]


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
    """The choices of a plan. Raises FeedingInputError for an exclusion that names nothing there is."""
    excluded = _excluded([c for c, _ in candidates], exclude, diet, known)
    rules = [rule for rule in known.safety.values() if rule.holds_at(age_months)]
    choices: list[Choice] = []
    left: list[LeftOut] = []
    for candidate, food in candidates:
        forbidding = next((rule.id for rule in rules if _forbids(rule, candidate)), None)
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
        elif any(food.per_100g.get(n) is None for n in _NEEDED) or (
            (candidate.animal or candidate.fortified) and "vitamin_a_rae" not in food.per_100g
        ):
            left.append(LeftOut(candidate, food, "data"))
        else:
            most, rule = _most_half(candidate, rules, days, known)
            if most:
                choices.append(_choice(candidate, food, age_months, most))
            else:
                left.append(LeftOut(candidate, food, rule))
    return Chosen(tuple(choices), tuple(left))


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
    return touches(rule, candidate.tags, candidate.short, candidate.name)


def _forbids(rule: SafetyRule, candidate: Candidate) -> bool:
    return rule.action in ("forbid", "forbid_form", "forbid_without_prescription") and concerns(rule, candidate)


def halves_in(portions_per_week: float, days: int) -> int:
    """The half portions that so many portions a week leave in the days of a plan; at least one, since a week has seven days."""
    return ceil(2 * portions_per_week * days / _WEEK)


def _most_half(candidate: Candidate, rules: Iterable[SafetyRule], days: int, known: FeedingKnowledge) -> tuple[int, str]:
    """The most half portions in the plan, and the rule of safety that sets it, if one does.

    A day's plan may be eaten every day: what a rule of safety allows once a week has no place in it.
    """
    variety = known.plan["variety"]
    own = halves_in(candidate.most_per_week, days)
    most = min(own, variety["most_of_a_food"] * days, variety["most_of_a_food_per_week"])
    for rule in rules:
        if rule.most_portions_per_week is not None and concerns(rule, candidate):
            return min(most, int(2 * rule.most_portions_per_week * days // _WEEK)), rule.id
    return most, ""


def _excluded(candidates: Sequence[Candidate], exclude: Sequence[str], diet: str | None, known: FeedingKnowledge) -> set[str]:
    """The short names of what is excluded: by a diet's tags, a tag, a kind, a group, a name, or a word of a name."""
    diets: Mapping[str, Mapping[str, list[str]]] = known.plan["diets"]
    if diet is not None and diet not in diets:
        raise FeedingInputError(f"diet `{diet[:40]}`: write {' or '.join(diets)}")
    of_diet = set(diets[diet]["tags"]) if diet else set[str]()
    found = {c.short for c in candidates if c.tags & of_diet}
    for said in exclude:
        word = said.strip().casefold()
        words = {word, word.removesuffix("s")}
        hit = {c.short for c in candidates if words & {*c.tags, c.kind, c.group, c.short.casefold()}}
        if not hit:
            hit = {c.short for c in candidates if words & set(c.short.casefold().replace(",", " ").split())}
        if not hit and not any(words & {*rule.tags, *rule.words} for rule in known.safety.values()):
            names = {*(n for c in candidates for n in (c.kind, c.group, c.short, *c.tags))}
            raise FeedingInputError(f"exclude `{said[:40]}`: no food is called so{hint(word, names, 0.5)}")
        found |= hit
    return found
