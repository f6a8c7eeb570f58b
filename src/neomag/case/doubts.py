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
    """What is said in two ways of one moment, at the last place in the file that says it."""
    together: dict[tuple[str, int], list[Event]] = {}
    for event in events:
        if event.at is not None and event.kind != "given":
            together.setdefault((event.key, event.at), []).append(event)
    for said in together.values():
        last = max(said, key=lambda e: e.seq)
        if last.kind == "lab":
            if len({(e.value, e.flag, e.suspect) for e in said}) > 1:
                yield Problem("results-conflict", last.seq, last.code)
        elif len({e.absent for e in said}) > 1:
            yield Problem("sign-contradiction", last.seq, last.code)


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
