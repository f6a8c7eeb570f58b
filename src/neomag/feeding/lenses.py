"""How much magnesium a food gives, seen three ways: per 100 g, per 100 kcal and per infant portion; and its tier in each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from neomag.knowledge.tables import feeding_file, read_toml

BY_WEIGHT, BY_ENERGY, BY_PORTION = "100g", "100kcal", "portion"


@dataclass(frozen=True, slots=True)
class Lens:
    """One way to see it, in `unit`: from `first` up is tier 1, from `second` up tier 2, below it tier 3.

    Foods below `least_kcal` in 100 g are not ranked by it.
    """

    id: str
    says: str
    unit: str
    first: float
    second: float
    policy: str
    sources: tuple[str, ...]
    least_kcal: float = 0.0

    def tier(self, value: float | None) -> int | None:
        """The tier of a value in this lens; None where it is not known."""
        if value is None:
            return None
        return 1 if value >= self.first else 2 if value >= self.second else 3


@dataclass(frozen=True, slots=True)
class Seen:
    """A food through the three lenses: the mg in each by the lens, None where something is missing."""

    amounts: Mapping[str, float | None]

    @property
    def tiers(self) -> Mapping[str, int | None]:
        """The tier in each lens."""
        return {name: lens.tier(self.amounts[name]) for name, lens in lenses().items()}


def lenses() -> Mapping[str, Lens]:
    """The three lenses by id, in the order they are shown."""
    return _lenses(feeding_file("lenses.toml"))


@cache
def _lenses(path: Path) -> Mapping[str, Lens]:
    return {
        name: Lens(
            id=name,
            says=x["says"],
            unit=x["unit"],
            first=float(x["first"]),
            second=float(x["second"]),
            policy=x["policy"],
            sources=tuple(x.get("sources", ())),
            least_kcal=float(x.get("least_kcal", 0)),
        )
        for name, x in read_toml(path).items()
    }


def seen(magnesium: float | None, energy: float | None, portion_g: float | None) -> Seen:
    """From mg and kcal in 100 g, and the g of a portion. Without energy (or with none) there is no amount per 100 kcal."""
    if magnesium is None:
        return Seen({BY_WEIGHT: None, BY_ENERGY: None, BY_PORTION: None})
    return Seen(
        {
            BY_WEIGHT: magnesium,
            BY_ENERGY: 100 * magnesium / energy if energy else None,
            BY_PORTION: magnesium * portion_g / 100 if portion_g else None,
        }
    )
