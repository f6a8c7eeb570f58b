"""A site's own food table: a CSV of one food a row, amounts per 100 g of the edible part. National tables differ; use your own.

Nothing is loaded unless every row can be: each fault is named with its line and column. docs/foods.md describes the columns.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from neomag.feeding.errors import FeedingInputError
from neomag.feeding.infant_portions import INFANT
from neomag.knowledge.feeding import load_feeding
from neomag.knowledge.food_checks import faults
from neomag.knowledge.foods import Food, FoodTable, Nutrient, Portion, checks
from neomag.nearest import hint

DATASET = "site"
PLAIN = ("id", "name", "category", "density", "measures", "portion_g", "portion", "price_per_100g", "tags", "source", "note")
MISSING = frozenset({"", "-", "n", "na", "n/a", "nd", "..", "..."})
TRACE = frozenset({"tr", "trace", "traces"})
_HEAD = re.compile(r"([a-z0-9_]+?)(?:[ _]*[\[(]([a-zµ]+)[\])]|_(kcal|kj|g|mg|ug|mcg))?")
_NUMBER = re.compile(r"[+-]?[0-9]{1,9}(?:\.[0-9]{0,9})?")
_MASS = {"g": 1_000_000.0, "mg": 1_000.0, "ug": 1.0, "µg": 1.0, "mcg": 1.0}
_ENERGY = {"kcal": 1.0, "kj": 1 / 4.184}
_SHOWN = 20
# What a cell of these columns may hold: g, g/mL, and a price; and the heaviest household measure, in g.
_ROOMS = {"portion_g": (0.1, 500.0), "density": (0.1, 2.0), "price_per_100g": (0.0, 1e6)}
_HEAVIEST = 5000.0


@dataclass(frozen=True, slots=True)
class Sheet:
    """A table that stands in no file: what messages call it, and its text."""

    name: str
    text: str

    def __str__(self) -> str:
        return self.name

    def read_text(self, encoding: str) -> str:
        """The text, without the mark that a file of this encoding may begin with."""
        return self.text.encode().decode(encoding)


@dataclass(frozen=True, slots=True)
class SiteFoods:
    """The foods of a site's table by id, the price of 100 g of those that have one, the tags of those that state any, and the
    nutrients that have a column."""

    foods: Mapping[str, Food]
    prices: Mapping[str, float]
    tags: Mapping[str, frozenset[str]] = field(default_factory=dict[str, frozenset[str]])
    nutrients: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class _Column:
    """What a column holds: a nutrient and the factor to its unit, or one of the plain columns."""

    name: str
    nutrient: Nutrient | None
    factor: float = 1.0


def with_site_foods(table: FoodTable, path: Path | Sheet) -> tuple[FoodTable, SiteFoods]:
    """`table` with the foods of `path` first, a food of the same id in place of the shipped one; and those foods alone."""
    site = load_site_foods(path, table.nutrients)
    return replace(table, foods={**site.foods, **{k: v for k, v in table.foods.items() if k not in site.foods}}), site


def load_site_foods(path: Path | Sheet, nutrients: Mapping[str, Nutrient]) -> SiteFoods:
    """The foods of a CSV file or sheet. Raises FeedingInputError with a line for every fault."""
    text = read_text(path)
    mark = mark_of(text)
    problems: list[str] = []
    try:
        rows = list(lines(text, mark))
    except csv.Error as error:
        raise FeedingInputError(f"{path}: is no CSV table: {error}") from None
    columns = _columns(path, rows[0][1] if rows else [], nutrients)
    foods: dict[str, Food] = {}
    prices: dict[str, float] = {}
    tags: dict[str, frozenset[str]] = {}
    most = {x: nutrient.most_per_100g for x, nutrient in nutrients.items()}
    vocabulary = load_feeding().tags if any(x.name == "tags" for x in columns) else dict[str, str]()
    for number, cells in rows[1:]:
        if _many(problems):
            break
        read = _Row(f"{path} line {number}", cells, columns, decimal_comma=mark != ",")
        food = read.food(nutrients, most) if len(cells) == len(columns) else None
        price = read.number("price_per_100g") if food else None
        stated = read.tags(vocabulary) if food else frozenset[str]()
        problems += read.problems
        if food and food.id in foods:
            problems.append(
                f"{path} line {number}, column {'id' if read.text('id') else 'name'}: `{food.id}` stands there twice"
            )
        if food:
            foods[food.id] = food
            if price is not None:
                prices[food.id] = price
            if stated:
                tags[food.id] = stated
    if not foods and not problems:
        problems.append(f"{path}: has no foods; write a heading and one food a row")
    if problems:
        more = [f"{path}: and more; put these right first"] if _many(problems) else []
        raise FeedingInputError("\n".join([*problems[:_SHOWN], *more]))
    return SiteFoods(foods, prices, tags, frozenset(x.name for x in columns if x.nutrient is not None))


def read_text(path: Path | Sheet) -> str:
    """The text of a table. Raises FeedingInputError for a file that is not there or is no text."""
    try:
        text = path.read_text("utf-8-sig")
    except OSError as error:
        raise FeedingInputError(f"{path}: cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise FeedingInputError(f"{path}: is not UTF-8 text; save the table as CSV UTF-8") from None
    if "\0" in text:
        raise FeedingInputError(f"{path}: holds a NUL character; save the table as CSV UTF-8")
    return text


def mark_of(text: str) -> str:
    """What stands between the cells: a comma, a semicolon or a tab, by the heading."""
    return max(",;\t", key=text.partition("\n")[0].count)


def lines(text: str, mark: str) -> Iterator[tuple[int, list[str]]]:
    """The rows that are not empty, with the line each ends on."""
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=mark, strict=True)
    for cells in rows:
        if any(x.strip() for x in cells):
            yield rows.line_num, [x.strip() for x in cells]


def _many(problems: list[str]) -> bool:
    return len(problems) > _SHOWN


def _columns(path: Path | Sheet, heading: list[str], nutrients: Mapping[str, Nutrient]) -> list[_Column]:
    problems: list[str] = []
    found: list[_Column] = []
    for place, title in enumerate(heading, 1):
        where = f"{path} line 1, column {place}"
        column = _column(title.strip().lower(), nutrients)
        if isinstance(column, str):
            problems.append(f"{where}: `{title.strip()[:40]}` {column}")
        elif column.name in [x.name for x in found]:
            problems.append(f"{where}: `{column.name}` stands there twice")
        else:
            found.append(column)
    if not problems:
        names = [x.name for x in found]
        problems += [f"{path} line 1: needs a column `{x}`" for x in ("name", "magnesium") if x not in names]
    if problems:
        raise FeedingInputError("\n".join(problems[:_SHOWN]))
    return found


def _column(title: str, nutrients: Mapping[str, Nutrient]) -> _Column | str:
    """The column of a heading, or what is wrong with it. `magnesium`, `magnesium_mg`, `magnesium (mg)`, `energy (kJ)`."""
    if title in PLAIN:
        return _Column(title, None)
    if title in nutrients:
        return _Column(title, nutrients[title])
    match = _HEAD.fullmatch(title)
    name, unit = (match[1], match[2] or match[3]) if match else (title, None)
    nutrient = nutrients.get(name)
    if nutrient is None:
        near = hint(name, [*PLAIN, *nutrients])
        return f"is no column of a food table{near or '; see docs/foods.md for those there are'}"
    units = _ENERGY if nutrient.unit == "kcal" else _MASS
    if unit not in units:
        return f"has no unit of {nutrient.says}; write one of {', '.join(x for x in units if x != 'µg')}"
    return _Column(name, nutrient, units[unit] / units[nutrient.unit])


class _Row:
    """One row: its cells by column, and what is wrong with them."""

    def __init__(self, where: str, cells: list[str], columns: list[_Column], *, decimal_comma: bool) -> None:
        self.where, self.problems, self._comma = where, list[str](), decimal_comma
        if len(cells) != len(columns):
            self.problems.append(f"{where}: has {len(cells)} cells, the heading has {len(columns)}")
        self._columns = {x.name: x for x in columns}
        self._cells = {x.name: cell for x, cell in zip(columns, cells, strict=False)}

    def text(self, column: str) -> str:
        return " ".join(self._cells.get(column, "").split())

    def number(self, column: str) -> float | None:
        """The number of a cell; None for what is missing. Says so when it cannot be read."""
        cell = self.text(column)
        if cell.lower() in MISSING:
            return None
        if cell.lower() in TRACE:
            return 0.0
        written = cell.replace(",", ".") if self._comma else cell
        value = float(written) if _NUMBER.fullmatch(written) else None
        if value is None:
            self._wrong(column, f"`{cell[:20]}` is no number; leave the cell blank when it is not known")
        elif column in _ROOMS and not _ROOMS[column][0] <= value <= _ROOMS[column][1]:
            self._wrong(column, f"{cell[:20]} is not from {_ROOMS[column][0]:g} to {_ROOMS[column][1]:g}")
        else:
            return value
        return None

    def tags(self, vocabulary: Mapping[str, str]) -> frozenset[str]:
        """The tags that a cell states, such as `egg | milk`."""
        stated = [part.strip().lower() for part in re.split(r"[|,;]", self.text("tags")) if part.strip().lower() not in MISSING]
        for tag in stated:
            if tag not in vocabulary:
                near = hint(tag, vocabulary)
                self._wrong("tags", f"`{tag[:30]}` is no tag{near}; write such as `egg | milk`, or leave the cell blank")
        return frozenset(stated)

    def food(self, nutrients: Mapping[str, Nutrient], most: Mapping[str, float]) -> Food:
        name, values = self.text("name"), dict(self._values(nutrients))
        if not name:
            self._wrong("name", "is blank")
        for fault in faults(name, self.text("category"), values, most, checks()):
            self._wrong(fault.nutrient, fault.says)
        return Food(
            id=self.text("id") or _slug(name),
            name=name,
            dataset=DATASET,
            category=self.text("category"),
            per_100g=values,
            portions=tuple(self._portions()),
            sources=(),
            note="; ".join(x for x in (self.text("source"), self.text("note"), f"{self.where}") if x),
            density=self.number("density"),
        )

    def _values(self, nutrients: Mapping[str, Nutrient]) -> Iterator[tuple[str, float]]:
        for nutrient in nutrients:
            if nutrient in self._columns:
                value = self.number(nutrient)
                if value is not None:
                    yield nutrient, value * self._columns[nutrient].factor

    def _portions(self) -> Iterator[Portion]:
        grams = self.number("portion_g")
        if grams is not None:
            yield Portion(INFANT, grams, self.text("portion") or f"{grams:g} g, the site's own")
        for part in filter(None, (x.strip() for x in self.text("measures").split("|"))):
            measure, _, weight = part.partition("=")
            weight = weight.strip().replace(",", ".") if self._comma else weight.strip()
            grams = float(weight) if _NUMBER.fullmatch(weight) else 0.0
            if not measure.strip() or not 0 < grams <= _HEAVIEST:
                self._wrong("measures", f"`{part[:30]}` is no measure; write such as `cup=158 | tbsp=10`")
            else:
                yield Portion(measure.strip(), grams, "site")

    def _wrong(self, column: str, says: str) -> None:
        self.problems.append(f"{self.where}, column {column}: {says}")


def _slug(name: str) -> str:
    return re.sub(r"[\W_]+", "-", name.lower()).strip("-")
