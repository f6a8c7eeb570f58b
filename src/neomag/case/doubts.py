"""Doubts about a case that was read: what contradicts itself is named, kept, and never settled by a guess."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from neomag.case.model import Event, Infant, Problem
from neomag.knowledge import Knowledge


def doubts(infant: Infant, events: Sequence[Event], knowledge: Knowledge) -> list[Problem]:
    """Every contradiction in the events (any order) of an infant, as problems in order of their place in the file."""
    found = [*_moments(events), *_pairs(infant, events, knowledge.tables.get("contradictions", {}))]
    return sorted(found, key=lambda p: (p.event is None, p.event or 0))


def _moments(events: Sequence[Event]) -> Iterator[Problem]:
    seen: dict[tuple[str, int], Event] = {}
    for event in sorted(events, key=lambda e: e.seq):
        if event.at is None or event.kind == "given":
            continue
        before = seen.setdefault((event.key, event.at), event)
        if event.kind == "lab":
            if (before.value, before.flag) != (event.value, event.flag) or before.suspect != event.suspect:
                yield Problem("results-conflict", event.seq, event.code)
        elif before.absent != event.absent:
            yield Problem("sign-contradiction", event.seq, event.code)


def _pairs(infant: Infant, events: Sequence[Event], table: Mapping[str, Any]) -> Iterator[Problem]:
    present = {(e.kind, e.code): e for e in events if not e.absent}
    for pair in table.values():
        says = pair["says"]
        if "signs" in pair:
            both = [present.get(("sign", code)) for code in pair["signs"]]
            if all(both) and len({e.at for e in both if e}) == 1:
                yield Problem("contradiction", max(e.seq for e in both if e), says)
        elif "condition" in pair:
            event = present.get(("condition", pair["condition"]))
            if event and infant.gestation is not None and infant.gestation >= pair["gestation_at_least_weeks"]:
                yield Problem("contradiction", event.seq, says)
        else:
            for event in events:
                if event.kind == "given" and event.code in pair["drugs"] and _odd(event, pair):
                    yield Problem("contradiction", event.seq, says)


def _odd(event: Event, pair: Mapping[str, Any]) -> bool:
    if "percent" in pair:
        return event.concentration is not None and float(event.concentration) != pair["percent"]
    return event.route in pair["routes"]
