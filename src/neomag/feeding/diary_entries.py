"""The entries of a diary to milk and foods: amounts to mL and grams, names to foods, and what is no food set aside."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TypeVar

from neomag import ages
from neomag.feeding.day import BREAST, Eaten, Milk, NotFood
from neomag.feeding.diary_text import Entry
from neomag.feeding.errors import FeedingInputError
from neomag.feeding.food_groups import candidate_of
from neomag.feeding.measures import grams, leading_number, parse_amount, volume, weight
from neomag.feeding.search import named
from neomag.feeding.words import found, tokens
from neomag.knowledge.diaries import load_diaries
from neomag.knowledge.feeding import STEPS, load_feeding
from neomag.knowledge.foods import Food

T = TypeVar("T")
ON_DEMAND = "on demand"
# Words that say a number counts feeds.
_FEEDS = {"feed", "feeds", "breastfeed", "breastfeeds", "bottle", "bottles"}
_NEAR = 4


@dataclass(slots=True)
class Form:
    """A diary being read: what was refused, and what was found to be no food."""

    problems: list[str] = field(default_factory=list[str])
    not_food: list[NotFood] = field(default_factory=list[NotFood])

    def read(self, where: str, work: Callable[[], T]) -> T | None:
        """The result of `work`; None, with its problem noted under `where`, when it refuses."""
        try:
            return work()
        except FeedingInputError as error:
            self.problems.append(f"{where}: {error}")
            return None


def count(written: object, of: str) -> int | None:
    """A whole number of meals or feeds."""
    if written is None:
        return None
    number = int(written) if isinstance(written, str) and written.strip().isdecimal() and len(written) < 9 else written
    if isinstance(number, Decimal | float) and abs(number) < 10**6 and number == int(number):
        number = int(number)
    if isinstance(number, bool) or not isinstance(number, int) or number < 0:
        raise FeedingInputError(f"`{str(written)[:40]}`: write a whole number, such as `{of}: 3`")
    most = load_diaries().most[of]
    if number > most.most:
        raise FeedingInputError(f"`{number}`: {most.says.format(most=f'{most.most:g}')}")
    return number


def read_medicine(entry: Entry, form: Form) -> None:
    """What is written as a medicine is never food; those without a known word count as supplements."""
    text = str(entry.value)
    hits = no_food(text, in_notes=False) or [("supplement", " ".join(text.split())[:60])]
    form.not_food += [NotFood(code, word, False) for code, word in hits]


def no_food(text: str, *, in_notes: bool) -> list[tuple[str, str]]:
    """The classes of what is no food that the text names, with the words."""
    hits: list[tuple[str, str]] = []
    for of in load_diaries().no_food.values():
        rule = load_feeding().safety.get(of.rule)
        if rule is not None and found(rule.but, text):
            continue
        words = {*of.words, *(rule.words if rule else ())} - (set(of.not_in_notes) if in_notes else set())
        if word := found(words, text):
            hits.append((of.id, word))
    return hits[:1]


def read_milk(entry: Entry, foods: Mapping[str, Food]) -> Milk:
    """The milk of an entry such as `5 feeds`, `600 mL`, `on demand`, `700 mL, soy, 4 feeds`. Raises FeedingInputError."""
    kind, value = entry.kind, entry.value
    details = [part.strip() for part in str(value).split(",") if part.strip()]
    feeds, ml, type_ = entry.feeds, None, entry.type
    for part in details:
        number, rest = (None, part) if part.casefold() == ON_DEMAND else leading_number(part)
        if rest.casefold().split(" ")[0] in _FEEDS:
            feeds = number
        elif number is not None and (rest or kind != BREAST):
            ml = _millilitres(part, kind)
        elif number is None and (part.casefold() != ON_DEMAND or kind != BREAST):
            type_ = part
    times = count(feeds, "breastfeeds" if kind == BREAST else "feeds")
    if ml is None and kind != BREAST:
        raise FeedingInputError(f"`{str(value)[:40]}`: write how much was drunk, such as `{kind}: 200 mL`")
    told = ml is not None or times is not None or ON_DEMAND in str(value).casefold()
    if kind == BREAST and (not told or type_ is not None):
        raise FeedingInputError(f"`{str(value)[:40]}`: write `breast: 5 feeds`, `breast: 600 mL`, or `breast: on demand`")
    return Milk(kind, None if kind == BREAST else _which(kind, type_, foods), ml, times, f"{kind}: {value}")


def _millilitres(text: str, kind: str) -> float:
    amount = parse_amount(text)
    ml = volume(amount)
    if ml is None and kind == BREAST and (g := weight(amount)) is not None:
        return g / load_diaries().breast_density  # test-weighed
    if ml is None:
        raise FeedingInputError(f"`{amount.text}`: write the mL that were drunk, such as `200 mL`")
    return ml


def _which(kind: str, type_: str | None, foods: Mapping[str, Food]) -> Food:
    """The milk of a kind: the first of it in the table, or the one whose id or name has the word."""
    of = [food for food in foods.values() if food.kind == kind]
    if type_ is None:
        return of[0]
    fit = [food for food in of if found([type_], f"{food.id} {food.name}".replace("-", " "))]
    if not fit:
        raise FeedingInputError(f"no {kind} `{type_[:40]}`; write one of {', '.join(food.id for food in of)}, or nothing")
    return fit[0]


def read_food(entry: Entry, foods: Mapping[str, Food], form: Form, age: int | None) -> Eaten | Milk | None:
    """The food of an entry, or milk that was written among the foods; None, noted, for what is no food."""
    text = entry.food
    if hits := no_food(text, in_notes=False):
        form.not_food += [NotFood(code, word, False) for code, word in hits]
        return None
    amount = parse_amount(entry.value, default_unit=entry.default_unit)
    if entry.default_unit and amount.number > load_diaries().most["pieces"].most:
        raise FeedingInputError(f"`{amount.text} {text[:40]}` has no unit; write it as `{amount.text} g {text[:40]}`")
    food = _named(text, foods)
    candidate, months = candidate_of(food), (age or 0) // ages.MONTH
    portion_g = candidate.at(months)[0] if candidate is not None and months >= STEPS[0] else None
    eaten = grams(amount, food, portion_g)
    written = f"{amount.text} {' '.join(text.split())}"
    if food.kind:
        ml = eaten.least / (food.density or 1.0)
        return Milk(food.kind, None if food.kind == BREAST else food, ml, None, written)
    return Eaten(food, eaten, " ".join(text.split()), written)


def _named(text: str, foods: Mapping[str, Food]) -> Food:
    """The food of a name; a name that is none is answered with the plain foods of plans that have its words, if any do."""
    try:
        return named(text, foods)
    except FeedingInputError:
        wanted = {token.removesuffix("s") for token in tokens(text)}
        shorts = [c.short for c in load_feeding().candidates.values()]
        near = [short for short in shorts if wanted <= {token.removesuffix("s") for token in tokens(short)}]
        if not wanted or not near:
            raise
        near.sort(key=lambda short: (tokens(short)[0].removesuffix("s") not in wanted, len(short)))
        listed = ", ".join(f"`{short}`" for short in near[:_NEAR])
        raise FeedingInputError(f"no food `{text[:60]}`; write one of {listed}, or a name of `neomag food search`") from None
