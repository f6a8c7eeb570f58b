"""A plan of food for one infant, a day or a week: what to give in half portions, and what it reaches.

The solver's status is read before any number of it is shown. A nutrient never makes a plan impossible: what cannot be
reached is said, with the foods that hold most of it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from neomag.feeding.authority import Target
from neomag.feeding.choices import Choice, Chosen, LeftOut, choose, shipped
from neomag.feeding.errors import FeedingInputError
from neomag.feeding.frame import Frame, Milk, frame_of, hard_rows, milk_of, pattern_of, price_of_half
from neomag.feeding.goals import goals_of, wanted_of
from neomag.feeding.highs import HighsSession
from neomag.feeding.lines import ROUNDING, Item, Line, lines_of
from neomag.feeding.model import Model, build, ranges, shortfalls, solve
from neomag.feeding.problem import GAP, Session
from neomag.feeding.reach import Bound, Short, bounds, reach, tight
from neomag.feeding.request import Request
from neomag.knowledge.feeding import FeedingKnowledge, load_feeding
from neomag.knowledge.foods import FoodTable, load_foods

__all__ = ["Item", "Line", "Plan", "Request", "plan"]
# What a diet or an exclusion means for milk is asked of the foods of a child of this age, when all of them are allowed.
_GROWN, _WEEK = 12, 7


@dataclass(frozen=True, slots=True)
class Plan:
    """A plan.

    `status`: `optimal`; `feasible` when the solver stopped at its limit of work; `infeasible`, when `bounds` name the rules
    that cannot all hold; `milk-only` before six months. `bounds` of a plan are the rules it runs into. `missing` counts food
    groups and half portions of what is wanted. `cost` is that of all days; of an infeasible plan the least that any costs, and
    None where the budget is not what stands in the way.
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
    absent: tuple[str, ...] = ()
    cost: float | None = None


def plan(
    request: Request, known: FeedingKnowledge | None = None, table: FoodTable | None = None, make: Any = HighsSession
) -> Plan:
    """The plan for a request. `make` opens a problem in a solver.

    Raises FeedingInputError for an age, milk, exclusion, authority, nutrient, budget or weight that cannot be.
    """
    known, table = known or load_feeding(), table or load_foods()
    request.check(known)
    barred = _barred_milk(request, known, table)
    milk = milk_of(request.age_months, request.milk, request.milk_amount, barred, known, table)
    wanted = wanted_of(request, milk, known)
    if request.age_months < known.plan["ages"]["from_months"]:
        return Plan(request, "milk-only", None, milk, lines=lines_of(1, known, table, milk, wanted, items=None))
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
    choices, milk, days = chosen.choices, frame.milk, request.days
    hard = list(hard_rows(choices, frame, known, request.budget))
    goals = goals_of(request, known, wanted, milk, choices)
    pattern = pattern_of(choices, frame, known)
    habit = None if request.habit is None else [request.habit.get(c.candidate.short, 0.0) * days for c in choices]
    model = build(choices, hard, goals, pattern, days, habit)
    session: Session = make(model.problem)
    spare, gap = known.plan["goals"]["spare"], GAP if request.budget or request.habit else known.plan["usual"]["within"]
    found = solve(model, session, _last(request, choices, model, known), spare, gap)
    absent = tuple(name for name, (members, _) in pattern.daily.items() if not members)
    if found.status == "infeasible":
        least = _least_cost(request, choices, frame, known, make)
        clash = (Bound("budget"),) if least is not None else bounds(hard, choices, make)
        none = {n: replace(line, amount=None) for n, line in lines_of(days, known, table, milk, wanted, items=None).items()}
        return Plan(
            request, "infeasible", frame, milk, lines=none, bounds=clash, left_out=chosen.left_out, absent=absent, cost=least
        )  # fmt: skip
    items = tuple(Item(c, n) for c, n in zip(choices, found.halves, strict=True) if n)
    shares = shortfalls(choices, found.halves, goals, days)
    short = {n: s for n, s in shares.items() if s > ROUNDING}
    spans = ranges(choices, model, shares, list(table.nutrients), days, make) if request.ranges else {}
    return Plan(
        request, found.status, frame, milk, items,
        lines=lines_of(days, known, table, milk, wanted, items=items, choices=choices, aimed=set(shares), spans=spans),
        bounds=tuple(Bound(name) for name in tight(hard, found.halves)),
        short=reach(short, shares, choices, chosen.left_out, hard, goals, days, make),
        left_out=chosen.left_out, missing=found.missing, absent=absent,
        cost=sum(price_of_half(i.choice) * i.halves for i in items) if request.budget is not None else None,
    )  # fmt: skip


def _barred_milk(request: Request, known: FeedingKnowledge, table: FoodTable) -> frozenset[str]:
    """The tags of milks that the diet or an exclusion leaves out: those of which it leaves no food among all candidates."""
    foods = shipped(known, table)
    tags = {tag for of in known.plan["milk"].values() for tag in of.get("tags", ())}
    found: set[str] = set()
    for exclude, diet in (*(((word,), None) for word in request.exclude), ((), request.diet)):
        try:
            chosen = choose(foods, known, age_months=_GROWN, days=_WEEK, exclude=exclude, diet=diet)
        except FeedingInputError:
            if request.candidates is None:
                raise
            continue  # a word of a site's own foods says nothing of milk
        out = {tag for left in chosen.left_out if left.why == "excluded" for tag in left.candidate.tags}
        found |= (tags & out) - {tag for choice in chosen.choices for tag in choice.candidate.tags}
    return frozenset(found)


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
