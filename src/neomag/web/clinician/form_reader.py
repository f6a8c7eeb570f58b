"""What every part of a form needs to be read: numbers, times, choices and codes, each fault noted at its field."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from neomag import ages
from neomag.knowledge import Knowledge
from neomag.web.clinician import typed
from neomag.web.clinician.fields import Fields
from neomag.web.clinician.refused import told
from neomag.web.languages import Language

ABSENT = "absent"


@dataclass(frozen=True, slots=True)
class Fault:
    """What keeps a form from being answered: the field where it stands, and what would be accepted.

    `english` holds the words of a reader that the language of the page has none for.
    """

    field: str
    says: str
    english: str = ""


class FormReader:
    """A form being read: its faults, its doubts by field, its events, and the field that stands for each event."""

    def __init__(self, fields: Fields, language: Language, knowledge: Knowledge) -> None:
        self.fields = fields
        self.language = language
        self.knowledge = knowledge
        self.faults: list[Fault] = []
        self.cautions: dict[str, str] = {}
        self.events: list[dict[str, Any]] = []
        self.places: list[str] = []
        # The moment of asking, an age in seconds; None where it is not known.
        self.now: int | None = None

    def put(self, event: dict[str, Any], place: str) -> None:
        """Add an event, and the field where its faults are shown."""
        self.events.append(event)
        self.places.append(place)

    def fault(self, name: str, says: str) -> None:
        """Note a fault."""
        self.faults.append(Fault(name, says))

    def refused(self, name: str, reason: str) -> None:
        """Note a fault that a reader found, who says it in English."""
        found = told(reason, self.language, self.knowledge)
        self.faults.append(Fault(name, found.says, found.english))

    def rows(self, name: str) -> list[str]:
        """The names of the rows of a list."""
        return [f"{name}.{place}" for place in self.fields.rows(name)]

    def absent(self, row: str) -> Mapping[str, bool]:
        """Whether the row says that something was looked for and not there."""
        return {"absent": True} if self.fields.get(f"{row}.state") == ABSENT else {}

    def code(self, name: str, kind: str, code: str) -> bool:
        """Whether there is such a code; a form of ours has no other."""
        if code in self.knowledge.vocabulary[kind]:
            return True
        if code:
            self.fault(name, self.language.gettext("This is not known here: choose again."))
        return False

    def choice(self, name: str, allowed: tuple[str, ...]) -> str | None:
        """The choice made, None when none was."""
        value = self.fields.get(name)
        if value and value not in allowed:
            self.fault(name, self.language.gettext("This is not known here: choose again."))
        return value if value in allowed else None

    def number(self, name: str) -> str | None:
        """The number typed into a field, None when it is empty or cannot be read."""
        if not typed.plain(self.fields.get(name)):
            return None
        try:
            return typed.number(self.fields.get(name), self.language)
        except typed.TypedError as error:
            self.fault(name, str(error))
            return None

    def span(self, name: str, unit: str) -> int | None:
        """The time typed into a field in seconds, None when it is empty or cannot be read."""
        if not typed.plain(self.fields.get(name)):
            return None
        try:
            return typed.span(self.fields.get(name), unit, self.language)
        except typed.TypedError as error:
            self.fault(name, str(error))
            return None

    def moment(self, name: str) -> dict[str, str]:
        """When something was: hours before now, or `birth`, as an age. Empty when it is not known."""
        if typed.plain(self.fields.get(name)).lower() == "birth":
            return {"at": "birth"}
        before = self.span(name, "h")
        if before is None or self.now is None:
            return {}
        if before > self.now:
            self.fault(name, self.language.gettext("That is before birth."))
            return {}
        return {"at": ages.written(self.now - before)}

    def at(self, place: str) -> str:
        """The field at which a fault of the case's reader is shown."""
        head, _, key = place.partition(".")
        if head.startswith("events["):
            where = self.places[int(head[7:-1])]
            return f"{where}.{key}" if key and f"{where}.{key}" in dict(self.fields.pairs()) else where
        if head == "intervals":
            code, _, side = key.partition(".")
            row = next((r for r in self.rows("intervals") if self.fields.get(f"{r}.lab") == code), "intervals.0")
            return f"{row}.{side or 'low'}"
        return {"infant": key.replace("_", "-"), "now": "age", "": "age"}.get(head, head)
