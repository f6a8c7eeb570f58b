"""Findings of signs and conditions: ever, at the last word, in the newborn period, how long, how severe, in what order."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from neomag import ages
from neomag.case import Case, Event
from neomag.findings.kinds import Builder, Kind, Row, age, truth


def _ever(builder: Builder, index: int, params: Mapping[str, Any]) -> None:
    def seen(row: Row, event: Event, case: Case) -> None:
        del case
        if not event.absent:
            row[index] = True
        elif row[index] is None:
            row[index] = False

    builder.on(params["key"], seen)


def _now(builder: Builder, index: int, params: Mapping[str, Any]) -> None:
    since = builder.place()

    def seen(row: Row, event: Event, case: Case) -> None:
        del case
        if not event.absent:
            row[index], row[since] = True, event.at
        elif not (row[index] and row[since] == event.at):  # present and absent at one moment: present counts
            row[index] = False

    builder.on(params["key"], seen)


def _any(builder: Builder, index: int, key: str, judge: Callable[[Event, Case], bool | None]) -> None:
    """True when `judge` finds any event with this key true; else unknown when any is unknown, else false when there is one."""
    unknown = builder.place(False)

    def seen(row: Row, event: Event, case: Case) -> None:
        verdict = judge(event, case)
        if verdict:
            row[index] = True
        elif verdict is None:
            row[unknown] = True
        elif row[index] is None:
            row[index] = False

    def settle(row: Row, case: Case) -> None:
        del case
        if row[unknown] and not row[index]:
            row[index] = None

    builder.on(key, seen)
    builder.at_end.append(settle)


def _before(builder: Builder, index: int, params: Mapping[str, Any]) -> None:
    limit = ages.seconds(params["before"])

    def judge(event: Event, case: Case) -> bool | None:
        if event.absent:
            return False
        if (case.now if event.at is None else event.at) < limit:
            return True
        return None if event.at is None else False

    _any(builder, index, params["key"], judge)


def _lasting(builder: Builder, index: int, params: Mapping[str, Any]) -> None:
    """True when the condition lasted `at_least`; its onset alone only bounds that from above."""
    limit = ages.seconds(params["at_least"])

    def judge(event: Event, case: Case) -> bool | None:
        if event.absent:
            return False
        if event.lasting is not None:
            return event.lasting >= limit
        return False if event.at is not None and case.now - event.at < limit else None

    _any(builder, index, f"condition:{params['condition']}", judge)


def _graded(builder: Builder, index: int, params: Mapping[str, Any]) -> None:
    wanted = params["grade"]

    def judge(event: Event, case: Case) -> bool | None:
        del case
        if event.absent:
            return False
        return None if event.grade is None else event.grade == wanted

    _any(builder, index, f"condition:{params['condition']}", judge)


def _first(builder: Builder, index: int, params: Mapping[str, Any]) -> None:
    undated = builder.place(False)

    def seen(row: Row, event: Event, case: Case) -> None:
        del case
        if event.absent:
            return
        if event.at is None:
            row[undated] = True
        elif row[index] is None:
            row[index] = event.at

    def settle(row: Row, case: Case) -> None:
        del case
        if row[undated]:  # an undated event may have come before the first dated one
            row[index] = None

    for code in params["signs"]:
        builder.on(f"sign:{code}", seen)
    builder.at_end.append(settle)


def present_after(events: Sequence[Event] | None, moment: int) -> bool | None:
    """Whether any of these signs was present at or after `moment`.

    False only when each sign that was ever present is known to have stopped; unknown when times are.
    """
    if not events:
        return None
    open_codes: set[str] = set()
    undated = False
    for event in events:
        if event.at is None:
            undated = undated or not event.absent
            if not event.absent:
                open_codes.add(event.code)
        elif event.at >= moment:
            if not event.absent:
                return True
            open_codes.discard(event.code)
        elif not event.absent:
            open_codes.add(event.code)
    stopped = any(e.absent and e.at is not None and e.at >= moment for e in events)
    return None if undated or open_codes or not stopped else False


def _after_drug(builder: Builder, index: int, params: Mapping[str, Any]) -> None:
    signs = builder.collect(*(f"sign:{code}" for code in params["signs"]))
    doses = builder.collect(*(f"given:{code}" for code in params["drugs"]))

    def settle(row: Row, case: Case) -> None:
        del case
        given = [dose for dose in row[doses] or () if not dose.absent]
        if not given:
            row[index] = False  # events that were not written count as none
            return
        times = [dose.at for dose in given if dose.at is not None]
        after = present_after(row[signs], min(times)) if times else None
        row[index] = None if after is False and len(times) < len(given) else after

    builder.at_end.append(settle)


KINDS = {
    "sign-ever": Kind(truth, _ever),
    "sign-now": Kind(truth, _now),
    "sign-before": Kind(truth, _before),
    "lasting": Kind(truth, _lasting),
    "graded": Kind(truth, _graded),
    "first": Kind(age, _first),
    "sign-after-drug": Kind(truth, _after_drug),
}
