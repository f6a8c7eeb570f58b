"""What the knowledge says of a diary: units and measures, what is plausible, words and losses, WHO's indicators, food groups.

Read from diary.toml and indicators.toml of `feeding/`, only when feeding asks. Ages are completed months, both ends included.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from neomag.knowledge.intakes import Ground, entries, entry
from neomag.knowledge.tables import feeding_file, read_toml


@dataclass(frozen=True, slots=True, kw_only=True)
class Unit(Ground):
    """A unit of weight (`g` in one) or of volume (`ml` in one)."""

    spellings: tuple[str, ...]
    g: float | None = None
    ml: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure(Ground):
    """A household measure; `ml` where it holds a volume. `also` are words of a food's portions that it may stand for."""

    spellings: tuple[str, ...]
    ml: float | None = None
    also: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Drink(Ground):
    """What a mL of a drink of these `categories` may weigh, in g, unless its name holds one of `but`."""

    g_per_ml: tuple[float, ...]
    categories: tuple[str, ...]
    but: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Most(Ground):
    """Beyond this an amount is refused: grams, mL, or a count. `says` takes {most}."""

    g: float | None = None
    ml: float | None = None
    count: float | None = None

    @property
    def most(self) -> float:
        """The one figure given."""
        return next(value for value in (self.g, self.ml, self.count) if value is not None)


@dataclass(frozen=True, slots=True, kw_only=True)
class NoFood(Ground):
    """What is not food: `words`, and those of `rule` of safety.toml; `not_in_notes` are too common to count in the notes."""

    words: tuple[str, ...]
    not_in_notes: tuple[str, ...] = ()
    rule: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Loss(Ground):
    """A loss that is told and not subtracted."""

    spellings: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Note(Ground):
    """A sentence about a figure or a day, with {…} for figures."""

    before_months: int | None = None
    rule: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Binds(Ground):
    """What may bind magnesium in some foods: the share left, from `low` to `high`, and how those foods are told."""

    low: float
    high: float
    words: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    but: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class EnergyOdd(Ground):
    """Shares of the need outside which a day's energy looks like a slip of the diary."""

    low: float
    high: float
    says_low: str
    says_high: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Weight(Ground):
    """The weights in kg that an infant may have."""

    kg: float
    most_kg: float


@dataclass(frozen=True, slots=True)
class Diaries:
    """How a diary is read and what is said of it.

    `warned` are the actions of rules of safety that warn whenever they touch a food.
    """

    units: Mapping[str, Unit]
    refused_units: Unit
    measures: Mapping[str, Measure]
    numbers: Mapping[str, float]
    from_months: int
    to_months: int
    breast_density: float
    drink: Drink
    portion: Measure
    most: Mapping[str, Most]
    weight: Weight
    no_food: Mapping[str, NoFood]
    losses: Mapping[str, Loss]
    notes: Mapping[str, Note]
    binds: Mapping[str, Binds]
    absorption: Ground
    energy_odd: EnergyOdd
    warned: frozenset[str]
    spreads: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Indicator(Ground):
    """An indicator of WHO and UNICEF and the ages it is for; `least` is a count, or counts by age and milk."""

    short: str
    from_months: int
    to_months: int
    least: int | tuple[Mapping[str, Any], ...] = 0
    of: int = 0


@dataclass(frozen=True, slots=True)
class FoodGroupRule:
    """The `group` of foods of these categories whose names hold one of `words` (any, when empty) and none of `but`."""

    group: str
    categories: frozenset[str]
    words: tuple[str, ...] = ()
    but: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Indicators:
    """The indicators by id, the eight groups with their names, how a food's group is told, and which hold retinol.

    A candidate with one of `uncounted_tags` counts for no group.
    """

    indicators: Mapping[str, Indicator]
    counting: Ground
    groups: Mapping[str, str]
    rules: tuple[FoodGroupRule, ...]
    vitamin_a_rich: float
    uncounted_tags: frozenset[str]
    no_retinol: frozenset[str]
    all_retinol: frozenset[str]


@cache
def load_diaries() -> Diaries:
    """How a diary is read, once a process."""
    said = read_toml(feeding_file("diary.toml"))
    return Diaries(
        units=entries(Unit, said["unit"]),
        refused_units=entry(Unit, "unit-refused", said["unit-refused"]),
        measures=entries(Measure, said["measure"]),
        numbers=said["numbers"],
        from_months=said["age"]["from_months"],
        to_months=said["age"]["to_months"],
        portion=entry(Measure, "portion", said["portion"]),
        drink=entry(Drink, "drink", said["drink"]),
        breast_density=said["breast-density"]["g_per_ml"],
        most=entries(Most, said["most"]),
        weight=entry(Weight, "weight", said["least"]["weight"]),
        no_food=entries(NoFood, said["no-food"]),
        losses=entries(Loss, said["losses"]),
        notes=entries(Note, said["note"]),
        binds=entries(Binds, said["binds"]),
        absorption=entry(Ground, "absorption", said["absorption"]),
        energy_odd=entry(EnergyOdd, "energy-odd", said["energy-odd"]),
        warned=frozenset(said["warned-of"]["actions"]),
        spreads=said["spread"],
    )


@cache
def load_indicators() -> Indicators:
    """The indicators and the food groups, once a process."""
    said = read_toml(feeding_file("indicators.toml"))
    groups = {k: v for k, v in said["groups"].items() if isinstance(v, str)}
    return Indicators(
        indicators=entries(Indicator, {k: v for k, v in said.items() if k.startswith("minimum-")}),
        counting=entry(Ground, "counting", said["counting"]),
        groups=groups,
        rules=tuple(
            FoodGroupRule(r["group"], frozenset(r["categories"]), tuple(r.get("words", ())), tuple(r.get("but", ())))
            for r in said["food-group"]
        ),
        vitamin_a_rich=float(said["vitamin-a-rich"]["least_rae_ug_per_100g"]),
        uncounted_tags=frozenset(said["uncounted"]["tags"]),
        no_retinol=frozenset(said["no-retinol"]["groups"]),
        all_retinol=frozenset(said["all-retinol"]["groups"]),
    )
