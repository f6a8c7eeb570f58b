"""What every kind of finding answers: what type of value it has, and how it is made of a case's events."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from neomag.case import Case, Event
from neomag.knowledge import Knowledge, Signature

Row = list[Any]
OnEvent = Callable[[Row, Event, Case], None]
AtEnd = Callable[[Row, Case], None]

TRUTH = Signature("truth")
COUNT = Signature("count")


@dataclass(slots=True)
class Builder:
    """Collects what a plan does: per kind of event, and once at the end. Places of the row beyond the findings are scratch."""

    knowledge: Knowledge
    row: Row = field(default_factory=list[Any])
    on_event: dict[str, list[OnEvent]] = field(default_factory=dict[str, list[OnEvent]])
    at_end: list[AtEnd] = field(default_factory=list[AtEnd])
    shared: dict[Any, int] = field(default_factory=dict[Any, int])

    def place(self, start: Any = None) -> int:
        """A fresh place in the row that holds `start` before the first event."""
        self.row.append(start)
        return len(self.row) - 1

    def on(self, key: str, do: OnEvent) -> None:
        """Do something at each event with this key (`sign:apnoea`), in order of time."""
        self.on_event.setdefault(key, []).append(do)

    def collect(self, *keys: str) -> int:
        """A scratch place that holds the list of all events with these keys, or None when there is none."""
        name = ("collect", *keys)
        if name not in self.shared:
            self.shared[name] = where = self.place()

            def add(row: Row, event: Event, case: Case) -> None:
                del case
                if row[where] is None:
                    row[where] = [event]
                else:
                    row[where].append(event)

            for key in keys:
                self.on(key, add)
        return self.shared[name]

    def last(self, code: str) -> int:
        """A scratch place that holds the last result of lab `code`: by time, then by place in the file; undated ones first."""
        name = ("last", code)
        if name not in self.shared:
            self.shared[name] = where = self.place()

            def replace(row: Row, event: Event, case: Case) -> None:
                del case
                row[where] = event

            self.on(f"lab:{code}", replace)
        return self.shared[name]


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of finding. `params` are those of its entry in findings.toml, or made from a code of the vocabulary."""

    signature: Callable[[Mapping[str, Any], Knowledge], Signature]
    install: Callable[[Builder, int, Mapping[str, Any]], None]


def truth(params: Mapping[str, Any], knowledge: Knowledge) -> Signature:
    """The signature of kinds that are truths."""
    del params, knowledge
    return TRUTH


def count(params: Mapping[str, Any], knowledge: Knowledge) -> Signature:
    """The signature of kinds that are counts."""
    del params, knowledge
    return COUNT


def age(params: Mapping[str, Any], knowledge: Knowledge) -> Signature:
    """The signature of kinds that are ages or spans, in seconds."""
    del params, knowledge
    return Signature("quantity", unit="s")


def of_analyte(params: Mapping[str, Any], knowledge: Knowledge) -> Signature:
    """The signature of kinds that are amounts of the analyte named by `lab`, in its canonical unit."""
    analyte = knowledge.analytes[params["lab"]]
    return Signature("quantity", unit=analyte.canonical, analyte=analyte.code)
