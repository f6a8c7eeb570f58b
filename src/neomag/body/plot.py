"""The course of a run, or of a population, as a Vega-Lite chart: serum over the interval above, the stores below."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from textwrap import wrap
from typing import TYPE_CHECKING, Any

from neomag.body.course import course, stretches
from neomag.body.data import words
from neomag.body.limits import birth_kg, limits
from neomag.body.run import Run
from neomag.body.scenario import Scenario
from neomag.body.uncertainty import Uncertainties
from neomag.intervals import Limits
from neomag.knowledge import Knowledge
from neomag.vega import BAND, CONFIG, SCHEMA, Spec

if TYPE_CHECKING:
    from neomag.body.population import Population

_WIDTH, _SERUM_HEIGHT, _STORES_HEIGHT, _LINE = 560, 240, 190, 84
_SERUM, _INTERVAL = "#b4480f", "#4d7040"
# Places drawn, by what they are called; told apart by dashes too, for grey print and the colour-blind.
STORES = {"fluid": "fluid", "fast": "fast tissue", "muscle": "muscle", "bone": "bone"}
_COLOURS = {"fluid": "#b4480f", "fast tissue": "#2c6e91", "muscle": "#1f2529", "bone": "#6b7a2f", "whole body": "#1f2529"}
_DASHES: Mapping[str, list[int]] = {
    "fluid": [1, 0],
    "fast tissue": [6, 3],
    "muscle": [2, 3],
    "bone": [9, 3, 2, 3],
    "whole body": [1, 0],
}


@dataclass(frozen=True, slots=True)
class _Band:
    """What lies between two percentiles, and how it is said."""

    says: str
    low: Sequence[float]
    high: Sequence[float]


def of_run(run: Run, knowledge: Knowledge, spread: Uncertainties | None = None) -> Spec:
    """The chart of one run, with the bands of `spread` when it is given."""
    rows, says = course(run, knowledge), words(knowledge)
    t = [row.t for row in rows]
    stores = {name: [100 * row.places[place] / rows[0].places[place] for row in rows] for place, name in STORES.items()}
    drawn = list(spread.each()) if spread else []
    bands = [_Band(f"95 % {says[name]}", one.low, one.high) for name, one in drawn]
    shades = ("The lighter shade", "The darker shade") if len(drawn) > 1 else ("The shade",)
    notes = [f"{shade}: {says[f'{name}-says']}" for shade, (name, _) in zip(shades, drawn, strict=False)]
    at = drawn[0][1].t if drawn else ()
    serum = [row.level for row in rows]
    given = [row.limits for row in rows]
    return _chart(run.scenario, knowledge, (t, serum, "serum"), (at, bands), given, stores, {}, notes)


def of_population(found: Population, knowledge: Knowledge) -> Spec:
    """The chart of a population: serum's median with the middle 50 and 95 %, the stores' medians in percent of each start."""
    ends = (2.5, 25.0, 50.0, 75.0, 97.5)
    t = [float(x) for x in found.t]
    serum = [[float(v) for v in row] for row in found.percentiles(ends)["serum"]]
    shares = {name: [[float(v) for v in row] for row in rows] for name, rows in found.percentiles(ends, of_start=True).items()}
    infant = found.scenario.infant
    known = birth_kg(infant.settled, infant.birth_kg)
    given = [limits(found.scenario.age + x, known, knowledge) for x in t]
    bands = [_Band("middle 95 %", serum[0], serum[4]), _Band("middle 50 %", serum[1], serum[3])]
    wide = {"whole body": _Band("whole body, middle 95 %", shares["body"][0], shares["body"][4])}
    stores = {"whole body": shares["body"][2], "muscle": shares["muscle"][2], "bone": shares["bone"][2]}
    count = found.infants - found.left_out
    note = f"{count:,} simulated infants, median and the middle 50 and 95 %. {words(knowledge)['between-infants-says']}"
    return _chart(found.scenario, knowledge, (t, serum[2], "median"), (t, bands), given, stores, wide, [note])


def _chart(
    scenario: Scenario, knowledge: Knowledge, line: tuple[Sequence[float], Sequence[float], str],
    spread: tuple[Sequence[float], Sequence[_Band]], given: Sequence[Limits], stores: Mapping[str, Sequence[float]],
    wide: Mapping[str, _Band], notes: Sequence[str],
) -> Spec:  # fmt: skip
    t, serum, called = line
    days = {"type": "quantitative", "scale": {"nice": False, "domain": [t[0] / 24, t[-1] / 24]}}
    title = "Days after birth" if not scenario.infant.settled else "Days from the start of the run"
    label = words(knowledge)["label"]
    ends = [[v for b in spread[1] for v in b.low], [v for b in spread[1] for v in b.high]]
    top = max([*serum, *ends[1], *(v for one in given for v in one if v is not None)]) * 1.06
    alt = (
        f"{scenario.says} Serum magnesium from {serum[0]:.2f} to {serum[-1]:.2f} mmol/L over {(t[-1] - t[0]) / 24:g} days, "
        f"lowest {min(serum):.2f}, highest {max(serum):.2f}, over the default interval. {label}"
    )
    x: Spec = {"field": "day", **days, "title": None, "axis": {"tickMinStep": 1}}
    y: Spec = {"type": "quantitative", "scale": {"domain": [0, top], "nice": False}, "title": "Serum magnesium, mmol/L"}
    layers: list[Spec] = _interval(t, given, serum, days)
    layers += [_area(spread[0], band, x, y, _SERUM) for band in spread[1]]
    layers.append(_line(t, serum, x, y, "serum"))
    layers.append(_said(t[-1], serum[-1], called, x, y))
    marks = [
        {"day": day, "store": name, "value": v}
        for name, values in stores.items()
        for day, v in zip([i / 24 for i in t], values, strict=True)
    ]
    names = list(stores)
    of_start = {"type": "quantitative", "title": "Stores, % of the start", "scale": {"zero": False}}
    lower: list[Spec] = [_area(t, band, {**x, "title": title}, of_start, _COLOURS[name]) for name, band in wide.items()]
    lower.append({
        "data": {"values": marks},
        "mark": {"type": "line", "strokeWidth": 2, "clip": True},
        "encoding": {
            "x": {**x, "title": title}, "y": {**of_start, "field": "value"},
            "color": {"field": "store", "type": "nominal", "title": None, "sort": names,
                      "scale": {"domain": names, "range": [_COLOURS[n] for n in names]},
                      "legend": {"symbolSize": 900, "symbolStrokeWidth": 2}},
            "strokeDash": {"field": "store", "type": "nominal", "title": None, "sort": names,
                           "scale": {"domain": names, "range": [_DASHES[n] for n in names]}},
        },
    })  # fmt: skip
    under = [part for note in [label, *notes] for part in wrap(note, _LINE)]
    return {
        "$schema": SCHEMA, "description": alt, "config": CONFIG, "background": "#ffffff", "padding": 12, "spacing": 18,
        "title": {"text": wrap(scenario.says, _LINE - 14), "subtitle": under, "anchor": "start", "frame": "group",
                  "fontSize": 15, "subtitleFontSize": 12, "subtitleColor": _SERUM, "subtitlePadding": 4, "offset": 14},
        "vconcat": [
            {"width": _WIDTH, "height": _SERUM_HEIGHT, "layer": layers},
            {"width": _WIDTH, "height": _STORES_HEIGHT, "layer": lower},
        ],
        "resolve": {"scale": {"color": "independent", "strokeDash": "independent"}},
    }  # fmt: skip


def _interval(t: Sequence[float], given: Sequence[Limits], serum: Sequence[float], days: Spec) -> list[Spec]:
    """The interval as a band; the limits that hold at the end are written in it, away from the line."""
    parts = [(a / 24, b / 24, low or 0.0, high or 0.0) for a, b, (low, high) in stretches(t, given)]
    if not parts:
        return []
    boxes = [{"from": a, "to": b, "low": low, "high": high} for a, b, low, high in parts]
    x, x2 = {"field": "from", **days, "title": None}, {"field": "to"}
    y = {"field": "low", "type": "quantitative"}
    start, _, low, high = parts[-1]
    after = [v for at, v in zip(t, serum, strict=True) if at / 24 >= start]
    above = sum(after[: len(after) // 2 + 1]) / (len(after) // 2 + 1) < (low + high) / 2
    said = f"default interval {low:g} to {high:g} mmol/L"
    words_at = [{"day": start, "value": high if above else low, "label": said}]
    day, value = {"field": "day", **days, "title": None}, {"field": "value", "type": "quantitative"}
    box = {"x": x, "x2": x2, "y": y, "y2": {"field": "high"}}
    text = {"type": "text", "align": "left", "dx": 6, "dy": 11 if above else -8, "color": _INTERVAL}
    return [
        {"data": {"values": boxes}, "mark": {"type": "rect", "color": BAND}, "encoding": box},
        {"data": {"values": words_at}, "mark": text, "encoding": {"x": day, "y": value, "text": {"field": "label"}}},
    ]


def _area(t: Sequence[float], band: _Band, x: Spec, y: Spec, colour: str) -> Spec:
    values = [{"day": at / 24, "low": low, "high": high} for at, low, high in zip(t, band.low, band.high, strict=True)]
    return {
        "data": {"values": values},
        "mark": {"type": "area", "color": colour, "opacity": 0.18, "clip": True, "description": band.says},
        "encoding": {"x": x, "y": {**y, "field": "low"}, "y2": {"field": "high"}},
    }


def _line(t: Sequence[float], values: Sequence[float], x: Spec, y: Spec, says: str) -> Spec:
    data = [{"day": at / 24, "value": v} for at, v in zip(t, values, strict=True)]
    mark = {"type": "line", "color": _SERUM, "strokeWidth": 2.2, "clip": True, "description": says}
    return {"data": {"values": data}, "mark": mark, "encoding": {"x": x, "y": {**y, "field": "value"}}}


def _said(t: float, value: float, says: str, x: Spec, y: Spec) -> Spec:
    mark: Any = {"type": "text", "align": "left", "dx": 6, "color": _SERUM}
    data = {"values": [{"day": t / 24, "value": value, "label": says}]}
    return {"data": data, "mark": mark, "encoding": {"x": x, "y": {**y, "field": "value"}, "text": {"field": "label"}}}
