"""A plan: how to make a row of findings from a case, in one pass over its events."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from neomag.case import Case
from neomag.findings.catalogue import KINDS, entries
from neomag.findings.kinds import AtEnd, Builder, OnEvent, Row
from neomag.knowledge import Knowledge


@dataclass(frozen=True, slots=True, eq=False)
class Plan:
    """Makes rows of the findings `names`. Only what these need is computed."""

    names: tuple[str, ...]
    blank: Row
    on_event: Mapping[str, tuple[OnEvent, ...]]
    at_end: tuple[AtEnd, ...]

    @classmethod
    def make(cls, names: tuple[str, ...], knowledge: Knowledge) -> Plan:
        """The plan for the findings `names`, which the catalogue must hold."""
        known = entries(knowledge)
        builder = Builder(knowledge)
        for name in names:
            kind, params, _ = known[name]
            builder.place(0 if KINDS[kind].signature(params, knowledge).type == "count" else None)
        for index, name in enumerate(names):
            kind, params, _ = known[name]
            KINDS[kind].install(builder, index, params)
        return cls(names, builder.row, {k: tuple(v) for k, v in builder.on_event.items()}, tuple(builder.at_end))

    def row(self, case: Case) -> Row:
        """The findings of `case` at its `now`, in the order of `names`; None is unknown."""
        row = self.blank.copy()
        on_event = self.on_event
        for event in case.events:
            for do in on_event.get(event.key, ()):
                do(row, event, case)
        for settle in self.at_end:
            settle(row, case)
        del row[len(self.names) :]
        return row

    def findings(self, case: Case) -> dict[str, Any]:
        """The findings of `case` by name."""
        return dict(zip(self.names, self.row(case), strict=True))
