"""What a baby eats now, from a diary, as half portions of the foods a plan may choose."""

from __future__ import annotations

from pathlib import Path

from neomag.feeding.diary import read_diary
from neomag.feeding.errors import FeedingInputError
from neomag.feeding.indicators import candidate_of
from neomag.knowledge.foods import FoodTable


def habit_of(path: Path, age_months: int, table: FoodTable) -> dict[str, float]:
    """Half portions a day by short name; what is no candidate of a plan is left out. Raises FeedingInputError."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise FeedingInputError(f"{path}: cannot be read: {error.strerror}") from None
    diary = read_diary(data, table.foods, name=str(path))
    found: dict[str, float] = {}
    for eaten in diary.foods:
        candidate = candidate_of(eaten.food)
        if candidate is not None:
            portion, _ = candidate.at(age_months)
            grams = eaten.grams.least
            found[candidate.short] = found.get(candidate.short, 0.0) + 2 * grams / portion
    if not found:
        raise FeedingInputError(f"{path}: holds no food that a plan could choose")
    return found
