"""A plan of food as a parent reads it: the day or the week as meals, how each food is served, and what to mind."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from neomag.knowledge.caregiver import load_caregiver
from neomag.knowledge.feeding import load_feeding
from neomag.knowledge.foods import load_foods

_MOST_NAMED = 3


def shown(found: Mapping[str, Any]) -> dict[str, Any]:
    """A plan (see `plan_dict`) for the page. Names of foods and forms are those of the knowledge, to be said in a language."""
    known = load_caregiver()
    plain, notes = known.feeding, known.foods["note"]
    foods = {food["food"]: {**food, "note": notes.get(food["note"], "")} for food in found["foods"]}
    lines = found["nutrients"]
    magnesium = lines["magnesium"]
    return {
        "status": found["status"],
        "days": found["days"],
        "age_months": found["age_months"],
        "milk": found["milk"]["pattern"],
        "breast": any(part["food"] == "breast-milk" for part in found["milk"]["parts"]),
        "ml": sum(part["ml_per_day"] for part in found["milk"]["parts"]),
        "foods": list(foods.values()),
        "menu": _menu(found, foods),
        "magnesium": magnesium,
        "from": _richest(found),
        "short": [
            {"nutrient": short["nutrient"], "best": [food["name"] for food in short["best"]]} for short in found["shortfalls"]
        ],
        "low": [
            name for name, line in lines.items() if name in plain["nutrient"] and not line["aimed"] and line["met"] is False
        ],
        "missing": [says for name in found["missing"] if (says := plain["missing"].get(name))],
        "met": not found["shortfalls"] and not found["missing"],
        "unverified": any(line["status"] == "unverified" for line in lines.values()),
        "rules": [plain["safety"][rule["id"]] for rule in found["rules"] if rule["id"] in plain["safety"]],
        "first": found["age_months"] == load_feeding().plan["ages"]["from_months"],
    }


def _menu(found: Mapping[str, Any], foods: Mapping[str, Any]) -> list[list[dict[str, Any]]]:
    """The meals of each day; a meal says whether it is a meal or a snack, and the how-manieth."""
    days: dict[int, list[dict[str, Any]]] = {}
    for meal in found["meals"]:
        kind, _, number = meal["meal"].partition(" ")
        days.setdefault(meal["day"], []).append(
            {
                "kind": kind, "number": int(number),
                "foods": [{**foods[food["food"]], "grams": food["grams"]} for food in meal["foods"]],
            }
        )  # fmt: skip
    return list(days.values())


def _richest(found: Mapping[str, Any]) -> list[str]:
    """The foods of the plan that give most magnesium."""
    table = load_foods().foods
    given = {food["name"]: food["grams"] * (table[food["food"]].magnesium or 0.0) for food in found["foods"]}
    return sorted(given, key=lambda name: -given[name])[:_MOST_NAMED]
