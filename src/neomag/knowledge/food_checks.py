"""Whether a row of a food table can be so: the checks of `feeding/checks.toml` and `most_per_100g` of each nutrient.

The script that builds the table and the reader of a site's own table use the same checks. Values are per 100 g.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

Checks = Mapping[str, Mapping[str, Any]]
Values = Mapping[str, float]
ATWATER = {"protein": 4, "fat": 9, "carbohydrate": 4}


@dataclass(frozen=True, slots=True)
class Fault:
    """Something that cannot be so: the nutrient it is about, and whether the whole row goes or that value alone."""

    check: str
    nutrient: str
    says: str
    rejects: bool


def faults(name: str, category: str, values: Values, most: Mapping[str, float], checks: Checks) -> tuple[Fault, ...]:
    """Every fault of one row; `most` is the greatest possible amount of each nutrient in 100 g."""
    return (*_ranges(values, most, checks), *_human_milk(name, values, checks), *_consistency(name, category, values, checks))


def nil_by_difference(nutrient: str, value: float, checks: Checks) -> bool:
    """Whether a value just below zero is nil within its error (carbohydrate is found by difference)."""
    negative = checks["negative"]
    return nutrient in negative["zero_for"] and negative["zero_down_to"] <= value < 0


def _ranges(values: Values, most: Mapping[str, float], checks: Checks) -> Iterator[Fault]:
    for nutrient, value in values.items():
        if value < checks["negative"]["least"] and not nil_by_difference(nutrient, value, checks):
            yield _fault("negative", nutrient, checks)
        if value > most[nutrient]:
            yield Fault("most_per_100g", nutrient, f"is above {most[nutrient]:g}, the most that 100 g of a food can hold", True)
    whole = checks["macronutrients"]
    if sum(values.get(x, 0.0) for x in whole["sum_of"]) > whole["most"]:
        yield _fault("macronutrients", "carbohydrate", checks, most=whole["most"])


def _human_milk(name: str, values: Values, checks: Checks) -> Iterator[Fault]:
    check = checks["human-milk"]
    value = values.get(check["nutrient"])
    if value is None or not _called(name, check["names"]) or _excused(name, "", check):
        return
    per_litre = value * 10 * check["density"]
    if not check["least_mg_per_l"] <= per_litre <= check["most_mg_per_l"]:
        yield _fault("human-milk", check["nutrient"], checks, value=value, **_figures(check))


def _called(name: str, names: Iterable[str]) -> bool:
    """Whether one of `names` stands in `name` word for word, whatever mark is between: `Breast-milk`, `Milk, human`."""
    have = f" {_plain(name)} "
    return any(f" {_plain(of)} " in have for of in names)


@lru_cache(maxsize=4_000)
def _plain(text: str) -> str:
    return re.sub(r"[\W_]+", " ", text.casefold()).strip()


def _consistency(name: str, category: str, values: Values, checks: Checks) -> Iterator[Fault]:
    parts = checks["parts"]
    for part, whole in parts["pairs"]:
        if part in values and whole in values and values[part] > max(values[whole], 0) + parts["allowance"]:
            yield _fault("parts", part, checks, part=part, whole=whole)
    if "energy" in values and all(x in values for x in ATWATER):
        yield from _energy(name, category, values, checks)
    zero = checks["zero-magnesium"]
    protein = values.get("protein", 0.0)
    if values.get(zero["nutrient"]) == 0 and protein >= zero["protein_least"] and not _excused(name, category, zero):
        yield _fault("zero-magnesium", zero["nutrient"], checks, protein=protein)


def _energy(name: str, category: str, values: Values, checks: Checks) -> Iterator[Fault]:
    energy = values["energy"]
    atwater = sum(values[x] * kcal for x, kcal in ATWATER.items())
    high, low = checks["energy-high"], checks["energy-low"]
    if energy > high["times"] * atwater + high["plus"] and not _excused(name, category, high):
        yield _fault("energy-high", "energy", checks, value=energy, atwater=atwater)
    atwater -= ATWATER["carbohydrate"] * values.get("fibre", 0.0)
    if energy < low["times"] * atwater - low["minus"] and not _excused(name, category, low):
        yield _fault("energy-low", "energy", checks, value=energy, atwater=atwater)


def _excused(name: str, category: str, check: Mapping[str, Any]) -> bool:
    words = check["unless_names"]
    return category in check.get("unless_categories", ()) or bool(re.search(rf"\b(?:{'|'.join(words)})\b", name, re.IGNORECASE))


def _fault(check: str, nutrient: str, checks: Checks, **figures: Any) -> Fault:
    says = checks[check]["says"].format(**{k: f"{v:.4g}" if isinstance(v, float) else v for k, v in figures.items()})
    return Fault(check, nutrient, says, checks[check]["does"] == "rejects")


def _figures(check: Mapping[str, Any]) -> dict[str, Any]:
    return {key: check[key] for key in ("least_mg_per_l", "most_mg_per_l")}
