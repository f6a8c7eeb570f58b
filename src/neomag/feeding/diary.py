"""A diary of one day: milk, foods with amounts, meals, and what else was written. From YAML, JSON or plain lines.

Every line that cannot be read is named with its place and what would be accepted; nothing is guessed and nothing is dropped.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, cast

from neomag import ages
from neomag.feeding.day import ANIMAL, BREAST, FORMULA, Diary, DiaryError, Eaten, Milk, NotFood
from neomag.feeding.diary_entries import Form, count, no_food, read_food, read_medicine, read_milk, unsafe
from neomag.feeding.diary_text import read_text
from neomag.feeding.errors import FeedingInputError
from neomag.feeding.measures import parse_amount, weight
from neomag.knowledge.diaries import load_diaries
from neomag.knowledge.feeding import STEPS
from neomag.knowledge.foods import Food
from neomag.nearest import hint

__all__ = ["ANIMAL", "BREAST", "FORMULA", "Diary", "DiaryError", "Eaten", "Milk", "NotFood", "read_diary"]
_MONTHS_FORM = "write the age, such as `age: 8 mo`, or give the age beside the diary, such as 8mo"


def read_diary(data: bytes | Mapping[str, Any], foods: Mapping[str, Food], *, name: str = "", age: str | None = None) -> Diary:
    """The diary in `data`, the bytes of a file called `name` or a mapping; `age` is what is said beside it, as by --age.

    Raises DiaryError with every problem.
    """
    form = Form()
    written = read_text(data, name, form.problems)
    if written is None:
        raise DiaryError(form.problems)
    seconds = form.read("age", lambda: _age(written.get("age"), age))
    kg = form.read("weight", lambda: _weight(written.get("weight")))
    meals = form.read("meals", lambda: count(written.get("meals"), "meals"))
    losses = form.read("losses", lambda: _losses(written.get("losses")))
    notes = " ".join(str(written.get("notes") or "").split())
    for entry in written.medicines:
        read_medicine(entry, form)
    for code, word in no_food(notes, in_notes=True):
        form.not_food.append(NotFood(code, word, True))
    milk = [m for entry in written.milk if (m := form.read(entry.where, lambda e=entry: read_milk(e, foods)))]
    eaten: list[Eaten] = []
    for entry in written.foods:
        item = form.read(entry.where, lambda e=entry: read_food(e, foods, form, seconds))
        if isinstance(item, Eaten):
            eaten.append(item)
        elif item is not None:
            milk.append(item)
    if not form.problems and not milk and not eaten:
        form.problems.append("no milk and no food in the diary; write lines such as `breast: 5 feeds` and `60 g banana`")
    form.problems += _too_much(milk, eaten)
    if form.problems or seconds is None:
        form.problems += unsafe(written, form, STEPS[0] if seconds is None else seconds // ages.MONTH)
        raise DiaryError(sorted(form.problems, key=_line))
    return Diary(
        seconds, seconds // ages.MONTH, tuple(milk), tuple(eaten), meals, kg, losses or (), tuple(form.not_food), notes
    )  # fmt: skip


def _line(problem: str) -> int:
    """The number of the line a problem names, 0 for none, so that problems stand in the order of the diary."""
    match = re.match(r"line (\d+):", problem)
    return int(match[1]) if match else 0


def _age(written: object, given: str | None) -> int:
    limit = load_diaries()
    of = [_seconds(str(text)) for text in (written, given) if text is not None]
    if not of:
        raise FeedingInputError(f"missing; {_MONTHS_FORM}")
    if len(set(of)) > 1:
        raise FeedingInputError(f"the diary says {written} and --age says {given}; write one")
    if not limit.from_months * ages.MONTH <= of[0] <= limit.to_months * ages.MONTH:
        raise FeedingInputError(f"{written or given} is outside {limit.from_months} to {limit.to_months} months")
    return of[0]


def _seconds(text: str) -> int:
    try:
        return ages.seconds(text)
    except ValueError as error:
        raise FeedingInputError(f"`{text[:40]}`: {error}") from None


def _weight(written: object) -> float | None:
    if written is None:
        return None
    of = load_diaries().weight
    g = weight(parse_amount(written))
    if g is None or not of.kg <= g / 1000 <= of.most_kg:
        raise FeedingInputError(of.says.format(least=f"{of.kg:g}", most=f"{of.most_kg:g}") + "; write it as `8.2 kg`")
    return g / 1000


def _losses(written: object) -> tuple[str, ...]:
    said = load_diaries().losses
    parts = cast("list[object]", written) if isinstance(written, list) else str(written or "").split(",")
    codes: list[str] = []
    for part in parts:
        text = str(part).strip().casefold()
        if text in {"", "none", "no"}:
            continue
        code = next((loss.id for loss in said.values() if text == loss.id or text in loss.spellings), None)
        if code is None:
            raise FeedingInputError(
                f"`{text[:40]}` is not known{hint(text, said)}; write one of {', '.join(said)}, or put it under notes"
            )
        codes.append(code)
    return tuple(dict.fromkeys(codes))


def _too_much(milk: list[Milk], eaten: list[Eaten]) -> list[str]:
    """Problems of amounts that no infant's day has."""
    most = load_diaries().most
    problems: list[str] = []

    def over(what: str, value: float, of: str) -> None:
        if value > most[of].most:
            problems.append(f"{what}: {value:.6g}: {most[of].says.format(most=f'{most[of].most:g}')}")

    by_food: dict[str, float] = {}
    for item in eaten:
        by_food[item.food.name] = by_food.get(item.food.name, 0.0) + item.grams.least
    for food, g in by_food.items():
        over(food, g, "one-food")
    if not problems:
        over("food in all", sum(by_food.values()), "food")
    over("milk in all", sum(m.ml or 0.0 for m in milk), "fluid")
    return problems
