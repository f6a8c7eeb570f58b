"""What a parent wrote into the form of the sheet, read: answers, measures and counts, and what cannot be read."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from litestar import Request

from neomag.ages import SECONDS
from neomag.knowledge.caregiver import Caregiver, Reply, load_caregiver
from neomag.web.tapped import Count, from_number, from_times

MOST_LINE, MOST_WORDS = 120, 500
# How fast the film was played, by the choice of the form; slow motion of an unknown kind has no speed.
SPEEDS: Mapping[str, float | None] = {"1": 1.0, "0.5": 0.5, "0.25": 0.25, "slow": None}
AGE_UNITS = ("d", "wk", "mo")
ROWS = 2
_MOST_TAPS, _MOST_AGE = 2_000, 20 * SECONDS["y"]
Fields = Mapping[str, Sequence[str]]


@dataclass(frozen=True, slots=True)
class Given:
    """The form as it was read. `age` and `lasted` are seconds, `age_number` is the age in `age_unit` as it was written;
    what was not given is None or missing.

    `faults` are names of fields with the kind of fault: number, count, long, temperature. `fields` is the form as it came.
    """

    fields: Fields
    replies: Mapping[str, tuple[Reply, ...]]
    words: Mapping[str, str]
    age: float | None
    lasted: float | None
    celsius: float | None
    counts: tuple[Count, ...]
    not_so_long: bool
    age_number: float
    age_unit: str
    faults: Mapping[str, str]

    def value(self, name: str, row: int = 0) -> str:
        """What was written into a field."""
        values = self.fields.get(name, ())
        return values[row] if row < len(values) else ""

    @property
    def answered(self) -> bool:
        """Whether anything was answered, measured, counted or written, also what cannot be read."""
        measured = (self.age, self.lasted, self.celsius)
        return bool(self.replies or self.words or self.counts or self.faults) or any(one is not None for one in measured)

    def chose(self, question: str, reply: str) -> bool:
        """Whether an answer was given."""
        return any(found.id == reply for found in self.replies.get(question, ()))


# What else the form has beside the questions and the texts.
_OTHERS = (
    "age", "age_unit", "minutes", "seconds_long", "temperature", "temperature_unit", "taps", "count", "seconds", "speed",
    "really",
)  # fmt: skip


def own_fields(given: Given) -> list[tuple[str, str]]:
    """The fields of the form that are its own, as they came: with them it can be filled again without being kept anywhere."""
    sheet = load_caregiver().sheet
    names = (*_OTHERS, *(f"q.{name}" for name in sheet.questions), *(f"t.{name}" for name in sheet.words))
    return [(name, value) for name in names for value in given.fields.get(name, ())]


async def fields_of(request: Request[Any, Any, Any]) -> Fields:
    """The fields of a posted form, each with its values in their order; files are left out."""
    form = await request.form()
    return {name: [value for value in form.getall(name) if isinstance(value, str)] for name in form}


def read(fields: Fields) -> Given:
    """The form, read. Nothing is refused here: `faults` says what could not be read."""
    known, faults = load_caregiver(), dict[str, str]()
    minutes = _number(fields, "minutes", faults, SECONDS["d"], SECONDS["min"])
    seconds = _number(fields, "seconds_long", faults, SECONDS["h"])
    speed = SPEEDS.get(_one(fields, "speed") or "1", 1.0)
    not_so_long = _one(fields, "really") == "no"
    return Given(
        fields=fields,
        replies=_replies(fields, known),
        words=_words(fields, known, faults),
        age=_age(fields, faults),
        age_number=_float(_one(fields, "age")) or 0.0,
        age_unit=_age_unit(fields),
        lasted=None if minutes is None and seconds is None else (minutes or 0.0) + (seconds or 0.0),
        celsius=_celsius(fields, known, faults),
        counts=tuple(_counts(fields, None if not_so_long else speed, known, faults)),
        not_so_long=not_so_long,
        faults=faults,
    )


def _one(fields: Fields, name: str) -> str:
    return next(iter(fields.get(name, ())), "").strip()


def _float(text: str) -> float | None:
    """A plain number, with a point or a comma; None for anything else."""
    if not re.fullmatch(r"\d{1,7}(?:[.,]\d{1,6})?", text):
        return None
    return float(text.replace(",", "."))


def _number(fields: Fields, name: str, faults: dict[str, str], most: float, of: int = 1) -> float | None:
    """A number of a field in units of `of`; a fault where it is none, or more than `most`."""
    text = _one(fields, name)
    if not text:
        return None
    found = _float(text)
    if found is None or found * of > most:
        faults[name] = "number"
        return None
    return found * of


def _age(fields: Fields, faults: dict[str, str]) -> float | None:
    return _number(fields, "age", faults, _MOST_AGE, SECONDS[_age_unit(fields)])


def _age_unit(fields: Fields) -> str:
    unit = _one(fields, "age_unit")
    return unit if unit in AGE_UNITS else AGE_UNITS[0]


def _replies(fields: Fields, known: Caregiver) -> dict[str, tuple[Reply, ...]]:
    found: dict[str, tuple[Reply, ...]] = {}
    for question in known.sheet.questions.values():
        asked = [question.replies[value] for value in fields.get(f"q.{question.id}", ()) if value in question.replies]
        if asked:
            found[question.id] = tuple(dict.fromkeys(asked)) if question.many else (asked[0],)
    return found


def _words(fields: Fields, known: Caregiver, faults: dict[str, str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for text in known.sheet.words.values():
        said = " ".join(_one(fields, f"t.{text.id}").split())
        if len(said) > (MOST_WORDS if text.long else MOST_LINE):
            faults[f"t.{text.id}"] = "long"
        elif said:
            found[text.id] = said
    return found


def _celsius(fields: Fields, known: Caregiver, faults: dict[str, str]) -> float | None:
    text = _one(fields, "temperature")
    if not text:
        return None
    found, (low, high) = _float(text), known.sheet.celsius
    if found is not None and _one(fields, "temperature_unit") == "F":
        found = (found - 32) * 5 / 9
    # To the tenth that a thermometer shows: 100.4 °F is 38.0 °C.
    found = None if found is None else round(found, 1)
    if found is None or not low <= found <= high:
        faults["temperature"] = "temperature"
        return None
    return found


def _counts(fields: Fields, speed: float | None, known: Caregiver, faults: dict[str, str]) -> list[Count]:
    found: list[Count] = []
    for row in range(ROWS):
        taps, number, seconds = (_at(fields, name, row) for name in ("taps", "count", "seconds"))
        times = _times(taps)
        if times is not None:
            found.append(from_times(times, speed, known.tapping))
        elif number or seconds:
            count, length = _float(number), _float(seconds)
            if count is None or not count.is_integer() or not length or count > _MOST_TAPS:
                faults[f"count.{row + 1}"] = "count"
            elif count:
                found.append(from_number(int(count), length, speed, known.tapping))
    return found


def _at(fields: Fields, name: str, row: int) -> str:
    values = fields.get(name, ())
    return values[row].strip() if row < len(values) else ""


def _times(text: str) -> list[float] | None:
    """The times of taps, in seconds: rising whole milliseconds with commas between; None for anything else."""
    parts = text.split(",")
    if not text or len(parts) > _MOST_TAPS or not all(re.fullmatch(r"\d{1,7}", part) for part in parts):
        return None
    times = [int(part) / 1000 for part in parts]
    return times if all(before <= after for before, after in pairwise(times)) else None
