"""What a day held of each nutrient, from least to most, against an authority's targets; and where its magnesium came from.

Missing stays missing: a food whose figure is not known adds nothing to the least, and takes away the most. Breast milk adds an
interval, since neither its volume nor its magnesium is known exactly. Supplements are never counted.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from neomag.feeding.authority import limits, targets
from neomag.feeding.breast import BreastMilk, breast_milk
from neomag.feeding.cautions import Said, cautions, notes, problems
from neomag.feeding.diary import Diary
from neomag.feeding.indicators import Found, indicators
from neomag.feeding.nutrient_intake import Cap, NutrientIntake, nutrient_intake
from neomag.feeding.parts import MAGNESIUM, SODIUM, Part, parts_of
from neomag.feeding.span import Span
from neomag.feeding.words import meant
from neomag.knowledge.diaries import load_diaries
from neomag.knowledge.feeding import load_feeding
from neomag.knowledge.foods import FoodTable
from neomag.knowledge.intakes import load_intakes

ENERGY = "energy"


@dataclass(frozen=True, slots=True)
class MagnesiumShare:
    """Where the day's magnesium came from, in mg, and what adult studies say that oxalate and phytate may leave of it.

    `bound_in` are the foods that hold them.
    """

    from_milk: Span
    from_food: Span
    absorbable: Span
    bound_in: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        """As JSON has it."""
        said = load_diaries()
        absorbable = {
            **self.absorbable.to_dict(),
            "basis": said.absorption.says,
            "foods": list(self.bound_in),
            "sources": sorted({source for of in said.binds.values() for source in of.sources}),
        }
        return {"from_milk": self.from_milk.to_dict(), "from_food": self.from_food.to_dict(), "absorbable": absorbable}


@dataclass(frozen=True, slots=True)
class Intake:
    """The answer to a diary. `authority_says` is the authority's name in full."""

    diary: Diary
    authority: str
    authority_says: str
    counted: tuple[Part, ...]
    nutrients: Mapping[str, NutrientIntake]
    magnesium: MagnesiumShare
    breast: BreastMilk | None
    indicators: tuple[Found, ...]
    warnings: tuple[Said, ...]
    notes: tuple[Said, ...]
    problems: tuple[Said, ...]

    def to_dict(self) -> dict[str, Any]:
        """As JSON has it."""
        breast = self.breast
        return {
            "age_months": self.diary.age_months,
            "authority": self.authority,
            "breast_milk": None if breast is None else {"ml": breast.ml.to_dict(), "measured": breast.band is None},
            "counted": [part.to_dict() for part in self.counted],
            "nutrients": {name: of.to_dict() for name, of in self.nutrients.items()},
            "magnesium": self.magnesium.to_dict(),
            "indicators": {of.indicator.id: of.to_dict() for of in self.indicators},
            "warnings": [said.to_dict() for said in self.warnings],
            "notes": [said.to_dict() for said in self.notes],
            "problems": [said.to_dict() for said in self.problems],
        }


def intake(
    diary: Diary,
    table: FoodTable,
    *,
    authority: str | None = None,
    fill: str | None = None,
    iron: str = "10%",
    zinc: str = "moderate",
) -> Intake:
    """What the day held, against the targets of `authority`; `fill`, `iron` and `zinc` are those of `targets`.

    Raises FeedingInputError for a choice that there is not.
    """
    intakes = load_intakes()
    name = authority or intakes.default
    aims = targets(
        diary.age_months,
        name,
        iron=iron,
        zinc=zinc,
        formula_fed=not diary.breastfed,  # any breast milk makes the child breast-fed, as in the indicators
        weight_kg=diary.weight_kg,
        fill=fill,
    )
    most = limits(diary.age_months, name)
    breast = breast_milk(diary, table.foods)
    parts = parts_of(diary, breast, table.foods)
    caps, bands = _caps(diary.age_months), {ENERGY: load_feeding().plan["energy"]["within"]}
    found = {
        n: nutrient_intake(of, parts, aims.get(n), most.get(n), caps.get(n), bands.get(n)) for n, of in table.nutrients.items()
    }
    return Intake(
        diary=diary,
        authority=name,
        authority_says=intakes.authorities[name].says,
        counted=parts,
        nutrients=found,
        magnesium=_magnesium(parts),
        breast=breast,
        indicators=indicators(diary),
        warnings=cautions(diary, parts, found),
        notes=notes(diary, parts, breast, found),
        problems=problems(diary, breast, found["energy"]),
    )


def _caps(age_months: int) -> dict[str, Cap]:
    """The caps of the rules of safety at an age: sodium's. Less of it than an authority's figure is no fault."""
    for rule in load_feeding().safety.values():
        if rule.most_sodium_mg is not None and rule.holds_at(age_months):
            return {SODIUM: Cap(rule.most_sodium_mg, rule.id, rule.sources)}
    return {}


def _magnesium(parts: Sequence[Part]) -> MagnesiumShare:
    left = [(part, _held(part), *_bound(part)) for part in parts]
    absorbable = Span.total(Span(of.least * low, None if of.most is None else of.most * high) for _, of, low, high in left)
    bound = tuple(dict.fromkeys(part.name for part, _, low, _ in left if low < 1))
    return MagnesiumShare(
        _total(part for part in parts if part.milk), _total(part for part in parts if not part.milk), absorbable, bound
    )


def _held(part: Part) -> Span:
    return part.holds(MAGNESIUM) or Span(0.0, None)


def _total(parts: Iterable[Part]) -> Span:
    return Span.total(_held(part) for part in parts)


def _bound(part: Part) -> tuple[float, float]:
    """The share of a part's magnesium that what binds it leaves, from low to high; the strongest binding counts."""
    if part.milk:
        return 1.0, 1.0
    fits = [
        (of.low, of.high)
        for of in load_diaries().binds.values()
        if meant(of.words, of.but, part.food.name) or (len(part.groups) == 1 and part.groups[0] in of.groups)
    ]
    return min(fits, default=(1.0, 1.0))
