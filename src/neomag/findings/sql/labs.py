"""Findings of laboratory results: the last number, its state against an interval, samples, ages, ratios."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from neomag import ages
from neomag.case.events import SPECIMENS
from neomag.findings.sql.intervals import limit, local_column
from neomag.findings.sql.kinds import Builder, Kind
from neomag.sql import literal

_SIDES = ("low", "high")


def _value(builder: Builder, params: Mapping[str, Any]) -> str:
    return builder.of_last(params["lab"], "value")


def state(builder: Builder, code: str, value: str, flag: str, at: str) -> str:
    """Whether a result of lab `code` is low, normal or high, and unknown where nothing tells; arguments are names."""
    low, high = (builder.derive(limit(builder, code, side, at)) for side in _SIDES)
    return (
        f"CASE WHEN {value} IS NULL THEN CASE {flag} WHEN 0 THEN 'low' WHEN 1 THEN 'normal' WHEN 2 THEN 'high' END "
        f"WHEN {value} < {low} THEN 'low' WHEN {value} > {high} THEN 'high' "
        f"WHEN {low} IS NULL AND {high} IS NULL THEN NULL ELSE 'normal' END"
    )


def last_state(builder: Builder, code: str) -> str:
    """The state of the last result of lab `code` (a name)."""
    value, flag = (builder.of_last(code, column) for column in ("value", "flag"))
    return builder.derive(state(builder, code, value, flag, builder.last_at(code)))


def _state(builder: Builder, params: Mapping[str, Any]) -> str:
    return last_state(builder, params["lab"])


def _results(builder: Builder, params: Mapping[str, Any]) -> str:
    return builder.results(params["lab"])


def _lately(builder: Builder, params: Mapping[str, Any]) -> str:
    """How many usable results any of the labs has within `within` before `now`."""
    labs, window = builder.place(*(f"lab:{code}" for code in params["labs"])), ages.seconds(params["within"])
    return builder.count(f"{labs} AND now - age <= {window} AND (value IS NOT NULL OR flag IS NOT NULL)")


def _tags(builder: Builder, code: str) -> str:
    """The specimen tags of a result of lab `code`, a bit each (a name); 0 for other events."""
    builder.use("specimen")
    bits = " + ".join(f"CASE WHEN list_contains(specimen, {literal(tag)}) THEN {_bit(tag)} ELSE 0 END" for tag in SPECIMENS)
    return builder.column(f"CASE WHEN {builder.place(f'lab:{code}')} THEN {bits} ELSE 0 END")


def _bit(tag: str) -> int:
    return 1 << SPECIMENS.index(tag)


def _lowest(builder: Builder, params: Mapping[str, Any]) -> str:
    code, skip = params["lab"], sum(map(_bit, params.get("skip", ())))
    clean = f" AND ({_tags(builder, code)} & {skip}) = 0" if skip else ""
    return builder.over("min", "value", f"{builder.place(f'lab:{code}')}{clean}")


def _age_at(builder: Builder, params: Mapping[str, Any]) -> str:
    return builder.last_at(params["lab"])


def _limit(builder: Builder, params: Mapping[str, Any]) -> str:
    """The limit in force for the last result: the local laboratory's, else the default for the age and group."""
    return builder.derive(limit(builder, params["lab"], params["side"], builder.last_at(params["lab"])))


def _local(builder: Builder, params: Mapping[str, Any]) -> str:
    return local_column(params["lab"], params["side"]) if builder.local else "CAST(NULL AS DOUBLE)"


def _specimen(builder: Builder, params: Mapping[str, Any]) -> str:
    """True when the last result's sample carries a tag; a sample without it is not known to be free of it."""
    tags = builder.of_last(params["lab"], _tags(builder, params["lab"]))
    return f"CASE WHEN ({tags} & {_bit(params['tag'])}) <> 0 THEN TRUE END"


