"""Foods as plain data, for JSON. What is not known is null."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from neomag.feeding.article_foods import article_foods
from neomag.feeding.infant_portions import INFANT
from neomag.feeding.lenses import Seen, lenses
from neomag.feeding.rank import Ranked, Ranking
from neomag.feeding.show_foods import cautions
from neomag.knowledge.foods import FoodTable


def brief(found: Ranked) -> dict[str, Any]:
    """A food of a list: what it is and its magnesium through the lenses."""
    food = found.food
    return {
        "id": food.id,
        "name": food.name,
        "short": found.label or None,
        "dataset": food.dataset,
        "category": food.category,
        "magnesium": _seen(found.seen),
        "infant_portion": None
        if found.portion is None
        else {"grams": found.portion.grams, "basis": found.portion.basis, "sources": list(found.portion.sources)},
    }


def full(found: Ranked, table: FoodTable) -> dict[str, Any]:
    """One food with all that is known of it."""
    food = found.food
    return {
        **brief(found),
        "per_100g": {
            name: {"value": food.per_100g.get(name), "unit": nutrient.unit} for name, nutrient in table.nutrients.items()
        },
        "density_g_per_ml": food.density,
        "magnesium_spread": list(food.magnesium_spread) if food.magnesium_spread else None,
        "portions": [
            {"measure": x.measure, "grams": x.grams, "source": x.source} for x in food.portions if x.measure != INFANT
        ],
        "article": [
            {
                "food": x.food,
                "tier": x.tier,
                "match": x.match,
                "match_note": x.match_note,
                "audit": {
                    "ndb": x.ndb,
                    "description": x.usda_description,
                    "mg_per_100g": x.magnesium,
                    "kcal_per_100g": x.energy,
                    "portion_g": x.portion_g,
                    "magnesium": _seen(x.seen),
                },
            }
            for x in article_foods()
            if x.food_id == food.id
        ],
        "cautions": list(cautions(food)),
        "sources": list(food.sources),
        "note": food.note,
    }


def ranking(found: Ranking, of: str) -> dict[str, Any]:
    """A ranking."""
    return {
        "by": found.lens.id,
        "unit": found.lens.unit,
        "of": of,
        "ranked": found.ranked,
        "not_ranked": found.left_out,
        "foods": [brief(x) for x in found.foods],
    }


def _seen(through: Seen) -> Mapping[str, Any]:
    return {
        name: {"mg": None if value is None else round(value, 3), "tier": through.tiers[name], "unit": lenses()[name].unit}
        for name, value in through.amounts.items()
    }
