"""Amounts as people write them, `60 g`, `2 tbsp`, `half a cup`, `1 medium`, and the grams of a food they are.

A spoon or cup weighs what the food's own portion in that measure weighs; where the table has several (a cup mashed, a cup
sliced) the grams are an interval. Nothing is guessed: a measure that the food has no portion for is refused.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from math import isfinite

from neomag.feeding.errors import FeedingInputError
from neomag.feeding.span import Span
from neomag.feeding.words import found as phrase
from neomag.knowledge.diaries import Measure, load_diaries
from neomag.knowledge.foods import Food, Portion

FORM = "an amount such as `60 g`, `100 mL`, `2 tbsp`, `half a cup` or `1 piece`"
_NUMBER = re.compile(
    r"(\d+(?:\.\d+)?)\s*([½¼¾⅓⅔])|(\d+)\s+(\d+)\s*/\s*(\d+)|(\d+)\s*/\s*(\d+)|(\d*\.?\d+(?:e[+-]?\d+)?)|([½¼¾⅓⅔])", re.I
)
_WORD = re.compile(r"[^\W\d_]+(?:-[^\W\d_]+)*", re.UNICODE)
_SHOWN_MEASURES = 6


@dataclass(frozen=True, slots=True)
class Amount:
    """A number and what it counts, as written: `unit` is a unit, a measure, or a word of the food's portions."""

    number: float
    unit: str
    text: str


def parse_amount(text: object, *, default_unit: str = "") -> Amount:
    """An amount. Raises FeedingInputError saying what would be accepted: no number, no unit, not above 0, not finite."""
    if isinstance(text, int | Decimal) and not isinstance(text, bool):
        text = str(text)
    if not isinstance(text, str):
        raise FeedingInputError(f"`{_short(text)}` is no amount; write {FORM}")
    number, rest = leading_number(text)
    unit = re.sub(r"^(?:of|an?)\s+|\s+of$", "", " ".join(rest.split())).strip(" .").lower() or default_unit
    if number is None:
        raise FeedingInputError(f"`{_short(text)}` is no amount; write {FORM}")
    if not unit:
        raise FeedingInputError(f"`{_short(text)}` has no unit; write {FORM}")
    return Amount(number, unit, " ".join(text.split()))


def leading_number(text: str) -> tuple[float | None, str]:
    """The number that `text` begins with, above 0, and the rest; None when it begins with none. Raises FeedingInputError."""
    text = text.strip()
    if text.startswith(("-", "−", "–")):
        raise FeedingInputError(f"`{_short(text)}` is negative; an amount is above 0")
    match = _NUMBER.match(text)
    if match is None:
        words = load_diaries().numbers
        first, _, rest = text.partition(" ")
        value = words.get(first.lower())
        return (None, text) if value is None else (value, rest)
    if re.match(r"\s*,\s*\d", text[match.end() :]):
        raise FeedingInputError(f"`{_short(text)}`: write the decimal with a point, such as `2.5`")
    if re.match(r"\s*[-–]\s*\d", text[match.end() :]):
        raise FeedingInputError(f"`{_short(text)}`: write one number, not a range")
    value = _value(match)
    if value is None or not isfinite(value) or value <= 0:
        raise FeedingInputError(f"`{_short(text)}`: an amount is a number above 0")
    return value, text[match.end() :].strip()


def _value(match: re.Match[str]) -> float | None:
    words = load_diaries().numbers
    whole, sign, units, over, under, top, bottom, plain, alone = match.groups()
    try:
        if whole:
            return float(whole) + words[sign]
        if units:
            return float(int(units) + Fraction(int(over), int(under)))
        if top:
            return float(Fraction(int(top), int(bottom)))
        return float(plain) if plain else words[alone]
    except (ZeroDivisionError, OverflowError, ValueError):
        return None


def grams(amount: Amount, food: Food, portion_g: float | None = None) -> Span:
    """The grams of `food` that `amount` is; `portion_g` is what an infant portion of it weighs, where there is one.

    Raises FeedingInputError, naming the measures that the food has.
    """
    said, density = load_diaries(), food.density
    for unit in said.units.values():
        if amount.unit in unit.spellings:
            if unit.g is not None:
                return Span.exact(amount.number * unit.g)
            return _of_volume(amount, amount.number * (unit.ml or 0.0), food)
    if amount.unit in said.refused_units.spellings:
        raise FeedingInputError(f"`{amount.text}`: {said.refused_units.says}{_measures_of(food, portion_g)}")
    most = said.most["measures"]
    if amount.number > most.most:
        raise FeedingInputError(f"`{amount.text}`: {most.says.format(most=f'{most.most:g}')}")
    if amount.unit in said.portion.spellings and portion_g is not None:
        return Span.exact(amount.number * portion_g)
    measure = next((m for m in said.measures.values() if amount.unit in m.spellings), None)
    if measure is not None and measure.ml is not None and density is not None:
        return Span.exact(amount.number * (measure.ml or 0.0) * density)
    found = _portions(amount.unit, measure, food)
    if not found:
        raise FeedingInputError(f"`{amount.text}`: no such measure of {food.name}; write g{_measures_of(food, portion_g)}")
    return Span(min(found), max(found)) * amount.number


