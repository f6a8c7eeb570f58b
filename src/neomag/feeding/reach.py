"""What stands in the way: how far a nutrient can be reached, which rules limit it, and the foods that hold most of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from neomag.feeding.choices import Choice, LeftOut
from neomag.feeding.model import Goal, Hard
from neomag.feeding.problem import Problem, Session

_TIGHT = 1e-7
# So many foods are named for a nutrient that falls short.
_NAMED = 3


@dataclass(frozen=True, slots=True)
class Bound:
    """A rule at its limit, by the name of its row; `nutrients` are those that would be nearer without it."""

    name: str
    nutrients: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Short:
    """A nutrient short of its target by `share` of it.

    `reachable` is the most of it a day that any diet of these foods holds without breaking a rule, milk included; `limits` are
    the rules that set that; `best` the foods allowed that hold most of it in a portion; `barred` those this plan was asked to
    leave out that hold more.
    """

    nutrient: str
    share: float
    reachable: float
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
    choices: Sequence[Choice],
    left_out: Sequence[LeftOut],
    hard: Sequence[Hard],
    goals: Sequence[Goal],
    days: int,
    make: Callable[[Problem], Session],
) -> tuple[Short, ...]:
    """What can be said of each nutrient in `short` (share of the target that is missing), the worst first."""
    if not short:
        return ()
    problem = _hard_problem(choices, hard)
    session = make(problem)
    by_nutrient = {goal.nutrient: goal for goal in goals}
    found: list[Short] = []
    for nutrient, share in sorted(short.items(), key=lambda item: -item[1]):
        most = session.minimise({at: -c.per_half.get(nutrient, 0.0) for at, c in enumerate(choices)}, relaxed=True)
        limits = [row.name for row, dual in zip(problem.rows, most.duals, strict=True) if abs(dual) > _TIGHT]
        best = sorted(choices, key=lambda c: -c.per_half.get(nutrient, 0.0))[:_NAMED]
        least = best[0].per_half.get(nutrient, 0.0) if best else 0.0
        found.append(
            Short(
                nutrient, share, by_nutrient[nutrient].milk - most.objective / days, tuple(dict.fromkeys(limits)), tuple(best),
                _barred(nutrient, left_out, least),
            )
        )  # fmt: skip
    return tuple(found)


def _barred(nutrient: str, left_out: Sequence[LeftOut], least: float) -> tuple[LeftOut, ...]:
    """What the caller could allow again (excluded or fortified foods) and that holds more in half a portion than `least`."""

    def half(left: LeftOut) -> float:
        return left.food.per_100g.get(nutrient, 0.0) * left.candidate.portions_g[-1] / 200

    free = [left for left in left_out if left.why in ("excluded", "fortified") and half(left) > least]
    return tuple(sorted(free, key=lambda left: -half(left))[:_NAMED])


def bounds(hard: Sequence[Hard], choices: Sequence[Choice], make: Callable[[Problem], Session]) -> tuple[Bound, ...]:
    """Which rules cannot all hold: each is made elastic, and those that give way in the least breach are named."""
    problem = Problem()
    for choice in choices:
        problem.column(choice.food.id, choice.most_half)
    gives: dict[int, str] = {}
    for rule in hard:
        size = max(abs(rule.low) if rule.low > -float("inf") else 0.0, abs(rule.high) if rule.high < float("inf") else 0.0, 1.0)
        under, over = problem.column(f"under {rule.name}"), problem.column(f"over {rule.name}")
        gives |= {under: rule.name, over: rule.name}
        problem.row(rule.name, {**rule.per_half, under: size, over: -size}, rule.low, rule.high)
    found = make(problem).minimise(dict.fromkeys(gives, 1.0), relaxed=True)
    return tuple(Bound(name) for name in dict.fromkeys(n for c, n in gives.items() if found.values[c] > _TIGHT))


def tight(hard: Sequence[Hard], halves: Sequence[int], room: float) -> tuple[str, ...]:
    """The rules within `room` (a share) of their upper limit in the plan."""
    found: list[str] = []
    for rule in hard:
        used = sum(v * halves[at] for at, v in rule.per_half.items())
        if rule.high < float("inf") and rule.high > 0 and used >= rule.high * (1 - room):
            found.append(rule.name)
    return tuple(found)
