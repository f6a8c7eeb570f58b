"""Findings of what was given: how often, how lately, before which sample."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from neomag import ages
from neomag.findings.sql.kinds import Builder, Kind
from neomag.sql import literal


def given(builder: Builder, params: Mapping[str, Any]) -> str:
    """A condition on *seen*: a dose of one of the drugs."""
    return f"{builder.place(*(f'given:{code}' for code in params['drugs']))} AND NOT absent"


def _doses(builder: Builder, params: Mapping[str, Any]) -> str:
    condition = given(builder, params)
    if "routes" in params:
        builder.use("route")
        condition += f" AND route IN ({', '.join(map(literal, params['routes']))})"
    if "within" in params:
        # An undated dose counts: it was given at some time up to now, and missing a drug is the greater harm.
        condition += f" AND (age IS NULL OR now - age <= {ages.seconds(params['within'])})"
    return builder.count(condition)


def _before(builder: Builder, params: Mapping[str, Any]) -> str:
    return _relative(builder, params, "min", "<=")


def _after(builder: Builder, params: Mapping[str, Any]) -> str:
    return _relative(builder, params, "max", ">")


def _relative(builder: Builder, params: Mapping[str, Any], end: str, holds: str) -> str:
    """Whether any dose of the drugs stands so to the last sample; false when none was given."""
    dose, sample = given(builder, params), builder.last_at(params["lab"])
    doses, dated = builder.count(dose), builder.count(f"{dose} AND age IS NOT NULL")
    utmost = builder.over(end, "age", dose)
    return (
        f"CASE WHEN {doses} = 0 THEN FALSE WHEN {sample} IS NULL THEN NULL "
        f"WHEN {utmost} {holds} {sample} THEN TRUE WHEN {dated} = {doses} THEN FALSE END"
    )


KINDS: dict[str, Kind] = {"doses": _doses, "given-before-lab": _before, "given-after-lab": _after}
