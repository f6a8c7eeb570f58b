"""Findings of laboratory results: the last number, its state against an interval, samples, ages, ratios."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from neomag import ages
from neomag.case import FLAGS, Case, Event
from neomag.findings.kinds import Builder, Kind, Row, age, count, of_analyte, truth
from neomag.intervals import limits_at
from neomag.knowledge import Knowledge, Signature


def _value(builder: Builder, index: int, params: Mapping[str, Any]) -> None:
    def seen(row: Row, event: Event, case: Case) -> None:
        del case
        row[index] = event.value

    builder.on(f"lab:{params['lab']}", seen)


def state_of(code: str, knowledge: Knowledge) -> Callable[[Event, Case], str | None]:
    """A function that says whether a result of lab `code` is low, normal or high, and None where nothing tells."""
    limits = limits_at(code, knowledge)

    def state(event: Event, case: Case) -> str | None:
        if event.value is None:
            return event.flag
        low, high = limits(case, event.at)
        if low is not None and event.value < low:
            return "low"
        if high is not None and event.value > high:
            return "high"
        return None if low is None and high is None else "normal"

    return state


def _state(builder: Builder, index: int, params: Mapping[str, Any]) -> None:
    state, last = state_of(params["lab"], builder.knowledge), builder.last(params["lab"])

    def settle(row: Row, case: Case) -> None:
        event = row[last]
        if event is not None:
            row[index] = state(event, case)

    builder.at_end.append(settle)


def _words(params: Mapping[str, Any], knowledge: Knowledge) -> Signature:
    del params, knowledge
    return Signature("word", words=FLAGS)


def _results(builder: Builder, index: int, params: Mapping[str, Any]) -> None:
    def seen(row: Row, event: Event, case: Case) -> None:
        del event, case
        row[index] += 1

    builder.on(f"lab:{params['lab']}", seen)


def _lately(builder: Builder, index: int, params: Mapping[str, Any]) -> None:
    """How many usable results any of the labs has within `within` before `now`."""
    window = ages.seconds(params["within"])

    def seen(row: Row, event: Event, case: Case) -> None:
        if event.at is not None and case.now - event.at <= window and (event.value is not None or event.flag is not None):
            row[index] += 1

    for code in params["labs"]:
        builder.on(f"lab:{code}", seen)


def _lowest(builder: Builder, index: int, params: Mapping[str, Any]) -> None:
    skip = frozenset(params.get("skip", ()))

    def seen(row: Row, event: Event, case: Case) -> None:
        del case
        if event.value is not None and not event.specimen & skip and (row[index] is None or event.value < row[index]):
            row[index] = event.value

    builder.on(f"lab:{params['lab']}", seen)


def _age_at(builder: Builder, index: int, params: Mapping[str, Any]) -> None:
    def seen(row: Row, event: Event, case: Case) -> None:
        del case
        row[index] = event.at

    builder.on(f"lab:{params['lab']}", seen)


def _limit(builder: Builder, index: int, params: Mapping[str, Any]) -> None:
    """The limit in force for the last result: the local laboratory's, else the default for the age and group."""
    limits, last = limits_at(params["lab"], builder.knowledge), builder.last(params["lab"])
    side = ("low", "high").index(params["side"])

    def settle(row: Row, case: Case) -> None:
        event = row[last]
        row[index] = limits(case, None if event is None else event.at)[side]

    builder.at_end.append(settle)


def _local(builder: Builder, index: int, params: Mapping[str, Any]) -> None:
    code, side = params["lab"], ("low", "high").index(params["side"])

    def settle(row: Row, case: Case) -> None:
        if code in case.intervals:
            row[index] = case.intervals[code][side]

    builder.at_end.append(settle)


def _specimen(builder: Builder, index: int, params: Mapping[str, Any]) -> None:
    """True when the last result's sample carries a tag; a sample without it is not known to be free of it."""
    tag = params["tag"]

    def seen(row: Row, event: Event, case: Case) -> None:
        del case
        row[index] = True if tag in event.specimen else None

    builder.on(f"lab:{params['lab']}", seen)


def _older(builder: Builder, index: int, params: Mapping[str, Any]) -> None:
    limit = ages.seconds(params["than"])

    def seen(row: Row, event: Event, case: Case) -> None:
        row[index] = None if event.at is None else case.now - event.at > limit

    builder.on(f"lab:{params['lab']}", seen)