def volume(amount: Amount) -> float | None:
    """The mL that `amount` is by its unit alone; None when it is no volume."""
    said = load_diaries()
    for of in (*said.units.values(), *said.measures.values()):
        if amount.unit in of.spellings and of.ml is not None:
            return amount.number * of.ml
    return None


def weight(amount: Amount) -> float | None:
    """The grams that `amount` is by its unit alone; None when it is no weight."""
    return next((amount.number * u.g for u in load_diaries().units.values() if amount.unit in u.spellings and u.g), None)


def is_measure(word: str) -> bool:
    """Whether `word` is a unit or measure of any kind, accepted or not."""
    said = load_diaries()
    every = (*said.units.values(), *said.measures.values(), said.refused_units, said.portion)
    return any(word.lower() in of.spellings for of in every)


def _of_volume(amount: Amount, ml: float, food: Food) -> Span:
    if food.density is not None:
        return Span.exact(ml * food.density)
    # USDA weighs a fluid ounce of what is drunk only; a cup of slices says nothing of a mL.
    ounce, drink = load_diaries().measures["fl oz"], load_diaries().drink
    found = [p.grams / _count(p.measure)[0] / (ounce.ml or 1.0) for p in food.portions if _count(p.measure)[1] == "fl oz"]
    if not found and food.category in drink.categories and not phrase(drink.but, food.name):
        found = list(drink.g_per_ml)
    if not found:
        raise FeedingInputError(f"`{amount.text}`: what a mL of {food.name} weighs is not known; write g{_measures_of(food)}")
    return Span(min(found), max(found)) * ml


def _portions(unit: str, measure: Measure | None, food: Food) -> list[float]:
    """Grams of one `unit` of the food, by every portion that it may mean; exact names go before parts of names."""
    counted = [(*_count(p.measure), p) for p in food.portions]
    if same := [p.grams / n for n, words, p in counted if words == (measure.id if measure else unit)]:
        return same
    if measure is not None and measure.ml is not None:
        return _by_volume(measure.ml, counted)
    names = set(measure.also) if measure else {unit, unit.removesuffix("s"), unit.removesuffix("es")}
    found = [p.grams / n for n, words, p in counted if names & set(_words(words)) or words in names]
    if not found and measure is not None:  # a piece of an avocado is `avocado`
        own = {w.removesuffix("s") for w in _words(food.name)}
        found = [p.grams / n for n, words, p in counted if set(_words(words.partition("(")[0])) <= own and _words(words)]
    return found


def _by_volume(ml: float, counted: list[tuple[float, str, Portion]]) -> list[float]:
    """Grams of a measure of `ml`, by the food's portions in any measure that holds a volume; the same measure goes first."""
    same: list[float] = []
    others: list[float] = []
    for n, words, portion in counted:
        name = words.partition(",")[0].partition("(")[0].strip()
        of = next((m for m in load_diaries().measures.values() if m.ml is not None and name == m.id), None)
        if of is not None and of.ml is not None:
            (same if of.ml == ml else others).append(portion.grams / n * ml / of.ml)
    return same or others


def _count(measure: str) -> tuple[float, str]:
    """How many a portion is, and of what: `3 florets` is 3 of `florets`, `quarter cup` is 0.25 of `cup`."""
    number, rest = leading_number(measure)
    return (1.0, measure.strip().lower()) if number is None or not rest else (number, rest.strip().lower())


def _words(text: str) -> list[str]:
    return [word.lower() for word in _WORD.findall(text)]


def _measures_of(food: Food, portion_g: float | None = None) -> str:
    names = list(dict.fromkeys(p.measure for p in food.portions))
    if portion_g is not None:
        names.insert(0, f"portion ({portion_g:g} g)")
    more = ", …" if len(names) > _SHOWN_MEASURES else ""
    return f", or a measure of it: {', '.join(names[:_SHOWN_MEASURES])}{more}" if names else ""


def _short(value: object) -> str:
    text = " ".join(str(value).split())
    return f"{text[:40]}…" if len(text) > 40 else text
