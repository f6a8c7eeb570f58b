"""What is asked of a plan, as texts and numbers: the same for the command line and for HTTP."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from neomag import ages
from neomag.feeding.errors import AskedError, FeedingInputError
from neomag.feeding.measures import parse_amount, weight
from neomag.feeding.request import Request
from neomag.knowledge.feeding import load_feeding


def request_asked(given: Mapping[str, Any], said: Callable[[str], str]) -> Request:
    """The request that the fields `given` ask for; what is not given takes its default. `said` is what the asker calls a field.

    Fields: age, milk, milk_amount, diet, authority, fill, iron, zinc and weight are texts, exclude and without_target lists of
    them, days a whole number, budget a number, fortified and seldom truths. Raises AskedError with every fault of form.
    """
    faults: list[tuple[str, str]] = []
    months, kg = 0, None
    try:
        months = _months(given["age"], said("age"))
    except FeedingInputError as error:
        faults.append(("age", str(error)))
    try:
        kg = _kg(given.get("weight"), said("weight"))
    except FeedingInputError as error:
        faults.append(("weight", str(error)))
    if faults:
        raise AskedError(faults)
    names = ("milk", "milk_amount", "days", "diet", "fortified", "seldom", "authority", "fill", "iron", "zinc", "budget")
    plain = {name: given[name] for name in names if given.get(name) is not None}
    return Request(
        age_months=months, exclude=tuple(given.get("exclude") or ()),
        without=tuple(name.replace("-", "_") for name in given.get("without_target") or ()), weight_kg=kg, **plain,
    )  # fmt: skip


def _months(text: str, said: str) -> int:
    """Completed months; a child of 180 days is read as one of six months, which is when food begins."""
    try:
        age = ages.seconds(text)
    except ValueError as error:
        raise FeedingInputError(f"{said}: {error}") from None
    begins = load_feeding().plan["ages"]
    months = age // ages.MONTH
    return begins["from_months"] if months < begins["from_months"] and age >= begins["from_days"] * ages.DAY else months


def _kg(text: str | None, said: str) -> float | None:
    if not text:
        return None
    grams = weight(parse_amount(text))
    if grams is None:
        raise FeedingInputError(f"{said}: write it such as `8.2 kg`")
    return grams / 1000
