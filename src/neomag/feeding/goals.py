"""What a plan aims at: the targets of the authority, what fills their gaps, and the shortfalls that are counted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from neomag.feeding.authority import Target, limits, targets
from neomag.feeding.choices import Choice
from neomag.feeding.frame import Milk
from neomag.feeding.model import Goal
from neomag.feeding.request import Request
from neomag.knowledge.feeding import FeedingKnowledge
from neomag.knowledge.intakes import load_intakes

POLICY = "policy"


def wanted_of(request: Request, milk: Milk, known: FeedingKnowledge) -> dict[str, Target]:
    """The targets of a plan.

    What the authority does not give is filled in from the default one and carries its name: a plan that aims at magnesium alone
    would leave out iron. Fat has a least share of energy where nobody gives it.
    """
    found = dict(
        targets(
            request.age_months, request.authority, iron=request.iron, zinc=request.zinc,
            fill=request.fill or load_intakes().default, formula_fed=not milk.breast, weight_kg=request.weight_kg,
        )
    )  # fmt: skip
    fat = known.plan["fat"]
    if "fat" not in found and "energy" in found:
        grams = found["energy"].value * fat["least_share"] / fat["kcal_per_g"]
        found["fat"] = Target("fat", grams, "g", POLICY, "neomag", 0, "", POLICY, fat["policy"])
    return found


def filled(request: Request, wanted: Mapping[str, Target]) -> list[str]:
    """The nutrients whose target is another authority's than the one asked for."""
    asked = request.authority or load_intakes().default
    return [n for n, t in wanted.items() if n != "energy" and t.kind != POLICY and t.authority != asked]


def goals_of(
    request: Request, known: FeedingKnowledge, wanted: Mapping[str, Target], milk: Milk, choices: Sequence[Choice]
) -> list[Goal]:
    """The nutrients aimed at, with the soft limits that count food. One that no food has a figure for is no goal."""
    over = limits(request.age_months, request.authority)
    found: list[Goal] = []
    for nutrient in known.plan["goals"]["nutrients"]:
        if nutrient in wanted and nutrient not in request.without and any(nutrient in c.per_half for c in choices):
            limit = over.get(nutrient)
            most = limit.value if limit is not None and limit.counts == "all" else None
            found.append(Goal(nutrient, wanted[nutrient].value, milk.holds.get(nutrient, 0.0), most))
    return found
