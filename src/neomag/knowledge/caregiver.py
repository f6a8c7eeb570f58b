"""What is said to parents: danger signs, how to film, the sheet for the doctor. Plain words for what stands elsewhere.

Read only by the pages for parents. Spans of time are seconds, temperatures degrees Celsius.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from neomag.ages import seconds
from neomag.knowledge.loader import directory
from neomag.knowledge.tables import read_toml


@dataclass(frozen=True, slots=True)
class DangerSign:
    """A sign with which help is called at once. `signs` are the codes of the vocabulary that it stands for.

    `before` is an age below which it holds; `longest` and `longest_newborn` how long an event may last;
    `from_celsius` and `to_celsius` where a temperature is fever or cold. `when` are answers of the sheet, by question,
    that mean it together.
    """

    id: str
    says: str
    short: str
    signs: tuple[str, ...]
    before: int | None = None
    longest: int | None = None
    longest_newborn: int | None = None
    from_celsius: float | None = None
    to_celsius: float | None = None
    when: Mapping[str, str] = field(default_factory=dict[str, str])


@dataclass(frozen=True, slots=True)
class Number:
    """An emergency number, and where it is one; in the languages `tongues` it stands first."""

    id: str
    says: str
    number: str
    tongues: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer that a parent may give: the sign or condition of the vocabulary and the danger sign that it stands for."""

    id: str
    says: str
    sign: str | None = None
    condition: str | None = None
    danger: str | None = None


@dataclass(frozen=True, slots=True)
class Question:
    """A question of the sheet, `short` its name there. `many`: more than one answer may be true."""

    id: str
    group: str
    says: str
    short: str
    many: bool
    replies: Mapping[str, Reply]


@dataclass(frozen=True, slots=True)
class Words:
    """What a parent writes in words of their own; `long` asks for more than a line."""

    id: str
    group: str
    says: str
    short: str
    long: bool


@dataclass(frozen=True, slots=True)
class Tapping:
    """How a tapped count is read: below `fewest` taps there is no rate; above `fastest` a second jerks may be missed; where the
    middle half of the gaps spans more than the share `widest` of the middle gap, they are uneven."""

    fewest: int
    fastest: float
    widest: float


@dataclass(frozen=True, slots=True, eq=False)
class Sheet:
    """The sheet for the doctor: its groups and questions in their order, and what it says by itself.

    `measures` are what is counted: age, length, temperature. `celsius` bounds what can be a temperature.
    """

    groups: Mapping[str, str]
    questions: Mapping[str, Question]
    words: Mapping[str, Words]
    measures: Mapping[str, Words]
    celsius: tuple[float, float]
    not_known: str
    always: Mapping[str, str]
    urgency: Mapping[str, str]


@dataclass(frozen=True, slots=True, eq=False)
class Caregiver:
    """What is said to parents, by the file it stands in. `said` are sentences by their name, `notes` what the sheet
    says of a count.

    `feeding`, `foods` and `article` are the plain words of tables elsewhere, as they are written.
    """

    said: Mapping[str, str]
    signs: Mapping[str, DangerSign]
    numbers: tuple[Number, ...]
    film: Mapping[str, Mapping[str, str]]
    notes: Mapping[str, str]
    tapping: Tapping
    sheet: Sheet
    feeding: Mapping[str, Any]
    foods: Mapping[str, Any]
    article: Mapping[str, Any]

    @property
    def newborn_before(self) -> int:
        """The age below which a baby is a newborn, whose every event is a reason to call."""
        return self.signs["newborn"].before or 0


def load_caregiver(folder: Path | None = None) -> Caregiver:
    """What is said to parents, of `folder` (by default the knowledge in force). Raises KeyError for what is missing."""
    return _read((folder or directory()) / "caregiver")


@cache
def _read(folder: Path) -> Caregiver:
    danger, film = read_toml(folder / "danger.toml"), read_toml(folder / "film.toml")
    numbers = read_toml(folder / "numbers.toml")
    tap = film["tap"]
    return Caregiver(
        said={name: of["says"] for name, of in danger.items() if name != "sign"}
        | {name: film[name]["says"] for name in ("why", "first")},
        signs={name: _sign(name, of) for name, of in danger["sign"].items()},
        numbers=tuple(Number(name, of["says"], of["number"], tuple(of.get("tongues", ()))) for name, of in numbers.items()),
        film={part: {name: of["says"] for name, of in film[part].items()} for part in ("how", "try", "tap")},
        notes={name: of["short"] for name, of in tap.items() if "short" in of},
        tapping=Tapping(tap["few"]["fewest"], tap["fast"]["fastest"], tap["uneven"]["widest"]),
        sheet=_sheet(read_toml(folder / "sheet.toml")),
        feeding=read_toml(folder / "feeding.toml"),
        foods=read_toml(folder / "foods.toml"),
        article=read_toml(folder / "article.toml"),
    )


def _sign(name: str, of: Mapping[str, Any]) -> DangerSign:
    spans = {key: seconds(of[key]) for key in ("before", "longest", "longest_newborn") if key in of}
    return DangerSign(
        name, of["says"], of["short"], tuple(of["signs"]), **spans, from_celsius=of.get("from_celsius"),
        to_celsius=of.get("to_celsius"), when=of.get("when", {}),
    )  # fmt: skip


def _sheet(table: Mapping[str, Any]) -> Sheet:
    questions = {
        name: Question(
            name, of["group"], of["says"], of["short"], of.get("many", False),
            {reply: Reply(reply, **fields) for reply, fields in of["answer"].items()},
        )
        for name, of in table["question"].items()
    }  # fmt: skip
    heat = table["measure"]["temperature"]
    return Sheet(
        groups=table["groups"],
        questions=questions,
        words=_words(table["text"]),
        measures=_words(table["measure"]),
        celsius=(float(heat["least_celsius"]), float(heat["most_celsius"])),
        not_known=table["not_known"]["says"],
        always={name: of["says"] for name, of in table["always"].items()},
        urgency={name: of["says"] for name, of in table["urgency"].items()},
    )


def _words(table: Mapping[str, Any]) -> dict[str, Words]:
    return {name: Words(name, of["group"], of["says"], of["short"], of.get("long", False)) for name, of in table.items()}
