"""Findings of signs and conditions: ever, at the last word, in the newborn period, how long, how severe, in what order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
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


def _before(builder: Builder, index: int, params: Mapping[str, Any]) -> None:
    limit = ages.seconds(params["before"])
    maybe = builder.place(False)

    def seen(row: Row, event: Event, case: Case) -> None:
        if event.absent:
            if row[index] is None:
                row[index] = False
        elif (case.now if event.at is None else event.at) < limit:
            row[index] = True
        elif event.at is None:
            row[maybe] = True
        elif row[index] is None:
            row[index] = False

    def settle(row: Row, case: Case) -> None:
        del case
        if row[maybe] and not row[index]:
            row[index] = None

    builder.on(params["key"], seen)
    builder.at_end.append(settle)


def _lasting(builder: Builder, index: int, params: Mapping[str, Any]) -> None:
    """True when the condition lasted `at_least`; its onset alone only bounds that from above."""
    limit = ages.seconds(params["at_least"])
    maybe = builder.place(False)

    def seen(row: Row, event: Event, case: Case) -> None:
        if event.absent:
            if row[index] is None:
                row[index] = False
            return
        longest = event.lasting
        if longest is None and event.at is not None:
            longest = case.now - event.at
        if event.lasting is not None and event.lasting >= limit:
            row[index] = True
        elif longest is not None and longest < limit:
            if row[index] is None:
                row[index] = False
        elif row[index] is not True:
            row[maybe] = True

    def settle(row: Row, case: Case) -> None:
        del case
        if row[maybe] and not row[index]:
            row[index] = None

    builder.on(f"condition:{params['condition']}", seen)
    builder.at_end.append(settle)


def _graded(builder: Builder, index: int, params: Mapping[str, Any]) -> None:
    wanted = params["grade"]
    maybe = builder.place(False)

    def seen(row: Row, event: Event, case: Case) -> None:
        del case
        if event.grade == wanted and not event.absent:
            row[index] = True
        elif event.grade is None and not event.absent:
            row[maybe] = True
        elif row[index] is None:
            row[index] = False

    def settle(row: Row, case: Case) -> None:
        del case
        if row[maybe] and not row[index]:
            row[index] = None

    builder.on(f"condition:{params['condition']}", seen)
    builder.at_end.append(settle)


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
