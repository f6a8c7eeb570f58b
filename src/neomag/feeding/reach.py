"""What stands in the way: how far a nutrient can be reached, which rules limit it, and the foods that hold most of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import inf

from neomag.feeding.choices import Choice, LeftOut
from neomag.feeding.model import Goal, Hard
from neomag.feeding.problem import Problem, Session, Solution

_TIGHT = 1e-7
# Within this share of its limit a rule counts as one that the plan runs into: half a portion seldom fits to the last gram.
_NEAR = 0.02
# So many foods are named for a nutrient that falls short.
_NAMED = 3
# Names of limits that are no row of their own.
EACH_FOOD, TARGETS = "each food", "targets"

Make = Callable[[Problem], Session]


@dataclass(frozen=True, slots=True)
class Bound:
    """A rule at its limit, by the name of its row; `nutrients` are those that would be nearer without it."""

    name: str
    nutrients: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Short:
    """A nutrient short of its target by `share` of it, in amounts a day with milk.

    `reachable` is the most that any diet of these foods holds without breaking a rule, `held` the most with every other target
    held as well as in the plan; `limits` are the rules that set the lesser of the two that is short of the target. `best` are
    the foods allowed that hold most of it in a portion; `barred` those this plan was asked to leave out that hold more.
    """

    nutrient: str
    share: float
    reachable: float
    held: float
    limits: tuple[str, ...]
    best: tuple[Choice, ...]
    barred: tuple[LeftOut, ...]


def _hard_problem(choices: Sequence[Choice], hard: Sequence[Hard]) -> Problem:
    problem = Problem()
    for choice in choices:
        problem.column(choice.food.id, choice.most_half)
    for rule in hard:
        problem.row(rule.name, rule.per_half, rule.low, rule.high)
    return problem


def reach(
    short: Mapping[str, float],
    all_short: Mapping[str, float],
    choices: Sequence[Choice],
    left_out: Sequence[LeftOut],
    hard: Sequence[Hard],
    goals: Sequence[Goal],
    days: int,
    make: Make,
) -> tuple[Short, ...]:
    """What can be said of each nutrient in `short` (share of the target that is missing), the worst first.

    `all_short` has the shares of every goal, by which the other targets are held.
    """
    found: list[Short] = []
    by_nutrient = {goal.nutrient: goal for goal in goals}
    for nutrient, share in sorted(short.items(), key=lambda item: -item[1]):
        goal = by_nutrient[nutrient]
        free = _most(nutrient, choices, _hard_problem(choices, hard), make)
        held_problem = _hard_problem(choices, hard)
        for other in goals:
            if other is not goal:
                held_problem.row(TARGETS, _adds(other.nutrient, choices), low=_least(other, all_short, days))
        held = _most(nutrient, choices, held_problem, make)
        reachable, most_held = (goal.milk - found_.objective / days for found_ in (free, held))
        limits = _limits(
            nutrient, choices, *((free, _hard_problem(choices, hard)) if reachable < goal.target else (held, held_problem))
        )
        known = sorted((c for c in choices if nutrient in c.per_half), key=lambda c: -c.per_half[nutrient])
        best = [c for c in known[:_NAMED] if c.per_half[nutrient] > 0]
        least = best[0].per_half[nutrient] if best else 0.0
        found.append(Short(nutrient, share, reachable, most_held, limits, tuple(best), _barred(nutrient, left_out, least)))
    return tuple(found)


def _adds(nutrient: str, choices: Sequence[Choice]) -> dict[int, float]:
    return {at: c.per_half.get(nutrient, 0.0) for at, c in enumerate(choices)}


def _least(goal: Goal, short: Mapping[str, float], days: int) -> float:
    """What food must bring of a goal in all days, so that it is as short as in the plan and no shorter."""
    return (goal.target * (1 - short[goal.nutrient]) - goal.milk) * days - _TIGHT * goal.target


def _most(nutrient: str, choices: Sequence[Choice], problem: Problem, make: Make) -> Solution:
    return make(problem).minimise({at: -v for at, v in _adds(nutrient, choices).items()}, relaxed=True)


def _limits(nutrient: str, choices: Sequence[Choice], most: Solution, problem: Problem) -> tuple[str, ...]:
    """The rows that set the most of a nutrient, and whether the limits on each food do."""
    rows = [row.name for row, dual in zip(problem.rows, most.duals, strict=True) if abs(dual) > _TIGHT]
    full = any(
        most.values[at] >= c.most_half - _TIGHT and c.per_half.get(nutrient, 0.0) > _TIGHT for at, c in enumerate(choices)
    )
    return tuple(dict.fromkeys([*rows, *([EACH_FOOD] if full else [])]))


def _barred(nutrient: str, left_out: Sequence[LeftOut], least: float) -> tuple[LeftOut, ...]:
    """What the caller could allow again and that holds more in half a portion than `least`: fortified foods first."""

    def half(left: LeftOut) -> float:
        return left.food.per_100g.get(nutrient, 0.0) * left.candidate.portions_g[-1] / 200

    free = [left for left in left_out if left.why in ("excluded", "fortified") and half(left) > least]
    return tuple(sorted(free, key=lambda left: (left.why != "fortified", -half(left)))[:_NAMED])


def bounds(hard: Sequence[Hard], choices: Sequence[Choice], make: Make) -> tuple[Bound, ...]:
    """Which rules cannot all hold: each is made elastic, and those that give way in the least breach are named."""
    problem = Problem()
    for choice in choices:
        problem.column(choice.food.id, choice.most_half)
    gives: dict[int, str] = {}
    for rule in hard:
        size = max(abs(rule.low) if rule.low > -inf else 0.0, abs(rule.high) if rule.high < inf else 0.0, 1.0)
        under, over = problem.column(f"under {rule.name}"), problem.column(f"over {rule.name}")
        gives |= {under: rule.name, over: rule.name}
        problem.row(rule.name, {**rule.per_half, under: size, over: -size}, rule.low, rule.high)
    found = make(problem).minimise(dict.fromkeys(gives, 1.0), relaxed=True)
    names = [n for c, n in gives.items() if found.values[c] > _TIGHT]
    full = [at for at, c in enumerate(choices) if found.values[at] >= c.most_half - _TIGHT]
    names += [EACH_FOOD] if full else []
    return tuple(Bound(name) for name in dict.fromkeys(names))


def tight(hard: Sequence[Hard], halves: Sequence[int]) -> tuple[str, ...]:
    """The rules that the plan runs into at their upper limit."""
    found: list[str] = []
    for rule in hard:
        used = sum(v * halves[at] for at, v in rule.per_half.items())
        if 0 < rule.high < inf and used >= rule.high * (1 - _NEAR):
            found.append(rule.name)
    return tuple(found)
