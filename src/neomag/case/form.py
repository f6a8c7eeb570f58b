"""What every reader of a case needs: noting refusals with their place, and reading keys, choices, spans and moments."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from neomag import ages
from neomag.case.model import Problem
from neomag.knowledge import Knowledge
from neomag.nearest import nearest


def shown(value: object) -> str:
    """A refused value, short enough for one line."""
    text = str(value)
    text = " ".join(text.split())
    return f"`{text[:40]}…`" if len(text) > 40 else f"`{text}`"


def listed(names: Sequence[str]) -> str:
    """What would be accepted, in one line."""
    return ", ".join(names)


# To find the nearest word takes a millisecond: a file of nothing but mistakes must not take minutes to refuse.
_MOST_HINTS = 100


class Form:
    """A form being read: collects refusals and doubts, and knows the birth date that date-times count from."""

    def __init__(self, knowledge: Knowledge):
        self.knowledge = knowledge
        self.refused: list[str] = []
        self.places: list[str] = []
        self.doubts: list[Problem] = []
        self.born: datetime | None = None
        # Whether a result may stand with neither number nor flag: a record says that it was measured and no more.
        self.numberless = False

    def refuse(self, where: str, why: str) -> None:
        """Note that the case is refused, where and why."""
        self.refused.append(f"{where}: {why}" if where else why)
        self.places.append(where)

    def keys(self, where: str, given: Mapping[str, Any], allowed: Sequence[str]) -> None:
        """Refuse the keys of `given` that are not among `allowed`, naming the nearest."""
        for key in given:
            if key not in allowed:
                near = nearest(str(key), allowed) if len(self.refused) < _MOST_HINTS else None
                hint = f"; is it `{near}`?" if near else ""
                self.refuse(where, f"unknown key {shown(key)}{hint} Accepted: {listed(allowed)}")

    def choice(self, where: str, value: object, allowed: Sequence[str]) -> str | None:
        """`value` when it is one of `allowed`; None, with a refusal, when it is something else."""
        if value is None:
            return None
        if isinstance(value, str) and value in allowed:
            return value
        near = nearest(str(value), allowed)
        hint = f" (nearest: `{near}`)" if near else ""
        self.refuse(where, f"{shown(value)} is not accepted{hint}; write one of {listed(allowed)}")
        return None

    def truth(self, where: str, value: object) -> bool:
        """true or false; absent is false."""
        if value is None or isinstance(value, bool):
            return bool(value)
        self.refuse(where, "write true or false")
        return False

    def unknown_code(self, where: str, kind: str, code: object) -> None:
        """Refuse a code that the vocabulary does not hold, naming the nearest, also by what people call it."""
        if len(self.refused) >= _MOST_HINTS:
            self.refuse(where, f"unknown {kind} {shown(code)}")
            return
        terms = self.knowledge.vocabulary[{"given": "drug"}.get(kind, kind)]
        names = {term.code: term.code for term in terms.values()}
        names.update({word.lower(): term.code for term in terms.values() for word in term.also_said})
        near = nearest(str(code).lower(), names, 0.5)
        hint = f"the nearest is `{names[near]}`" if near else f"see vocabulary.csv, kind {kind}"
        self.refuse(where, f"unknown {kind} {shown(code)}; {hint}")

    def moment(self, where: str, value: object) -> datetime | None:
        """A date and time in ISO 8601."""
        form = "write a date and time such as `2026-01-03T04:10+00:00`"
        try:
            if not isinstance(value, str) or len(value) < 13:
                raise ValueError
            return datetime.fromisoformat(value)
        except ValueError:
            self.refuse(where, f"{shown(value)} is not a date and time; {form}")
            return None

    def time(self, where: str, value: object, *, needed: bool = False) -> int:
        """An age in seconds; -1 (with a refusal noted) when it cannot be read."""
        try:
            if value is None and needed:
                raise ValueError(f"missing; write {ages.AGE_FORM}")
            if not isinstance(value, str):
                raise ValueError(f"not an age; write {ages.AGE_FORM}")
            if self.born is None or not value[:4].isdecimal() or "-" not in value:
                return ages.seconds(value)
            instant = self.moment(where, value)
            if instant is None:
                return -1
            if (instant.tzinfo is None) != (self.born.tzinfo is None):
                raise ValueError("give `born` and every date-time a zone (+00:00), or none of them")
            age = round((instant - self.born).total_seconds())
            if not 0 <= age <= ages.OLDEST:
                raise ValueError("is before birth" if age < 0 else "is too long after birth")
            return age
        except ValueError as error:
            hint = "" if self.born or "-" not in str(value) else " (date-times need `infant.born`)"
            self.refuse(where, f"{'' if value is None else shown(value) + ': '}{error}{hint}")
            return -1

    def span(self, where: str, value: object) -> int | None:
        """A span of time in seconds."""
        if value is None:
            return None
        try:
            if not isinstance(value, str):
                raise ValueError("write a span with its unit, such as `16 d` or `10 min`")
            return ages.seconds(value)
        except ValueError as error:
            self.refuse(where, f"{shown(value)}: {error}")
            return None
