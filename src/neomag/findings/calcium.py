"""The course of calcium: were there two adequate IV doses, and did events or a low calcium go on after the second?

Each dose is adequate, not adequate, or unknown (no amount, no route, a salt not stated); each time is known or not. What
follows is kept three-valued: `calcium_two_doses` is true only when two certainly adequate doses lie far enough apart,
and false only when even the doubtful ones cannot make two.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from neomag import ages
from neomag.case import Case, Event
from neomag.findings.kinds import Builder, Kind, Row, truth
from neomag.findings.labs import state_of
from neomag.findings.signs import present_after


def adequate(dose: Event, case: Case, params: Mapping[str, Any]) -> bool | None:
    """Whether a dose is IV and at least the adequate amount; None where that cannot be told."""
    if dose.route is not None and dose.route not in params["routes"]:
        return False
    enough = _enough(dose, case, params["drugs"][dose.code])
    return enough if dose.route is not None or enough is False else None


def _enough(dose: Event, case: Case, drug: Mapping[str, Any]) -> bool | None:
    if dose.dose is None or dose.dose_unit is None:
        return None
    amount, *per = dose.dose_unit.split("/")
    value = float(dose.dose)
    if per == []:
        weight = case.infant.weight
        if weight is None:
            return None
        value = value / (weight / 1000)
    elif per != ["kg"]:
        return None
    if amount == "mL" and dose.concentration is not None and float(dose.concentration) != drug.get("percent"):
        return None
    if amount == "g":
        amount, value = "mg", value * 1000
    if amount in drug["per_kg"]:
        return value >= drug["per_kg"][amount]
    if amount == "mg":
        # Milligrams of salt or of calcium? Enough, or too little, in both readings; else it cannot be told.
        if value >= drug["mg_salt"]:
            return True
        return False if value < drug["mg_calcium"] else None
    return None


def second(doses: Sequence[int], apart: int) -> int | None:
    """When the second of two doses at least `apart` seconds apart was given; None when there is no such pair."""
    return next((t for t in sorted(doses) if t - min(doses) >= apart), None) if doses else None


def _course(builder: Builder, params: Mapping[str, Any]) -> int:
    """A scratch place with (two doses: truth, when the second was given or could first have been)."""
    name = ("calcium-course",)
    if name in builder.shared:
        return builder.shared[name]
    builder.shared[name] = where = builder.place()
    given = builder.collect(*(f"given:{code}" for code in params["drugs"]))
    apart = ages.seconds(params["apart"])

    def settle(row: Row, case: Case) -> None:
        judged = [(d.at, adequate(d, case, params)) for d in row[given] or () if not d.absent]
        possible = [(at, sure) for at, sure in judged if sure is not False]
        if len(possible) < 2:
            row[where] = (False, None)
            return
        certain = second([at for at, sure in possible if sure and at is not None], apart)
        if certain is not None:
            row[where] = (True, certain)
        elif any(at is None for at, _ in possible):
            row[where] = (None, None)
        else:
            first_possible = second([at for at, _ in possible if at is not None], apart)
            row[where] = (False, None) if first_possible is None else (None, first_possible)

    builder.at_end.append(settle)
    return where


def _two_doses(builder: Builder, index: int, params: Mapping[str, Any]) -> None:
    course = _course(builder, params)

    def settle(row: Row, case: Case) -> None:
        del case
        row[index] = row[course][0]

    builder.at_end.append(settle)


def _event_after(builder: Builder, index: int, params: Mapping[str, Any]) -> None:
    course = _course(builder, builder.knowledge.findings[params["course"]].params)
    events = builder.collect(*(f"sign:{code}" for code in params["signs"]))
    later = ages.seconds(params["later"])

    def settle(row: Row, case: Case) -> None:
        del case
        moment = row[course][1]
        if moment is not None:
            row[index] = present_after(row[events], moment + later)

    builder.at_end.append(settle)


def _low_after(builder: Builder, index: int, params: Mapping[str, Any]) -> None:
    course = _course(builder, builder.knowledge.findings[params["course"]].params)
    rechecks = [(builder.last(code), state_of(code, builder.knowledge)) for code in params["labs"]]

    def settle(row: Row, case: Case) -> None:
        moment = row[course][1]
        if moment is None:
            return
        states = [
            state(row[last], case)
            for last, state in rechecks
            if row[last] is not None and row[last].at is not None and row[last].at > moment
        ]
        if "low" in states:
            row[index] = True
        elif states and None not in states:
            row[index] = False

    builder.at_end.append(settle)


KINDS = {
    "calcium-two-doses": Kind(truth, _two_doses),
    "event-after-second": Kind(truth, _event_after),
    "low-after-second": Kind(truth, _low_after),
}
