"""The plan as a problem: half portions of foods, what is never passed, and how far each nutrient falls short.

Tiers, each solved with the ones before it held: (1) rules that are never broken are rows; (2) the largest shortfall, then
the sum of shortfalls, is made least; (3) groups of foods and meals that are missing; (4) cost, change, or number of foods.
Shortfalls are columns, so that the nutrients can never make a plan impossible. Nutrients are counted a day.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from math import inf

from neomag.feeding.choices import Choice
from neomag.feeding.problem import GAP, Problem, Row, Session, Solution

# What a tier has won may be lost again by this much, so that rounding does not make the next one impossible.
_SLACK = 1e-6
_WHOLE = 0.5
# The first two questions to the solver are about shortfalls; one below this share of a target is rounding.
_SHORTFALLS = 2
_ROUNDING = 1e-4


@dataclass(frozen=True, slots=True)
class Goal:
    """A nutrient to reach: `target` and what milk gives, a day, in the nutrient's unit; `most` a soft limit, if any."""

    nutrient: str
    target: float
    milk: float
    most: float | None = None


@dataclass(frozen=True, slots=True)
class Hard:
    """A rule never broken: `low` <= what a half portion of each food adds, summed over foods and days <= `high` (all days)."""

    name: str
    per_half: Mapping[int, float]
    low: float = -inf
    high: float = inf


@dataclass(frozen=True, slots=True)
class Pattern:
    """Groups of foods that count, those that milk brings already, how many are wanted, half portions wanted (all days), what is
    wanted daily (foods and half portions), and foods of which only one is chosen."""

    groups: Mapping[str, Sequence[int]]
    have: int
    wanted: int
    half_portions: int
    daily: Mapping[str, tuple[Sequence[int], int]]
    one_of: Sequence[Sequence[int]] = ()


@dataclass(frozen=True, slots=True)
class Columns:
    """Where things stand in the problem: foods by place, shortfalls and excesses by nutrient, the largest shortfall."""

    foods: tuple[int, ...]
    short: Mapping[str, int]
    excess: Mapping[str, int]
    largest: int
    missing: Mapping[str, int]
    changed: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Model:
    """A problem and where things stand in it."""

    problem: Problem
    columns: Columns


def build(
    choices: Sequence[Choice],
    hard: Sequence[Hard],
    goals: Sequence[Goal],
    pattern: Pattern,
    days: int,
    habit: Sequence[float] | None = None,
) -> Model:
    """The problem of a plan over `days` days for `choices`; `habit` has the half portions of each that are usual."""
    p = Problem()
    foods = tuple(p.column(c.food.id, c.most_half, integer=True) for c in choices)
    for rule in hard:
        p.row(rule.name, {foods[at]: v for at, v in rule.per_half.items()}, rule.low, rule.high)
    largest = p.column("largest shortfall", 1.0)
    short: dict[str, int] = {}
    excess: dict[str, int] = {}
    for goal in goals:
        adds = {foods[at]: c.per_half.get(goal.nutrient, 0.0) / (goal.target * days) for at, c in enumerate(choices)}
        need = 1 - goal.milk / goal.target
        short[goal.nutrient] = s = p.column(f"short of {goal.nutrient}", 1.0)
        p.row(f"target {goal.nutrient}", {**adds, s: 1.0}, low=need)
        p.row(f"largest {goal.nutrient}", {largest: 1.0, s: -1.0}, low=0.0)
        if goal.most is not None:
            excess[goal.nutrient] = e = p.column(f"over {goal.nutrient}")
            share = goal.target / goal.most
            p.row(f"limit {goal.nutrient}", {c: v * share for c, v in adds.items()} | {e: -1.0}, high=1 - goal.milk / goal.most)
    missing = _pattern(p, foods, pattern, days)
    for alike in pattern.one_of:
        chosen = {at: p.column(f"takes {choices[at].food.id}", 1.0, integer=True) for at in alike}
        for at, z in chosen.items():
            p.row("one of a kind", {z: float(choices[at].most_half), foods[at]: -1.0}, low=0.0)
        p.row("one of a kind", dict.fromkeys(chosen.values(), 1.0), high=1.0)
    changed: list[int] = []
    for x, usual in zip(foods, habit or (), strict=False):
        changed.append(d := p.column(f"change of {p.names[x]}"))
        p.row(f"more {p.names[x]}", {d: 1.0, x: -1.0}, low=-usual)
        p.row(f"less {p.names[x]}", {d: 1.0, x: 1.0}, low=usual)
    return Model(p, Columns(foods, short, excess, largest, missing, tuple(changed)))


