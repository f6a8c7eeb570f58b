"""The charts as Vega-Lite specifications; every chart draws a table that stands beside it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from neomag.cohort.report.answer import Chart, Table
from neomag.cohort.report.definitions import Definition
from neomag.vega import BAND, CONFIG, INK, SCHEMA, Spec

# Told apart in grey print and by the colour-blind: dark orange, blue, grey.
_COLOURS = {"number": "#b4480f", "rest": "#2c6e91", "apart": "#9aa0a5"}
_WORDS = {"number": "missed", "rest": "not missed", "apart": "left out"}
_FEW = "#e4e6e8"
_ROOM = 1.3
_QUARTER_DAY = 6
_HEIGHT = 280


def _spec(alt: str, data: Sequence[Mapping[str, Any]], **body: Any) -> Spec:
    top = {"$schema": SCHEMA, "description": alt, "width": "container", "autosize": {"type": "fit-x", "contains": "padding"}}
    return {**top, "config": CONFIG, "data": {"values": list(data)}, **body}


def _percent(share: float | None) -> str:
    return "" if share is None else f"{share:.0%}"


def states(table: Table, question: Definition) -> Chart:
    """Bars of how many infants are in each group."""
    rows = [
        {"group": r["state"], "kind": _WORDS[str(r["counts_as"])], "count": r["count"] if isinstance(r["count"], int) else 0,
         "label": f"{r['count']}" + (f"  ({_percent(r['share'])})" if isinstance(r["share"], float) else "")}
        for r in table.records()
    ]  # fmt: skip
    alt = f"Bars. {question.title}: " + "; ".join(f"{r['group']} {r['label']}" for r in rows) + "."
    kinds = [k for k in _WORDS.values() if any(r["kind"] == k for r in rows)]
    colour = {
        "field": "kind", "type": "nominal", "title": None,
        "scale": {"domain": kinds, "range": [_COLOURS[k] for k, w in _WORDS.items() if w in kinds]},
    }  # fmt: skip
    axis = {"title": None, "labelPadding": 6, "domain": False, "ticks": False}
    y = {"field": "group", "type": "nominal", "sort": None, "axis": axis}
    # Room for the words after the longest bar.
    most = max((int(str(r["count"])) for r in rows), default=0) or 1
    axis_x = {"tickMinStep": 1, "tickCount": 6}
    x = {"field": "count", "type": "quantitative", "title": "Infants", "axis": axis_x, "scale": {"domain": [0, most * _ROOM]}}
    layer = [
        {"mark": {"type": "bar", "height": {"band": 0.62}}, "encoding": {"color": colour}},
        {"mark": {"type": "text", "align": "left", "dx": 5}, "encoding": {"text": {"field": "label"}}},
    ]
    spec = _spec(alt, rows, height=34 * len(rows), encoding={"y": y, "x": x}, layer=layer)
    return Chart(f"{question.id}-groups", "Infants by group", alt, spec, table.name)


def shares(table: Table, by: str, title: str) -> Chart:
    """Bars of a share for each row of a table."""
    rows = [
        {"name": r[by], "share": r["share"] if isinstance(r["share"], float) else 0,
         "label": _percent(r["share"]) if isinstance(r["share"], float) else "not shown"}
        for r in table.records()
    ]  # fmt: skip
    alt = f"Bars. {table.caption}: " + "; ".join(f"{r['name']} {r['label']}" for r in rows) + "."
    axis = {"title": None, "labelPadding": 6, "domain": False, "ticks": False}
    y = {"field": "name", "type": "nominal", "sort": None, "axis": axis}
    x = {
        "field": "share",
        "type": "quantitative",
        "title": f"Share {title}",
        "axis": {"format": "%", "tickCount": 6},
        "scale": {"domain": [0, min(1.0, max((float(str(r["share"])) for r in rows), default=0.0) * _ROOM or 1.0)]},
    }
    layer = [
        {"mark": {"type": "bar", "height": {"band": 0.62}, "color": _COLOURS["rest"]}},
        {"mark": {"type": "text", "align": "left", "dx": 5}, "encoding": {"text": {"field": "label"}}},
    ]
    spec = _spec(alt, rows, height=28 * max(len(rows), 1), encoding={"y": y, "x": x}, layer=layer)
    return Chart(f"{table.name}-shares", table.caption, alt, spec, table.name)


def waiting(points: Sequence[Mapping[str, float | None]], late: float, median: float | None, table: Table) -> Chart:
    """The curve of those not yet measured, with its interval, where `late` begins and the median (hours)."""
    said = "not reached" if median is None else f"{median:.1f} hours"
    end = f" At the end of the curve {_percent(points[-1]['share'])} are not measured." if points else ""
    alt = (
        f"Kaplan-Meier curve of the share of infants not yet measured, by hours since the first sign. Median wait {said}.{end}"
    )
    # Ticks of quarter days, as wards count.
    axis = {"values": list(range(0, int(points[-1]["hours"] or 0) + 1, _QUARTER_DAY)) if points else []}
    title = "Hours since the first seizure or tetany"
    x = {"field": "hours", "type": "quantitative", "title": title, "axis": axis, "scale": {"nice": False}}
    share = {"type": "quantitative", "title": "Share not yet measured", "axis": {"format": "%"}, "scale": {"domain": [0, 1]}}
    band = {"y": {**share, "field": "low"}, "y2": {"field": "high"}}
    line = {"y": {**share, "field": "share"}}
    steps = {"interpolate": "step-after", "color": _COLOURS["rest"]}
    at_late: Spec = {"data": {"values": [{"hours": late, "label": f"late after {late:g} h"}]}}
    ruled = {"type": "rule", "strokeDash": [4, 4], "color": _COLOURS["number"]}
    # The words stand where the curve does not pass.
    high = next((p["share"] or 0 for p in points if (p["hours"] or 0) >= late), 0) > 0.5
    words = {"type": "text", "align": "left", "dx": 5, "y": _HEIGHT - 12 if high else 10, "color": _COLOURS["number"]}
    layer: list[Spec] = [
        {"mark": {"type": "area", "opacity": 0.2, **steps}, "encoding": {"x": x, **band}},
        {"mark": {"type": "line", "strokeWidth": 2.2, **steps}, "encoding": {"x": x, **line}},
        {**at_late, "mark": ruled, "encoding": {"x": {"field": "hours", "type": "quantitative"}}},
        {**at_late, "mark": words, "encoding": {"x": {"field": "hours", "type": "quantitative"}, "text": {"field": "label"}}},
    ]  # fmt: skip
    spec = _spec(alt, points, height=_HEIGHT, layer=layer)
    return Chart("first-level-wait", "Waiting for the first magnesium sample, with the 95 % interval", alt, spec, table.name)


def bands(table: Table, limits: Sequence[Mapping[str, Any]]) -> Chart:
    """Medians, middle halves and outer points of levels by age, over the default interval."""
    keys = [c.key for c in table.columns if c.kind == "level"]
    outer_low, low, middle, high, outer_high = keys
    rows = [{"age": r["age"], **{k: r[k] for k in keys}} for r in table.records() if r[middle] is not None]
    alt = (
        "Levels by age band over the reference interval. Medians: "
        + "; ".join(f"{r['age']} {r[middle]:.2f}" for r in rows)
        + " mmol/L."
    )
    x = {"field": "age", "type": "ordinal", "sort": [r["age"] for r in limits], "title": "Age",
         "axis": {"labelAngle": 0, "grid": False}, "scale": {"paddingInner": 0, "paddingOuter": 0}}  # fmt: skip
    title = {"type": "quantitative", "title": "Magnesium, mmol/L", "scale": {"zero": False}}

    def span(a: str, b: str, **mark: Any) -> Spec:
        return {"mark": mark, "encoding": {"x": x, "y": {**title, "field": a}, "y2": {"field": b}}}

    layer: list[Spec] = [
        {"data": {"values": list(limits)}, **span("low", "high", type="bar", width={"band": 1}, color=BAND)},
        span(outer_low, outer_high, type="rule", color=INK, strokeWidth=1.2),
        span(low, high, type="bar", width={"band": 0.35}, color=_COLOURS["rest"]),
        {"mark": {"type": "tick", "width": {"band": 0.35}, "thickness": 2.5, "color": "#ffffff"},
         "encoding": {"x": x, "y": {**title, "field": middle}}},
    ]  # fmt: skip
    spec = _spec(alt, rows, height=320, layer=layer)
    caption = "Levels by age: median, middle half and outer points (2.5 and 97.5 %); behind them in green the interval in force"
    return Chart("levels-by-age", caption, alt, spec, table.name)


def density(table: Table, about: Mapping[str, Any]) -> Chart:
    """How many levels lie in each step, as a share of those of the age band; steps with few levels in grey."""
    alt = f"Map of how many levels lie in each step of {about['step']} mmol/L, by age, darker where there are more."
    data = [
        {"age": r["age"], "from": r["from"], "to": r["to"], "levels": r["levels"] if isinstance(r["levels"], int) else None}
        for r in table.records()
    ]
    low, high = about["drawn"]
    x = {"field": "age", "type": "ordinal", "sort": list(about["names"]), "title": "Age",
         "axis": {"labelAngle": 0}, "scale": {"padding": 0.06}}  # fmt: skip
    y = {"field": "from", "type": "quantitative", "title": "Magnesium, mmol/L", "scale": {"domain": [low, high]}}
    colour = {"field": "share", "type": "quantitative", "title": "Share of the age band's levels",
              "scale": {"scheme": "blues", "zero": True}, "legend": {"format": "%"}}  # fmt: skip
    bar = {"type": "bar", "width": {"band": 1}}
    body: Spec = {
        "transform": [
            {"joinaggregate": [{"op": "sum", "field": "levels", "as": "all"}], "groupby": ["age"]},
            {"calculate": "datum.levels === null ? null : datum.levels / datum.all", "as": "share"},
        ],
        "encoding": {"x": x, "y": y, "y2": {"field": "to"}},
        "layer": [
            {"transform": [{"filter": "datum.levels === null"}], "mark": {**bar, "color": _FEW}},
            {"transform": [{"filter": "datum.levels !== null"}], "mark": bar, "encoding": {"color": colour}},
        ],
    }
    few = "; grey where counts are not shown" if any(r["levels"] is None for r in data) else ""
    return Chart("levels-density", f"Where the levels lie, by age{few}", alt, _spec(alt, data, height=300, **body), table.name)


def intervals(table: Table, by: str, *, along: bool = False) -> Chart:
    """A share for each row with its interval; `along` sets the rows side by side, as times are read."""
    rows = [r for r in table.records() if isinstance(r["share"], float)]
    hidden = len(table.rows) - len(rows)
    said = "; ".join(f"{r[by]} {_percent(r['share'])}" for r in rows if isinstance(r["share"], float))
    alt = f"Shares with intervals. {table.caption}: {said or 'none that may be shown'}."
    one, other, span = ("x", "y", "y2") if along else ("y", "x", "x2")
    axis = {"title": None, "domain": along, "ticks": False, "grid": not along}
    place = {"field": by, "type": "ordinal", "sort": None, "axis": axis}
    share = {"type": "quantitative", "title": "Share not measured in time", "scale": {"domain": [0, 1]},
             "axis": {"format": "%", "tickCount": 5}}  # fmt: skip
    layer = [
        {"mark": {"type": "rule", "color": _COLOURS["rest"], "strokeWidth": 2},
         "encoding": {other: {**share, "field": "low"}, span: {"field": "high"}}},
        {"mark": {"type": "point", "filled": True, "size": 60, "color": _COLOURS["number"], "opacity": 1},
         "encoding": {other: {**share, "field": "share"}}},
    ]  # fmt: skip
    spec = _spec(alt, rows, height=240 if along else 24 * max(len(rows), 1), encoding={one: place}, layer=layer)
    caption = f"{table.caption}: share not measured in time, with the 95 % interval"
    return Chart(
        table.name, caption + (f" ({hidden} not shown, with few infants on a side)" if hidden else ""), alt, spec, table.name
    )


def grid(table: Table, by: str) -> Chart:
    """A share for each site and time; grey where few infants keep it from being shown."""
    cells = [{"site": r["site"], "time": r[by], "share": r["share"]} for r in table.records()]
    seen = sum(r["share"] is not None for r in cells)
    alt = f"Map of the share not measured in time by site and {by}, darker where higher; {seen} of {len(cells)} are shown."
    colour = {"field": "share", "type": "quantitative", "title": "Share not measured in time",
              "scale": {"scheme": "oranges", "domain": [0, 1]}, "legend": {"format": "%"}}  # fmt: skip
    body: Spec = {
        "encoding": {
            "x": {"field": "time", "type": "ordinal", "title": None, "scale": {"padding": 0.08}},
            "y": {"field": "site", "type": "nominal", "title": None},
        },
        "layer": [
            {"transform": [{"filter": "datum.share === null"}], "mark": {"type": "rect", "color": _FEW}},
            {"transform": [{"filter": "datum.share !== null"}], "mark": {"type": "rect"}, "encoding": {"color": colour}},
        ],
    }
    few = "; grey where there are too few infants to show" if seen < len(cells) else ""
    caption = f"Share not measured in time, by site and {by}{few}"
    return Chart(
        table.name, caption, alt, _spec(alt, cells, height=26 * max(len({r["site"] for r in cells}), 1), **body), table.name
    )
