"""A plan of food for one infant, a day or a week: what to give in half portions, and what it reaches.

The solver's status is read before any number of it is shown. A nutrient never makes a plan impossible: what cannot be
reached is said, with the foods that hold most of it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from neomag.feeding.authority import Target, limits, targets
from neomag.feeding.choices import Choice, Chosen, LeftOut, choose, shipped
from neomag.feeding.errors import FeedingInputError
from neomag.feeding.frame import Frame, Milk, frame_of, hard_rows, milk_of, pattern_of, price_of_half
from neomag.feeding.highs import HighsSession
from neomag.feeding.model import Goal, Model, Solved, build, ranges, solve
from neomag.feeding.problem import GAP, Session
from neomag.feeding.reach import Bound, Short, bounds, reach
from neomag.knowledge.feeding import Candidate, FeedingKnowledge, load_feeding
from neomag.knowledge.foods import Food, FoodTable, load_foods

DAYS = (1, 7)
# A shortfall below this share of the target is rounding.
ROUNDING = 1e-4


@dataclass(frozen=True, slots=True)
class Request:
    """What a plan is asked for. `age_months` are completed months; `habit` holds half portions by short name.

    `seldom` also takes foods that are hard to find. `candidates`, when given, stand in place of those that ship with neomag;
    with a `budget` those without a price are left out.
    """

    age_months: int
    milk: str = "breast"
    milk_amount: str = "average"
    days: int = 1
    exclude: tuple[str, ...] = ()
    diet: str | None = None
    fortified: bool = True
    seldom: bool = False
    authority: str | None = None
    fill: str | None = None
    iron: str = "10%"
    zinc: str = "moderate"
    without: tuple[str, ...] = ()
    budget: float | None = None
    weight_kg: float | None = None
    habit: Mapping[str, float] | None = None
    candidates: tuple[tuple[Candidate, Food], ...] | None = None
    ranges: bool = True


@dataclass(frozen=True, slots=True)
class Item:
    """A food of the plan: its half portions and grams in all days of the plan."""

    choice: Choice
    halves: int

    @property
    def grams(self) -> float:
        """Grams in all days, as the food is listed (dry, where it is listed dry)."""
        return self.halves * self.choice.half_g


@dataclass(frozen=True, slots=True)
class Line:
    """One nutrient a day: what the plan holds, of it from milk, its target if there is one, and the least and most possible.

    `least` and `most` are over every diet that breaks no rule and falls no shorter of any target than the plan does; None when
    they were not asked for. `aimed` says whether the plan aims at the target.
    """

    nutrient: str
    unit: str
    amount: float
    milk: float
    target: Target | None
    aimed: bool
    least: float | None
    most: float | None

    @property
    def met(self) -> bool | None:
        """Whether the target is met; None without one."""
        return None if self.target is None else self.amount >= self.target.value * (1 - ROUNDING)


@dataclass(frozen=True, slots=True)
class Plan:
    """A plan.

    `status`: `optimal`; `feasible` when the solver stopped at its limit of work; `infeasible`, when `bounds` name the rules
    that cannot all hold; `milk-only` before six months. `cost` is that of all days; of an infeasible plan the least that any
    costs, and None where the budget is not what stands in the way.
    """

    request: Request
    status: str
    frame: Frame | None
    milk: Milk
    items: tuple[Item, ...] = ()
    lines: Mapping[str, Line] = field(default_factory=dict[str, Line])
    bounds: tuple[Bound, ...] = ()
    short: tuple[Short, ...] = ()
    left_out: tuple[LeftOut, ...] = ()
    missing: Mapping[str, int] = field(default_factory=dict[str, int])
    cost: float | None = None


def plan(
    request: Request, known: FeedingKnowledge | None = None, table: FoodTable | None = None, make: Any = HighsSession
) -> Plan:
    """The plan for a request. `make` opens a problem in a solver.

    Raises FeedingInputError for an age, milk, exclusion, authority, nutrient, budget or weight that cannot be.
    """
    known, table = known or load_feeding(), table or load_foods()
    _check(request, known)
    milk = milk_of(request.age_months, request.milk, request.milk_amount, known, table)
    wanted = targets(
        request.age_months, request.authority, iron=request.iron, zinc=request.zinc, fill=request.fill,
        formula_fed=not milk.breast, weight_kg=request.weight_kg,
    )  # fmt: skip
    if request.age_months < known.plan["ages"]["from_months"]:
        return Plan(request, "milk-only", None, milk, lines=_lines(request, known, table, milk, (), wanted, {}, {}))
    frame = frame_of(request.age_months, request.days, milk, wanted["energy"].value, request.weight_kg, known)
    chosen = choose(
        request.candidates or shipped(known, table), known, age_months=request.age_months, days=request.days,
        exclude=request.exclude, diet=request.diet, fortified=request.fortified,
        seldom=request.seldom or request.candidates is not None, priced=request.budget is not None,
    )  # fmt: skip
    if request.budget is not None and not chosen.choices:
        raise FeedingInputError("budget: no food has a price; give --foods a file with the column price_per_100g")
    return _planned(request, known, table, frame, chosen, wanted, make)


def _planned(
    request: Request,
    known: FeedingKnowledge,
    table: FoodTable,
    frame: Frame,
    chosen: Chosen,
    wanted: Mapping[str, Target],
    make: Any,
) -> Plan:
    choices, milk = chosen.choices, frame.milk
    hard = list(hard_rows(choices, frame, known, request.budget))
    goals = _goals(request, known, wanted, milk)
    habit = None if request.habit is None else [request.habit.get(c.candidate.short, 0.0) for c in choices]
    model = build(choices, hard, goals, pattern_of(choices, frame, known), request.days, habit)
    session: Session = make(model.problem)
    spare, gap = known.plan["goals"]["spare"], GAP if request.budget or request.habit else known.plan["usual"]["within"]
    found = solve(model, session, _last(request, choices, model, known), spare, gap)
    if found.status == "infeasible":
        least = _least_cost(request, choices, frame, known, make)
        clash = (Bound("budget"),) if least is not None else bounds(hard, choices, make)
        return Plan(request, "infeasible", frame, milk, bounds=clash, left_out=chosen.left_out, cost=least)
    items = tuple(Item(c, n) for c, n in zip(choices, found.halves, strict=True) if n)
    spans = _spans(choices, model, found, table, request, make) if request.ranges else {}
    shortfalls = {n: s for n, s in found.short.items() if s > ROUNDING}
    cost = sum(price_of_half(i.choice) * i.halves for i in items) if request.budget is not None else None
    return Plan(
        request, found.status, frame, milk, items,
        lines=_lines(request, known, table, milk, items, wanted, found.short, spans),
        short=reach(shortfalls, choices, chosen.left_out, hard, goals, request.days, make),
        left_out=chosen.left_out, missing=found.missing, cost=cost,
    )  # fmt: skip


def _check(request: Request, known: FeedingKnowledge) -> None:
    ages = known.plan["ages"]
    if not 0 <= request.age_months < ages["before_months"]:
        raise FeedingInputError(f"age {request.age_months} months: a plan is for 0 to {ages['before_months'] - 1} months")
    if request.days not in DAYS:
        raise FeedingInputError(f"days {request.days}: write {DAYS[0]} or {DAYS[1]}")
    goals = known.plan["goals"]["nutrients"]
    for nutrient in request.without:
        if nutrient not in goals:
            raise FeedingInputError(f"without target `{nutrient[:40]}`: write one of {', '.join(goals)}")
    if request.budget is not None and not request.budget > 0:
        raise FeedingInputError("budget: must be more than nothing")
    weighs = known.plan["weight"]
    if request.weight_kg is not None and not weighs["least_kg"] <= request.weight_kg <= weighs["most_kg"]:
        raise FeedingInputError(f"weight {request.weight_kg:g} kg: write {weighs['least_kg']} to {weighs['most_kg']} kg")


def _goals(request: Request, known: FeedingKnowledge, wanted: Mapping[str, Target], milk: Milk) -> list[Goal]:
    """The nutrients aimed at, with the soft limits that count food."""
    over = limits(request.age_months, request.authority)
    found: list[Goal] = []
    for nutrient in known.plan["goals"]["nutrients"]:
        if nutrient in wanted and nutrient not in request.without:
            limit = over.get(nutrient)
            most = limit.value if limit is not None and limit.counts == "all" else None
            found.append(Goal(nutrient, wanted[nutrient].value, milk.holds.get(nutrient, 0.0), most))
    return found


def _last(request: Request, choices: Sequence[Choice], model: Model, known: FeedingKnowledge) -> dict[int, float]:
    """The costs of the fourth tier: money, change from a habit, or the fewest and most usual half portions."""
    at = model.columns
    if request.budget is not None:
        return {x: price_of_half(c) for x, c in zip(at.foods, choices, strict=True)}
    if at.changed:
        return dict.fromkeys(at.changed, 1.0)
    usual = known.plan["usual"]
    costs = {name: usual["cost"][level] for level in ("everywhere", "seldom") for name in usual[level]}
    return {x: costs.get(c.candidate.short, usual["cost"]["elsewhere"]) for x, c in zip(at.foods, choices, strict=True)}


def _least_cost(request: Request, choices: Sequence[Choice], frame: Frame, known: FeedingKnowledge, make: Any) -> float | None:
    """What the cheapest food costs that keeps every rule but the budget."""
    if request.budget is None:
        return None
    model = build(choices, list(hard_rows(choices, frame, known)), [], pattern_of(choices, frame, known), request.days)
    found = make(model.problem).minimise({x: price_of_half(c) for x, c in zip(model.columns.foods, choices, strict=True)})
    return None if found.status == "infeasible" else found.objective


def _spans(
    choices: Sequence[Choice], model: Model, found: Solved, table: FoodTable, request: Request, make: Any
) -> dict[str, tuple[float, float]]:
    return ranges(choices, model, found.short, list(table.nutrients), request.days, make)


def _lines(
    request: Request,
    known: FeedingKnowledge,
    table: FoodTable,
    milk: Milk,
    items: Sequence[Item],
    wanted: Mapping[str, Target],
    short: Mapping[str, float],
    spans: Mapping[str, tuple[float, float]],
) -> dict[str, Line]:
    """Every nutrient of the pages, goals first, then what is only reported."""
    found: dict[str, Line] = {}
    for nutrient in ("energy", *known.plan["goals"]["nutrients"], *known.plan["reported"]["nutrients"]):
        of_milk = milk.holds.get(nutrient, 0.0)
        food = sum(i.choice.per_half.get(nutrient, 0.0) * i.halves for i in items) / request.days
        span = spans.get(nutrient)
        found[nutrient] = Line(
            nutrient, table.nutrients[nutrient].unit, of_milk + food, of_milk, wanted.get(nutrient), nutrient in short,
            None if span is None else of_milk + span[0], None if span is None else of_milk + span[1],
        )  # fmt: skip
    return found
