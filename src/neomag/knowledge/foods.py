"""The foods: composition per 100 g, household portions, milks, and where each comes from.

Read from composition.csv, milks.csv and portions.csv of `feeding/`, only when feeding asks. What is missing is absent from
`per_100g`, never 0. tools/foods.py builds composition.csv.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from neomag.knowledge.loader import directory
from neomag.knowledge.tables import feeding_file, read_csv, read_toml

# The datasets of the table as a reader knows them, and the name given to milks.csv.
DATASETS = {
    "sr-legacy": "USDA SR Legacy",
    "fndds": "USDA FNDDS",
    "foundation": "USDA Foundation Foods",
    "milks": "milks, from the literature",
}
MILKS = "milks"


@dataclass(frozen=True, slots=True)
class Nutrient:
    """A nutrient of the tables: its `unit`, and the most that 100 g of a food can hold of it."""

    id: str
    says: str
    unit: str
    most_per_100g: float
    policy: str


@dataclass(frozen=True, slots=True)
class Portion:
    """A household measure of a food and what one of it weighs, in g of the edible part."""

    measure: str
    grams: float
    source: str


@dataclass(frozen=True, slots=True)
class Food:
    """A food: amounts per 100 g of the edible part by nutrient; a nutrient that is absent is not known.

    `density` is in g/mL where it is known. `magnesium_spread` is the least and most mg/100 g that are published, for milks
    whose figure is a middle of many. `kind` is that of a milk: breast, formula or animal.
    """

    id: str
    name: str
    dataset: str
    category: str
    per_100g: Mapping[str, float]
    portions: tuple[Portion, ...] = ()
    sources: tuple[str, ...] = ()
    note: str = ""
    density: float | None = None
    kind: str = ""
    magnesium_spread: tuple[float, float] | None = None

    @property
    def magnesium(self) -> float | None:
        """mg of magnesium per 100 g; None where it is not known."""
        return self.per_100g.get("magnesium")

    @property
    def energy(self) -> float | None:
        """kcal per 100 g; None where it is not known."""
        return self.per_100g.get("energy")


class Amounts(Mapping[str, float]):
    """Amounts by nutrient over the cells of a row; blank is absent. A cell is read when it is asked for: most never are."""

    __slots__ = ("_cells", "_places")

    def __init__(self, cells: list[str], places: Mapping[str, int]) -> None:
        self._cells, self._places = cells, places

    def __getitem__(self, nutrient: str) -> float:
        cell = self._cells[self._places[nutrient]]
        if not cell:
            raise KeyError(nutrient)
        return float(cell)

    def __iter__(self) -> Iterator[str]:
        return (nutrient for nutrient, place in self._places.items() if self._cells[place])

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def __repr__(self) -> str:
        return f"Amounts({dict(self)})"


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class FoodTable:
    """Foods by id, their nutrients in the order of the columns, and provenance.toml as it is written."""

    nutrients: Mapping[str, Nutrient]
    foods: Mapping[str, Food]
    provenance: Mapping[str, Any]


def load_foods(folder: Path | None = None) -> FoodTable:
    """The food table of `folder` (by default the knowledge in force). Milks stand first."""
    return _read((folder or directory()) / "feeding")


def nutrients(folder: Path | None = None) -> Mapping[str, Nutrient]:
    """The nutrients alone, by id, in the order of the columns."""
    return _nutrients((folder or directory()) / "feeding")


def checks() -> Mapping[str, Mapping[str, Any]]:
    """checks.toml: what a row of a food table must pass beside the range of each nutrient."""
    return read_toml(feeding_file("checks.toml"))


@cache
def _nutrients(folder: Path) -> Mapping[str, Nutrient]:
    table = read_toml(folder / "nutrients.toml")
    return {
        name: Nutrient(name, entry["says"], entry["unit"], float(entry["most_per_100g"]), entry["policy"])
        for name, entry in table.items()
    }


@cache
def _read(folder: Path) -> FoodTable:
    known = _nutrients(folder)
    portions = _portions(folder / "portions.csv")
    provenance = read_toml(folder / "provenance.toml")
    foods = {food.id: food for food in _milks(folder / "milks.csv", known, portions)}
    foods.update((food.id, food) for food in _composition(folder / "composition.csv", tuple(known), portions, provenance))
    return FoodTable(known, foods, provenance)


def _portions(path: Path) -> dict[str, tuple[Portion, ...]]:
    found: dict[str, list[Portion]] = {}
    for row in read_csv(path):
        found.setdefault(row["food"], []).append(Portion(row["measure"], float(row["grams"]), row["source"]))
    return {food: tuple(of) for food, of in found.items()}


def _composition(
    path: Path, known: tuple[str, ...], portions: Mapping[str, tuple[Portion, ...]], provenance: Mapping[str, Any]
) -> Iterator[Food]:
    # Thousands of rows on every start of the command: rows are lists here, not dicts.
    places = {nutrient: 4 + i for i, nutrient in enumerate(known)}
    last = 4 + len(known)
    of = f"of {provenance['package']} {provenance['version']}"
    with path.open(encoding="utf-8", newline="") as file:
        rows = csv.reader(file)
        heading = next(rows)
        if heading != ["id", "name", "dataset", "category", *known, "row"]:
            raise ValueError(f"{path.name}: its columns are not those of nutrients.toml; run `python -m tools.foods`")
        for row in rows:
            name = row[0]
            portion = portions.get(name, ())
            yield Food(name, row[1], row[2], row[3], Amounts(row, places), portion, ("FDC",), f"row {row[last]} {of}")


def _milks(path: Path, known: Mapping[str, Nutrient], portions: Mapping[str, tuple[Portion, ...]]) -> Iterator[Food]:
    for row in read_csv(path):
        density = float(row["density"])
        spread = (row["magnesium_least"], row["magnesium_most"])
        yield Food(
            id=row["id"],
            name=row["name"],
            dataset=MILKS,
            category="Milk for infants",
            per_100g={nutrient: float(row[nutrient]) for nutrient in known if row[nutrient]},
            portions=(Portion("100 mL", 100 * density, "density"), *portions.get(row["id"], ())),
            sources=tuple(row["sources"].split()),
            note=row["note"],
            density=density,
            kind=row["kind"],
            magnesium_spread=(float(spread[0]), float(spread[1])) if all(spread) else None,
        )
