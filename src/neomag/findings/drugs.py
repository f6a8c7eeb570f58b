"""Findings of what was given: how often, how lately, before which sample."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from typing import Any

from neomag import ages
from neomag.case import Case, Event
from neomag.findings.kinds import Builder, Kind, Row, count, truth


def _doses(builder: Builder, index: int, params: Mapping[str, Any]) -> None:
    routes, within = params.get("routes"), params.get("within")
    window = None if within is None else ages.seconds(within)

    def seen(row: Row, event: Event, case: Case) -> None:
        if event.absent or (routes is not None and event.route not in routes):
            return
        # An undated dose counts: it was given at some time up to now, and missing a drug is the greater harm.
        if window is None or event.at is None or case.now - event.at <= window:
            row[index] += 1

    for code in params["drugs"]:
        builder.on(f"given:{code}", seen)


def _relative(holds: Callable[[int, int], bool]) -> Callable[[Builder, int, Mapping[str, Any]], None]:
    """Whether `holds(time of a dose, time of the last sample)` for any dose of the drugs; false when none was given."""

    def install(builder: Builder, index: int, params: Mapping[str, Any]) -> None:
        doses = builder.collect(*(f"given:{code}" for code in params["drugs"]))
        last = builder.last(params["lab"])

        def settle(row: Row, case: Case) -> None:
            del case
            given = [dose for dose in row[doses] or () if not dose.absent]
            sample = row[last]
            if not given:
                row[index] = False
            elif sample is not None and sample.at is not None:
                if any(dose.at is not None and holds(dose.at, sample.at) for dose in given):
                    row[index] = True
                elif all(dose.at is not None for dose in given):
                    row[index] = False

        builder.at_end.append(settle)

    return install


KINDS = {
    "doses": Kind(count, _doses),
    "given-before-lab": Kind(truth, _relative(operator.le)),
    "given-after-lab": Kind(truth, _relative(operator.gt)),
}
