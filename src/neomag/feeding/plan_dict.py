"""A plan as JSON has it."""

from __future__ import annotations

from typing import Any

from neomag.feeding.explain import Explainer
from neomag.feeding.lines import Item, Line
from neomag.feeding.menu import menu
from neomag.feeding.plan import Plan
from neomag.feeding.reach import Short

_DIGITS = 4


def plan_dict(plan: Plan, said: Explainer) -> dict[str, Any]:
    """The plan, ready for JSON. Grams are in all days of the plan, nutrients a day."""
    request = plan.request
    return {
        "age_months": request.age_months,
        "status": plan.status,
        "days": request.days,
        "milk": {
            "pattern": plan.milk.pattern, "says": plan.milk.says,
            "parts": [
                {"food": f.id, "name": f.name, "ml_per_day": _r(g / (f.density or 1.0)), "grams_per_day": _r(g)}
                for f, g in plan.milk.parts
            ],
        },
        "foods": [_food(item, said) for item in plan.items],
        "meals": [
            {
                "day": meal.day, "meal": meal.name,
                "foods": [{"food": s.item.choice.food.id, "name": s.item.choice.candidate.short, "grams": _r(s.grams)}
                          for s in meal.servings],
            }
            for meal in menu(plan, said.known)
        ],
        "nutrients": {nutrient: _line(line) for nutrient, line in plan.lines.items()},
        "binding": [reason.to_dict() for reason in said.binding()],
        "shortfalls": [_short(short, plan) for short in plan.short],
        "rules": said.rules(),
        "left_out": [
            {"food": left.food.id, "name": left.candidate.short, "why": left.why}
            for left in plan.left_out if left.why not in ("age", "seldom")
        ],
        "groups": list(said.groups()),
        "missing": [name for name, count in plan.missing.items() if count],
        "why": said.sentences(),
        "cost": None if plan.cost is None else _r(plan.cost),
        "authority": next((line.target.authority for line in plan.lines.values() if line.target and line.nutrient != "energy"),
                          None),
        "without_target": list(request.without),
    }  # fmt: skip


def _r(value: float | None) -> float | None:
    return None if value is None else round(value, _DIGITS)


def _food(item: Item, said: Explainer) -> dict[str, Any]:
    candidate = item.choice.candidate
    return {
        "food": item.choice.food.id, "name": candidate.short, "grams": _r(item.grams), "portion": said.portion(item),
        "says": said.item(item), "group": candidate.group, "form": item.choice.form, "weighed": candidate.weighed,
        "half_portions": item.halves, "note": candidate.note,
    }  # fmt: skip


def _line(line: Line) -> dict[str, Any]:
    target = line.target
    return {
        "unit": line.unit, "target": None if target is None else _r(target.value), "amount": _r(line.amount),
        "least": _r(line.least), "most": _r(line.most), "from_milk": _r(line.milk), "aimed": line.aimed, "met": line.met,
        "missing": list(line.missing),
        "kind": None if target is None else target.kind, "authority": None if target is None else target.authority,
        "source": None if target is None else target.source, "status": None if target is None else target.status,
        "note": "" if target is None else target.note,
    }  # fmt: skip


def _short(short: Short, plan: Plan) -> dict[str, Any]:
    target = plan.lines[short.nutrient].target
    assert target is not None
    return {
        "nutrient": short.nutrient, "unit": target.unit, "target": _r(target.value),
        "amount": _r(plan.lines[short.nutrient].amount), "reachable": _r(short.reachable), "held": _r(short.held),
        "limits": list(short.limits),
        "best": [
            {"food": c.food.id, "name": c.candidate.short, "in_a_portion": _r(2 * c.per_half.get(short.nutrient, 0.0))}
            for c in short.best
        ],
        "left_out": [{"food": left.food.id, "name": left.candidate.short, "why": left.why} for left in short.barred],
    }  # fmt: skip