def _older(builder: Builder, params: Mapping[str, Any]) -> str:
    return f"now - {builder.last_at(params['lab'])} > {ages.seconds(params['than'])}"


def _together_states(builder: Builder, params: Mapping[str, Any]) -> str:
    """Whether the results drawn with the last result of `lab` have all of `states`; unknown while one is missing."""
    at = builder.last_at(params["lab"])
    moment, sampled = builder.derive(f"coalesce({at}, -1)"), builder.results(params["lab"])
    found: list[str] = []
    for code, want in params["states"].items():
        result = "struct_pack(ord := ord, t := t, value := value, flag := flag)"
        every = builder.collect(result, "TRUE", f"lab:{code}")
        # the order of arrival is the first field, so the greatest is the last
        drawn = builder.derive(f"list_max(list_filter({every}, lambda result: result.t = {moment}))")
        value, flag = (builder.derive(f"{drawn}.{part}") for part in ("value", "flag"))
        found.append(f"({builder.derive(state(builder, code, value, flag, at))} = {literal(want)})")
    return f"CASE WHEN {sampled} > 0 THEN {' AND '.join(found)} END"


def _suspect(builder: Builder, params: Mapping[str, Any]) -> str:
    builder.use("suspect")
    return builder.of_last(params["lab"], "coalesce(suspect, FALSE)")


def _together(builder: Builder, within: int, *codes: str) -> str:
    """Whether the last results of all labs are there as numbers, and none is dated further than `within` from another."""
    times = ", ".join(builder.last_at(code) for code in codes)
    numbers = " AND ".join(f"{builder.of_last(code, 'value')} IS NOT NULL" for code in codes)
    return f"({numbers} AND coalesce(greatest({times}) - least({times}) <= {within}, TRUE))"


def _femg(builder: Builder, params: Mapping[str, Any]) -> str:
    """Fractional excretion of magnesium in %, as reported, else 100 (UMg SCr) / (f SMg UCr), f the ultrafilterable share."""
    within, share = ages.seconds(params["within"]), float(params["ultrafilterable"])
    arms = [f"WHEN {builder.results('femg')} > 0 THEN {builder.of_last('femg', 'value')}"]
    for blood, factor in (("magnesium", share), ("magnesium-ionised", 1.0)):
        codes = ("urine-magnesium", "creatinine", blood, "urine-creatinine")
        umg, scr, smg, ucr = (builder.of_last(code, "value") for code in codes)
        # creatinine is in umol/L in serum and mmol/L in urine; the order of operations is Python's, so the float is too
        formula = f"100 * ({umg} * {scr} / 1000) / ({literal(factor)} * {smg} * {ucr})"
        arms.append(f"WHEN {_together(builder, within, *codes)} AND {smg} > 0 AND {ucr} > 0 THEN {formula}")
    return f"CASE {' '.join(arms)} END"


def _ratio(builder: Builder, params: Mapping[str, Any]) -> str:
    """Urine `upper` to `lower` in mol/mol: as reported, else from one moment's spot values."""
    codes = params["upper"], params["lower"]
    upper, lower = (builder.of_last(code, "value") for code in codes)
    arms = [f"WHEN {_together(builder, ages.seconds(params['within']), *codes)} AND {lower} > 0 THEN {upper} / {lower}"]
    if "reported" in params:
        reported = params["reported"]
        arms.insert(0, f"WHEN {builder.results(reported)} > 0 THEN {builder.of_last(reported, 'value')}")
    return f"CASE {' '.join(arms)} END"


KINDS: dict[str, Kind] = {
    "lab-value": _value,
    "lab-state": _state,
    "lab-results": _results,
    "lab-older": _older,
    "states-together": _together_states,
    "results-lately": _lately,
    "lowest": _lowest,
    "age-at": _age_at,
    "limit": _limit,
    "local-limit": _local,
    "specimen": _specimen,
    "suspect": _suspect,
    "fractional-excretion": _femg,
    "urine-ratio": _ratio,
}
