"""What a baby eats now, from a diary, as half portions of the foods a plan may choose, and what is not safe in it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from neomag.feeding.cautions import WARNING, Said
from neomag.feeding.day import Diary, DiaryError
from neomag.feeding.diary import read_diary
from neomag.feeding.errors import FeedingInputError
from neomag.feeding.indicators import candidate_of
from neomag.feeding.intake import intake
from neomag.knowledge.feeding import STEPS
from neomag.knowledge.foods import FoodTable


def habit_of(path: Path, age_months: int, table: FoodTable) -> tuple[dict[str, float], tuple[Said, ...]]:
    """Half portions a day by short name, and the warnings of the day; what is no candidate of a plan is left out.

    Raises FeedingInputError for a diary that cannot be read, of another age, or without a food that a plan could choose; what
    is not safe in it is told even then.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise FeedingInputError(f"{path}: cannot be read: {error.strerror}") from None
    return habit_in(data, age_months, table, where=str(path), name=path.name)


def habit_in(
    data: bytes | Mapping[str, Any], age_months: int, table: FoodTable, *, where: str, name: str = ""
) -> tuple[dict[str, float], tuple[Said, ...]]:
    """The same of a diary's bytes, from a file called `name`, or of a mapping; messages say that it stands at `where`."""
    try:
        diary = read_diary(data, table.foods, name=name)
    except DiaryError as error:
        raise FeedingInputError("\n".join(f"{where}: {problem}" for problem in error.problems)) from None
    warnings = tuple(said for said in intake(diary, table).warnings if said.level == WARNING)
    if abs(diary.age_months - age_months) > 1:
        raise _refused(
            where, f"is of {diary.age_months} months and the plan of {age_months}; write a usual day of this age", warnings
        )
    found = _halves(diary, age_months)
    if not found:
        raise _refused(where, "holds no food that a plan could choose", warnings)
    return found, warnings


def _halves(diary: Diary, age_months: int) -> dict[str, float]:
    found: dict[str, float] = {}
    for eaten in diary.foods:
        candidate = candidate_of(eaten.food)
        if candidate is not None:
            portion, _ = candidate.at(max(age_months, STEPS[0]))
            found[candidate.short] = found.get(candidate.short, 0.0) + 2 * eaten.grams.least / portion
    return found


def _refused(where: str, why: str, warnings: tuple[Said, ...]) -> FeedingInputError:
    return FeedingInputError("\n".join([f"{where}: {why}", *(f"{where}: {said.text}" for said in warnings)]))
