"""The course of a run as one SVG: serum against the interval above, the stores in percent of their start below."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from html import escape
from itertools import pairwise
from math import ceil, floor, log10

from neomag.body.course import Row, course, stretches
from neomag.body.data import words
from neomag.body.run import Run
from neomag.body.uncertainty import Uncertainties, Uncertainty
from neomag.knowledge import Knowledge
from neomag.vega import BAND, FONT, INK, RULE

_WIDTH, _LEFT, _RIGHT = 720, 64, 96
_TOP, _HEIGHT, _GAP = 64, 200, 60
# Told apart in grey print and by the colour-blind, as the charts of a cohort report are; the dashes tell them apart too.
_LINES = (("fluid", "fluid", "#b4480f", ""), ("fast", "fast tissue", "#2c6e91", "6 3"), ("muscle", "muscle", "#1f2529", "2 3"),
          ("bone", "bone", "#6b7a2f", "9 3 2 3"))  # fmt: skip
_SERUM = "#b4480f"
_OPACITY = {"between-infants": 0.14, "mean-infant": 0.3}
_TICKS = 5
Scale = Callable[[float], float]


def svg(run: Run, knowledge: Knowledge, spread: Uncertainties | None = None) -> str:
    """The chart as SVG text, with a title and a description for those who do not see it; `spread` as labelled bands."""
    rows = course(run, knowledge)
    says, drawn = words(knowledge)["label"], list(spread.each()) if spread else []
    height = _TOP + 2 * _HEIGHT + _GAP + 48
    days = [row.t / 24 for row in rows]
    x = _scale(days[0], days[-1], _LEFT, _WIDTH - _RIGHT)
    levels = [row.level for row in rows]
    ends = [end for row in rows for end in row.limits if end is not None]
    top = max([*levels, *ends, *(high for _, one in drawn for high in one.high)]) * 1.08
    y = _scale(0, top, _TOP + _HEIGHT, _TOP)
    below = _TOP + _HEIGHT + _GAP
    shares = {key: [100 * row.places[key] / rows[0].places[key] for row in rows] for key, *_ in _LINES}
    most = max(max(values) for values in shares.values()) * 1.08
    z = _scale(0, most, below + _HEIGHT, below)
    described = (
        f"Serum magnesium from {levels[0]:.2f} to {levels[-1]:.2f} mmol/L over {days[-1]:g} days; lowest {min(levels):.2f}, "
        f"highest {max(levels):.2f}. Magnesium in the body from {rows[0].body:.1f} to {rows[-1].body:.1f} mmol. {says}"
    )
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" width="{_WIDTH}" height="{height}" '
        f'role="img" aria-labelledby="title desc" font-family="{FONT}" font-size="12">',
        f'<title id="title">{escape(run.scenario.says)}</title><desc id="desc">{escape(described)}</desc>',
        f'<rect width="{_WIDTH}" height="{height}" fill="#ffffff"/>',
        _text(_LEFT, 20, run.scenario.says, size=14),
        _text(_LEFT, 40, says, colour=_SERUM),
        *_band(rows, x, y),
        *(_area(name, one, x, y, knowledge) for name, one in drawn),
        *_key([name for name, _ in drawn], knowledge),
        *_axes(x, y, days, top, _TOP, "serum, mmol/L"),
        _path(days, levels, x, y, _SERUM, ""),
        _text(_WIDTH - _RIGHT + 6, y(levels[-1]) + 4, "serum", colour=_SERUM),
        *_axes(x, z, days, most, below, "stores, % of the start"),
    ]
    for (key, name, colour, dashes), place in zip(_LINES, _apart([z(shares[k][-1]) for k, *_ in _LINES]), strict=True):
        parts.append(_path(days, shares[key], x, z, colour, dashes))
        parts.append(_text(_WIDTH - _RIGHT + 6, place + 4, name, colour=colour))
    parts += [_text((_LEFT + _WIDTH - _RIGHT) / 2, height - 10, "days", anchor="middle"), "</svg>"]
    return "\n".join(parts) + "\n"


def _scale(low: float, high: float, start: float, end: float) -> Scale:
    return lambda value: start + (value - low) / ((high - low) or 1) * (end - start)


def _text(x: float, y: float, text: str, *, size: int = 12, colour: str = INK, anchor: str = "start") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size}" fill="{colour}" text-anchor="{anchor}">{escape(text)}</text>'


def _path(days: Sequence[float], values: Sequence[float], x: Scale, y: Scale, colour: str, dashes: str) -> str:
    at = " ".join(f"{x(day):.1f},{y(value):.1f}" for day, value in zip(days, values, strict=True))
    dashed = f' stroke-dasharray="{dashes}"' if dashes else ""
    return f'<polyline points="{at}" fill="none" stroke="{colour}" stroke-width="2"{dashed}/>'


def _area(name: str, one: Uncertainty, x: Scale, y: Scale, knowledge: Knowledge) -> str:
    """The middle 95 % of draws as an area, its meaning as its title."""
    there = [f"{x(t / 24):.1f},{y(high):.1f}" for t, high in zip(one.t, one.high, strict=True)]
    back = [f"{x(t / 24):.1f},{y(low):.1f}" for t, low in zip(one.t, one.low, strict=True)]
    says, around = words(knowledge), " ".join([*there, *reversed(back)])
    title = f"<title>{escape(says[name])}: {escape(says[f'{name}-says'])}</title>"
    return f'<polygon points="{around}" {_shade(name)}>{title}</polygon>'


def _key(names: Sequence[str], knowledge: Knowledge) -> Iterator[str]:
    """Which shade is which spread, above the chart at its right."""
    left = _WIDTH - _RIGHT - 150
    for i, name in enumerate(names):
        top = _TOP - 18 + 14 * i
        yield f'<rect x="{left}" y="{top}" width="12" height="10" {_shade(name)}/>'
        yield _text(left + 16, top + 9, f"95 % {words(knowledge)[name]}")


def _shade(name: str) -> str:
    return f'fill="{_SERUM}" fill-opacity="{_OPACITY[name]}"'


def _band(rows: Sequence[Row], x: Scale, y: Scale) -> Iterator[str]:
    """The interval as a green band, a box for each stretch in which it stays the same."""
    for start, end, (low, high) in stretches([row.t for row in rows], [row.limits for row in rows]):
        left = x(start / 24)
        box = (
            f'x="{left:.1f}" y="{y(high or 0):.1f}" width="{x(end / 24) - left:.1f}" height="{y(low or 0) - y(high or 0):.1f}"'
        )
        yield f'<rect {box} fill="{BAND}"><title>interval {low:g} to {high:g} mmol/L</title></rect>'


def _axes(x: Scale, y: Scale, days: Sequence[float], top: float, above: float, title: str) -> Iterator[str]:
    yield _text(_LEFT, above - 6, title)
    for tick in _ticks(0, top):
        at = f'y1="{y(tick):.1f}" y2="{y(tick):.1f}"'
        yield f'<line x1="{_LEFT}" x2="{_WIDTH - _RIGHT}" {at} stroke="{RULE}"/>'
        yield _text(_LEFT - 6, y(tick) + 4, f"{tick:g}", anchor="end")
    for tick in _ticks(days[0], days[-1]):
        yield _text(x(tick), above + _HEIGHT + 16, f"{tick:g}", anchor="middle")


def _ticks(low: float, high: float) -> list[float]:
    rough = (high - low) / _TICKS
    size = 10 ** floor(log10(rough))
    step = next(size * by for by in (1, 2, 5, 10) if size * by >= rough)
    first = ceil(low / step - 1e-9)
    return [round(i * step, 10) for i in range(first, floor(high / step + 1e-9) + 1)]


def _apart(places: list[float]) -> list[float]:
    """The heights of labels, moved down where they would lie on each other."""
    order = sorted(range(len(places)), key=places.__getitem__)
    found = list(places)
    for before, after in pairwise(order):
        found[after] = max(found[after], found[before] + 14)
    return found
