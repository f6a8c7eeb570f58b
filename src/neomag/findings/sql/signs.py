"""Findings of signs and conditions: ever, at the last word, in the newborn period, how long, how severe, in what order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from neomag import ages
from neomag.findings.sql.kinds import Builder, Kind
from neomag.sql import literal

_PRESENT = "NOT absent"
_UNDATED = "NOT absent AND age IS NULL"


def _ever(builder: Builder, params: Mapping[str, Any]) -> str:
    key = [params["key"]]
    return f"CASE WHEN {builder.mask(key, _PRESENT)} THEN TRUE WHEN {builder.mask(key)} THEN FALSE END"


def _when(builder: Builder, condition: str, *keys: str) -> str:
    """The last time of an event with one of these keys that meets `condition`; -1 when all such are undated."""
    return builder.over("max", "t", f"{builder.place(*keys)} AND {condition}")


def _now(builder: Builder, params: Mapping[str, Any]) -> str:
    # Twice the time, and one more when present: the greatest tells the last word, and at one moment present counts.
    word = builder.column("2 * t + CASE WHEN absent THEN 0 ELSE 1 END")
    return f"({builder.over('max', word, builder.place(params['key']))} & 1) = 1"


def _before(builder: Builder, params: Mapping[str, Any]) -> str:
    key, limit = [params["key"]], ages.seconds(params["before"])
    early = builder.mask(key, f"NOT absent AND coalesce(age, now) < {limit}")
    undated, known = builder.mask(key, _UNDATED), builder.mask(key)
    return f"CASE WHEN {early} THEN TRUE WHEN {undated} THEN NULL WHEN {known} THEN FALSE END"


def _any(builder: Builder, key: str, true: str, false: str) -> str:
    """True when any event with this key meets `true`; else unknown when any meets neither, else false when there is one."""
    judged = (
        f"CASE WHEN NOT {builder.place(key)} THEN NULL WHEN absent THEN 0 WHEN {true} THEN 2 WHEN {false} THEN 0 ELSE 1 END"
    )
    worst = builder.gather(f"max({judged})")
    return f"CASE {worst} WHEN 2 THEN TRUE WHEN 0 THEN FALSE END"


def _lasting(builder: Builder, params: Mapping[str, Any]) -> str:
    """True when the condition lasted `at_least`; its onset alone only bounds that from above."""
    builder.use("lasting")
    limit = ages.seconds(params["at_least"])
    shorter = f"lasting < {limit} OR (lasting IS NULL AND age IS NOT NULL AND now - age < {limit})"
    return _any(builder, f"condition:{params['condition']}", f"lasting >= {limit}", shorter)


def _graded(builder: Builder, params: Mapping[str, Any]) -> str:
    builder.use("grade")
    wanted = literal(params["grade"])
    return _any(builder, f"condition:{params['condition']}", f"grade = {wanted}", f"grade <> {wanted}")


def _first(builder: Builder, params: Mapping[str, Any]) -> str:
    keys = [f"sign:{code}" for code in params["signs"]]
    first = builder.over("min", "age", f"{builder.place(*keys)} AND {_PRESENT}")
    # an undated event may have come before the first dated one
    return f"CASE WHEN {builder.mask(keys, _UNDATED)} THEN NULL ELSE {first} END"


def present_after(builder: Builder, codes: Sequence[str], moment: str) -> str:
    """Whether any of these signs was present at or after `moment` (a name); unknown when that is.

    False only when each sign that was ever present is known to have stopped; unknown when times are.
    """
    keys = [f"sign:{code}" for code in codes]
    present, stopped = _when(builder, _PRESENT, *keys), _when(builder, "absent", *keys)
    still_open = [
        f"({builder.mask([key], _PRESENT)} AND coalesce({_when(builder, 'absent', key)}, -1) < {moment})" for key in keys
    ]
    doubtful = " OR ".join([f"coalesce({stopped}, -1) < {moment}", builder.mask(keys, _UNDATED), *still_open])
    return f"CASE WHEN {moment} IS NULL THEN NULL WHEN {present} >= {moment} THEN TRUE WHEN {doubtful} THEN NULL ELSE FALSE END"


def _after_drug(builder: Builder, params: Mapping[str, Any]) -> str:
    given = f"{builder.place(*(f'given:{code}' for code in params['drugs']))} AND NOT absent"
    doses, dated = builder.count(given), builder.count(f"{given} AND age IS NOT NULL")
    first = builder.over("min", "age", given)
    after = builder.derive(present_after(builder, params["signs"], first))
    return f"CASE WHEN {doses} = 0 THEN FALSE WHEN {after} IS FALSE AND {dated} < {doses} THEN NULL ELSE {after} END"


KINDS: dict[str, Kind] = {
    "sign-ever": _ever,
    "sign-now": _now,
    "sign-before": _before,
    "lasting": _lasting,
    "graded": _graded,
    "first": _first,
    "sign-after-drug": _after_drug,
}