def _together_states(builder: Builder, index: int, params: Mapping[str, Any]) -> None:
    """Whether the results drawn with the last result of `lab` have all of `states`; unknown while one is missing."""
    last = builder.last(params["lab"])
    wanted = [
        (builder.collect(f"lab:{code}"), state_of(code, builder.knowledge), want) for code, want in params["states"].items()
    ]

    def settle(row: Row, case: Case) -> None:
        sample = row[last]
        if sample is None:
            return
        found: list[bool | None] = []
        for results, state, want in wanted:
            drawn = [state(event, case) for event in row[results] or () if event.at == sample.at]
            found.append(None if not drawn or drawn[-1] is None else drawn[-1] == want)
        row[index] = False if False in found else None if None in found else True

    builder.at_end.append(settle)


def _suspect(builder: Builder, index: int, params: Mapping[str, Any]) -> None:
    def seen(row: Row, event: Event, case: Case) -> None:
        del case
        row[index] = event.suspect

    builder.on(f"lab:{params['lab']}", seen)


def _together(within: int, *events: Event | None) -> bool:
    """Whether all results are there as numbers, and none is dated further than `within` from another."""
    times = [e.at for e in events if e is not None and e.at is not None]
    return all(e is not None and e.value is not None for e in events) and (not times or max(times) - min(times) <= within)


def _femg(builder: Builder, index: int, params: Mapping[str, Any]) -> None:
    """Fractional excretion of magnesium in %, as reported, else 100 (UMg SCr) / (f SMg UCr), f the ultrafilterable share."""
    reported, within, share = builder.last("femg"), ages.seconds(params["within"]), float(params["ultrafilterable"])
    serum, ionised = builder.last("magnesium"), builder.last("magnesium-ionised")
    creatinine = builder.last("creatinine")
    urine, urine_creatinine = builder.last("urine-magnesium"), builder.last("urine-creatinine")

    def settle(row: Row, case: Case) -> None:
        del case
        if row[reported] is not None:
            row[index] = row[reported].value
            return
        for blood, factor in ((serum, share), (ionised, 1.0)):
            of = row[urine], row[creatinine], row[blood], row[urine_creatinine]
            if _together(within, *of):
                umg, scr, smg, ucr = (e.value for e in of)
                if smg > 0 and ucr > 0:
                    # creatinine is in umol/L in serum and mmol/L in urine
                    row[index] = 100 * (umg * scr / 1000) / (factor * smg * ucr)
                    return

    builder.at_end.append(settle)


def _percent(params: Mapping[str, Any], knowledge: Knowledge) -> Signature:
    del params, knowledge
    return Signature("quantity", unit="%", analyte="femg")


def _ratio(builder: Builder, index: int, params: Mapping[str, Any]) -> None:
    """Urine `upper` to `lower` in mol/mol: as reported, else from one moment's spot values."""
    reported = builder.last(params["reported"]) if "reported" in params else None
    upper, lower = builder.last(params["upper"]), builder.last(params["lower"])
    within = ages.seconds(params["within"])

    def settle(row: Row, case: Case) -> None:
        del case
        if reported is not None and row[reported] is not None:
            row[index] = row[reported].value
        elif _together(within, row[upper], row[lower]) and row[lower].value > 0:
            row[index] = row[upper].value / row[lower].value

    builder.at_end.append(settle)


def _molar(params: Mapping[str, Any], knowledge: Knowledge) -> Signature:
    del params, knowledge
    return Signature("quantity", unit="mol/mol", analyte="urine-magnesium-creatinine")


KINDS = {
    "lab-value": Kind(of_analyte, _value),
    "lab-state": Kind(_words, _state),
    "lab-results": Kind(count, _results),
    "lab-older": Kind(truth, _older),
    "states-together": Kind(truth, _together_states),
    "results-lately": Kind(count, _lately),
    "lowest": Kind(of_analyte, _lowest),
    "age-at": Kind(age, _age_at),
    "limit": Kind(of_analyte, _limit),
    "local-limit": Kind(of_analyte, _local),
    "specimen": Kind(truth, _specimen),
    "suspect": Kind(truth, _suspect),
    "fractional-excretion": Kind(_percent, _femg),
    "urine-ratio": Kind(_molar, _ratio),
}
