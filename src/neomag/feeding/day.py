"""What a diary says of one day: milk, foods, meals, losses, and what was no food."""

from __future__ import annotations

from dataclasses import dataclass

from neomag.feeding.errors import FeedingInputError
from neomag.feeding.span import Span
from neomag.knowledge.foods import Food

BREAST, FORMULA, ANIMAL = "breast", "formula", "animal"


class DiaryError(FeedingInputError):
    """A diary that cannot be read; `problems` has a line each, with its place and what would be accepted."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("; ".join(problems))
        self.problems = tuple(problems)


@dataclass(frozen=True, slots=True)
class Milk:
    """Milk of one kind. `ml` is None for breastfeeds that were only counted; `feeds` is None when not counted."""

    kind: str
    food: Food | None
    ml: float | None
    feeds: int | None
    written: str


@dataclass(frozen=True, slots=True)
class Eaten:
    """A food, its grams, and the name and amount as written. `taken` names the food that an everyday name was taken for."""

    food: Food
    grams: Span
    name: str
    written: str
    taken: str = ""


@dataclass(frozen=True, slots=True)
class NotFood:
    """A word in the diary for what is no food: its class in diary.toml, the word, and whether it stood in the notes."""

    code: str
    word: str
    in_notes: bool


@dataclass(frozen=True, slots=True)
class Diary:
    """One day. `age` is in seconds, `age_months` in completed months; `meals` counts meals and snacks of food."""

    age: int
    age_months: int
    milk: tuple[Milk, ...]
    foods: tuple[Eaten, ...]
    meals: int | None
    weight_kg: float | None
    losses: tuple[str, ...]
    not_food: tuple[NotFood, ...]
    notes: str

    @property
    def breastfed(self) -> bool:
        """Whether any milk came from the breast."""
        return any(milk.kind == BREAST for milk in self.milk)