def _pattern(p: Problem, foods: tuple[int, ...], pattern: Pattern, days: int) -> dict[str, int]:
    """Rows and columns of tier 3; the columns that count what is missing of it, by name."""
    present: list[int] = []
    for group, members in pattern.groups.items():
        y = p.column(f"group {group}", 1.0, integer=True)
        p.row(f"group {group}", {foods[at]: 1.0 for at in members} | {y: -float(days)}, low=0.0)
        present.append(y)
    groups = p.column("groups missing")
    p.row("groups", dict.fromkeys(present, 1.0) | {groups: 1.0}, low=float(max(pattern.wanted - pattern.have, 0)))
    halves = p.column("half portions missing")
    p.row("meals", dict.fromkeys(foods, 1.0) | {halves: 1.0}, low=float(pattern.half_portions))
    missing = {"groups": groups, "meals": halves}
    for name, (members, halves_wanted) in pattern.daily.items():
        missing[name] = none = p.column(f"half portions missing of {name}")
        p.row(f"daily {name}", {foods[at]: 1.0 for at in members} | {none: 1.0}, low=float(days * halves_wanted))
    return missing


@dataclass(frozen=True, slots=True)
class Solved:
    """The half portions of each choice, what is missing of the pattern (groups, half portions), and how sure the solver is:
    `optimal` only when every tier is."""

    status: str
    halves: tuple[int, ...] = ()
    missing: Mapping[str, int] = field(default_factory=dict[str, int])


def solve(model: Model, session: Session, last: Mapping[int, float], spare: float, gap: float) -> Solved:
    """Solve tier after tier; `last` are the costs of the fourth, made least to within `gap`.

    Where a target cannot be reached all the same, `spare` (a share of a target) is given up of the shortfall that was won: the
    last hundredths cost a dozen more foods.
    """
    at = model.columns
    sums = dict.fromkeys([*at.short.values(), *at.excess.values()], 1.0)
    tiers: list[Mapping[int, float]] = [{at.largest: 1.0}, sums, dict.fromkeys(at.missing.values(), 1.0), last]
    status, found = "optimal", Solution("infeasible")
    for tier, costs in enumerate(tiers):
        found = session.minimise(costs, gap=gap if costs is last else GAP)
        if found.status == "infeasible":
            return Solved("infeasible")
        status = found.status if status == "optimal" else status
        short_of = tier < _SHORTFALLS and found.objective > _ROUNDING
        won = found.objective + _SLACK + (spare if short_of else abs(found.objective) * _SLACK)
        session.row(Row("won", costs, -inf, won))
    halves = tuple(int(found.values[c] + _WHOLE) for c in at.foods)
    missing = {name: int(found.values[c] + _WHOLE) for name, c in at.missing.items()}
    return Solved(status, halves, missing)


def shortfalls(choices: Sequence[Choice], halves: Sequence[int], goals: Sequence[Goal], days: int) -> dict[str, float]:
    """The share of each target that is missing, from the half portions themselves: a later tier may leave a column loose."""
    found: dict[str, float] = {}
    for goal in goals:
        food = sum(c.per_half.get(goal.nutrient, 0.0) * n for c, n in zip(choices, halves, strict=True) if n) / days
        found[goal.nutrient] = max(1 - (goal.milk + food) / goal.target, 0.0)
    return found


def ranges(
    choices: Sequence[Choice],
    model: Model,
    short: Mapping[str, float],
    nutrients: Sequence[str],
    days: int,
    make: Callable[[Problem], Session],
) -> dict[str, tuple[float, float]]:
    """The least and the most of each nutrient that food can hold a day, in any diet that breaks no rule and falls short of no
    target by more than `short`. Half portions may be fractions here, so that no diet of whole ones lies outside."""
    session = make(model.problem)
    for nutrient, share in short.items():
        session.row(Row(f"as short of {nutrient}", {model.columns.short[nutrient]: 1.0}, 0.0, share + _SLACK))
    found: dict[str, tuple[float, float]] = {}
    for nutrient in nutrients:
        adds = {model.columns.foods[at]: c.per_half.get(nutrient, 0.0) / days for at, c in enumerate(choices)}
        least = session.minimise(adds, relaxed=True)
        most = session.minimise({c: -v for c, v in adds.items()}, relaxed=True)
        if "infeasible" not in (least.status, most.status):
            found[nutrient] = (least.objective, -most.objective)
    return found
