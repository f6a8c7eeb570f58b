"""The course of calcium: were there two adequate IV doses, and did events or a low calcium go on after the second?

As in `neomag.findings.calcium`: each dose is adequate, not adequate or unknown, and what follows is kept three-valued.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from neomag import ages
from neomag.findings.sql.drugs import given
from neomag.findings.sql.kinds import Builder, Kind
from neomag.findings.sql.labs import last_state
from neomag.findings.sql.signs import present_after
from neomag.sql import literal


def _adequate(builder: Builder, params: Mapping[str, Any]) -> str:
    """A name in *seen*: 2 for a dose that is IV and at least the adequate amount, 0 for one that is not, 1 where unknown."""
    builder.use("dose", "dose_unit", "route", "concentration", "weight")
    per_drug = " ".join(f"WHEN {builder.place(f'given:{code}')} THEN {_enough(drug)}" for code, drug in params["drugs"].items())
    enough = builder.column(f"CASE WHEN absent THEN NULL {per_drug} END")
    routes = ", ".join(map(literal, params["routes"]))
    return builder.column(
        f"CASE WHEN NOT ({given(builder, params)}) THEN NULL WHEN NOT coalesce(route IN ({routes}), TRUE) THEN 0 "
        f"WHEN NOT {enough} THEN 0 WHEN {enough} AND route IS NOT NULL THEN 2 ELSE 1 END"
    )


def _enough(drug: Mapping[str, Any]) -> str:
    """Whether the amount for the weight is enough; unknown for other units, and without a weight where one is needed."""

    def judged(unit: str, times: str, verdict: str) -> str:
        """Arms for an amount in `unit` for each kg, and for one that the weight divides."""
        each_kg = f"dose{times}"
        total = f"dose / (weight / 1000){times}"
        return (
            f"WHEN dose_unit = {literal(f'{unit}/kg')} THEN {verdict.format(each_kg)} "
            f"WHEN dose_unit = {literal(unit)} THEN {verdict.format(total)}"
        )

    arms: list[str] = []
    strength = "concentration IS NOT NULL" if "percent" not in drug else f"concentration <> {literal(drug['percent'])}"
    amounts: Mapping[str, float] = drug["per_kg"]
    for unit, least in amounts.items():
        verdict = f"{{0}} >= {literal(least)}"
        arms.append(judged(unit, "", f"CASE WHEN {strength} THEN NULL ELSE {verdict} END" if unit == "mL" else verdict))
    # Milligrams of salt or of calcium? Enough, or too little, in both readings; else it cannot be told.
    salt, calcium = literal(drug["mg_salt"]), literal(drug["mg_calcium"])
    both = f"CASE WHEN {{0}} >= {salt} THEN TRUE WHEN {{0}} < {calcium} THEN FALSE END"
    if "mg" in amounts:
        both = f"{{0}} >= {literal(amounts['mg'])}"
    arms.append(judged("g", " * 1000", both))
    if "mg" not in amounts:
        arms.append(judged("mg", "", both))
    return f"CASE {' '.join(arms)} END"


@dataclass(frozen=True, slots=True)
class Course:
    """Names: whether there were two doses, and when the second was given or could first have been."""

    two: str
    second: str


def _course(builder: Builder, params: Mapping[str, Any]) -> Course:
    sure, apart = _adequate(builder, params), ages.seconds(params["apart"])

    def second(condition: str) -> str:
        """When the second of two dated doses at least `apart` seconds apart was given; unknown when there is no such pair."""
        times = builder.collect("age", f"{condition} AND age IS NOT NULL", *(f"given:{code}" for code in params["drugs"]))
        first = builder.derive(f"list_min({times})")
        return builder.derive(f"list_min(list_filter({times}, lambda given: given >= {first} + {apart}))")

    certain, possible = second(f"{sure} = 2"), second(f"{sure} >= 1")
    doses, undated = builder.count(f"{sure} >= 1"), builder.count(f"{sure} >= 1 AND age IS NULL")
    two = (
        f"CASE WHEN {doses} < 2 THEN FALSE WHEN {certain} IS NOT NULL THEN TRUE "
        f"WHEN {undated} > 0 THEN NULL WHEN {possible} IS NULL THEN FALSE END"
    )
    moment = (
        f"CASE WHEN {doses} < 2 THEN NULL WHEN {certain} IS NOT NULL THEN {certain} "
        f"WHEN {undated} > 0 THEN NULL ELSE {possible} END"
    )
    return Course(two, builder.derive(moment))


def _two_doses(builder: Builder, params: Mapping[str, Any]) -> str:
    return _course(builder, params).two


def _event_after(builder: Builder, params: Mapping[str, Any]) -> str:
    course = _course(builder, builder.knowledge.findings[params["course"]].params)
    moment = builder.derive(f"{course.second} + {ages.seconds(params['later'])}")
    return present_after(builder, params["signs"], moment)


def _low_after(builder: Builder, params: Mapping[str, Any]) -> str:
    second = _course(builder, builder.knowledge.findings[params["course"]].params).second
    rechecks = [(f"coalesce({builder.last_at(code)} > {second}, FALSE)", last_state(builder, code)) for code in params["labs"]]
    low = " OR ".join(f"({later} AND {state} = 'low')" for later, state in rechecks)
    any_later = " OR ".join(later for later, _ in rechecks)
    unknown = " OR ".join(f"({later} AND {state} IS NULL)" for later, state in rechecks)
    return f"CASE WHEN {low} THEN TRUE WHEN ({any_later}) AND NOT ({unknown}) THEN FALSE END"


KINDS: dict[str, Kind] = {"calcium-two-doses": _two_doses, "event-after-second": _event_after, "low-after-second": _low_after}
