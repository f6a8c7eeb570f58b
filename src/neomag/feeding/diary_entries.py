"""The entries of a diary to milk and foods: amounts to mL and grams, names to foods, and what is no food set aside."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TypeVar

from neomag import ages
from neomag.feeding.day import BREAST, Eaten, Milk, NotFood
from neomag.feeding.diary_text import Entry, Written
from neomag.feeding.errors import FeedingInputError
from neomag.feeding.everyday import everyday_food
from neomag.feeding.food_groups import candidate_of
from neomag.feeding.measures import grams, leading_number, parse_amount, volume, weight
from neomag.feeding.words import found, meant, named_by
from neomag.knowledge.diaries import load_diaries
from neomag.knowledge.feeding import STEPS, Candidate, load_feeding
from neomag.knowledge.foods import Food

T = TypeVar("T")
ON_DEMAND = "on demand"
# Words that say a number counts feeds.
_FEEDS = {"feed", "feeds", "breastfeed", "breastfeeds", "bottle", "bottles"}
# What parts a text into phrases, each of which may excuse a word of its own and of no other.
_PHRASES = re.compile(r"[.,;:!?/\n]|\b(?:and|then|plus|also|after|before)\b", re.IGNORECASE)
_NOTHING = {"none", "no", "nil", "nothing", "n/a", "na", "-", "0", "no medicines", "no medicine", "keine", "aucun"}
_FROM_DAYS = "from_days"


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


def count(written: object, of: str, such: str = "") -> int | None:
    """A whole number of meals or feeds; `such` shows how it is written."""
    if written is None:
        return None
    number = int(written) if isinstance(written, str) and written.strip().isdecimal() and len(written) < 9 else written
    if isinstance(number, Decimal | float) and abs(number) < 10**6 and number == int(number):
        number = int(number)
    if isinstance(number, bool) or not isinstance(number, int) or number < 0:
        raise FeedingInputError(f"`{str(written)[:40]}`: write a whole number, such as {such or f'`{of}: 3`'}")
    most = load_diaries().most[of]
    if number > most.most:
        raise FeedingInputError(f"`{number}`: {most.says.format(most=f'{most.most:g}')}")
    return number


def read_medicine(entry: Entry, form: Form) -> None:
    """What is written as a medicine is never food; those without a known word count as supplements."""
    text = str(entry.value)
    if text.strip(" .").casefold() in _NOTHING:
        return
    hits = no_food(text, in_notes=False) or [("supplement", " ".join(text.split())[:60])]
    form.not_food += [NotFood(code, word, False) for code, word in hits]


def no_food(text: str, *, in_notes: bool) -> list[tuple[str, str]]:
    """The class of what is no food that the text names, with the word. Tofu excuses a word of its own phrase alone."""
    rules = load_feeding().rules
    for of in load_diaries().no_food.values():
        rule = rules.get(of.rule)
        common = set(of.not_in_notes) if in_notes else set[str]()
        sure = {*of.words, *(rule.always if rule else ())} - common
        word = found(sure, text)
        if word is None and rule is not None:
            doubtful = set(rule.words) - sure - common
            word = next((hit for part in _PHRASES.split(text) if (hit := meant(doubtful, rule.but, part))), None)
        if word:
            return [(of.id, word)]
    return []


def unsafe(written: Written, form: Form, age_months: int) -> list[str]:
    """What is not safe in a diary that could not be read, a line each: a warning does not wait until every line is right."""
    said, feeding = load_diaries(), load_feeding()
    lines = [said.no_food[item.code].says.format(found=item.word) for item in form.not_food]
    for where, text in [*((entry.where, entry.food) for entry in written.foods), *written.unread]:
        if (where, text) in written.unread:  # what was read is in the form
            lines += [f"{where}: {said.no_food[code].says.format(found=word)}" for code, word in no_food(text, in_notes=False)]
        lines += [
            f"{where}: {' '.join(text.split())[:40]}: {rule.says} [{', '.join(rule.sources) or 'policy'}]"
            for rule in feeding.rules.values()
            if rule.action in said.warned and rule.holds_at(age_months) and named_by(rule, text)
        ]
    return list(dict.fromkeys(lines))


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
    times = count(
        feeds,
        "breastfeeds" if kind == BREAST else "feeds",
        such="`breast: 5 feeds`" if kind == BREAST else f"`{kind}: 700 mL, 4 feeds`",
    )
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
    food, taken = everyday_food(text, foods)
    portion_g = _portion(candidate_of(food), age or 0)
    eaten = grams(amount, food, portion_g)
    written = f"{amount.text} {' '.join(text.split())}"
    if food.kind:
        ml = eaten.least / (food.density or 1.0)
        return Milk(food.kind, None if food.kind == BREAST else food, ml, None, written)
    return Eaten(food, eaten, " ".join(text.split()), written, taken)


def _portion(candidate: Candidate | None, age: int) -> float | None:
    """What a plan would serve of a candidate at an age in seconds, from the day on which food begins."""
    if candidate is None or age < load_feeding().plan["ages"][_FROM_DAYS] * ages.DAY:
        return None
    return candidate.at(max(age // ages.MONTH, STEPS[0]))[0]
