"""The panel "what a level does not tell": sliders over runs worked out beforehand; the first run is drawn without a script.

The runs are `static/panel.json`, made by `python -m tools.body_panel`; nothing is simulated when a page is asked for.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from math import ceil, floor, prod
from typing import Any

from litestar import Request, Response, get

from neomag.web.assets import assets
from neomag.web.page import page

FILE = "panel.json"
# The picture's own measures, in units of its view box; `panel.js` reads them off the picture.
LEFT, RIGHT, WIDTH = 56, 596, 640
ABOVE, BELOW = (24, 204), (252, 402)
_TICKS = 5
Run = Mapping[str, Any]


@cache
def panel_runs() -> dict[str, Any]:
    """Every topic with its sliders and runs: serum in µmol/L, stores in ‰ of the usual, times in hours."""
    return json.loads(assets()[FILE].body)


def first_run(topic: Mapping[str, Any]) -> Run:
    """The run of a topic with every slider at its start."""
    sizes = [len(s["values"]) for s in topic["sliders"]]
    return topic["runs"][sum(s["start"] * prod(sizes[i + 1 :]) for i, s in enumerate(topic["sliders"]))]


def ranges(topic: Mapping[str, Any]) -> dict[str, tuple[float, float]]:
    """What the axes of a topic span, over all of its runs, so that a slider moves the lines and not the axes.

    Days, serum in mmol/L, stores in % of the usual.
    """
    serum = [v for run in topic["runs"] for v in run["serum"]] + [
        v for one in topic["intervals"] for _, _, *ends in one for v in ends
    ]
    stores = [v for run in topic["runs"] for name in ("muscle", "bone") for v in run[name]]
    return {
        "days": (topic["t"][0] / 24, topic["t"][-1] / 24),
        "serum": (0.0, ceil(max(serum) / 100) / 10),
        "stores": (floor(min(stores) / 100) * 10, ceil(max(stores) / 100) * 10),
    }


def figure(topic: Mapping[str, Any]) -> dict[str, Any]:
    """The first run of a topic as places in the picture: lines, the interval's boxes and the ticks of the axes."""
    run, span = first_run(topic), ranges(topic)
    x = _scale(*span["days"], LEFT, RIGHT)
    y = _scale(*span["serum"], ABOVE[1], ABOVE[0])
    z = _scale(*span["stores"], BELOW[1], BELOW[0])
    days = [t / 24 for t in topic["t"]]
    boxes = [
        {"x": x(a / 24), "y": y(high / 1000), "width": x(b / 24) - x(a / 24), "height": y(low / 1000) - y(high / 1000)}
        for a, b, low, high in topic["intervals"][run["interval"]]
    ]
    return {
        "serum": _points(map(x, days), (y(v / 1000) for v in run["serum"])),
        "muscle": _points(map(x, days), (z(v / 10) for v in run["muscle"])),
        "bone": _points(map(x, days), (z(v / 10) for v in run["bone"])),
        "boxes": [{key: round(value, 1) for key, value in box.items()} for box in boxes],
        "x": [(tick, round(x(tick), 1)) for tick in ticks(*span["days"])],
        "y": [(tick, round(y(tick), 1)) for tick in ticks(*span["serum"])],
        "z": [(tick, round(z(tick), 1)) for tick in ticks(*span["stores"])],
    }


def table(topic: Mapping[str, Any], every: int = 1) -> list[dict[str, float]]:
    """The first run of a topic as rows, a day apart or `every` so many days."""
    run = first_run(topic)
    return [
        {"day": t / 24, "serum": run["serum"][i] / 1000, "muscle": run["muscle"][i] / 10, "bone": run["bone"][i] / 10}
        for i, t in enumerate(topic["t"])
        if t % (24 * every) == 0
    ]


def ticks(low: float, high: float) -> list[float]:
    """Round numbers from `low` to `high`, about five steps apart."""
    rough = (high - low) / _TICKS
    step = next(size for size in (0.05, 0.1, 0.2, 0.25, 0.5, 1, 2, 5, 7, 10, 20, 50) if size >= rough * 0.999)
    return [round(i * step, 6) for i in range(ceil(low / step - 1e-9), floor(high / step + 1e-9) + 1)]


def _scale(low: float, high: float, start: float, end: float) -> Callable[[float], float]:
    return lambda value: start + (value - low) / (high - low) * (end - start)


def _points(x: Any, y: Any) -> str:
    return " ".join(f"{a:.1f},{b:.1f}" for a, b in zip(x, y, strict=True))


def panel_view() -> dict[str, Any]:
    """What the template `panel.html` needs as `panel`."""
    runs = panel_runs()
    topics: Sequence[Mapping[str, Any]] = runs["topics"]
    return {
        "tip": runs["tip"], "topics": topics,
        "figure": figure(topics[0]), "rows": table(topics[0]), "days": len(topics[0]["t"]),
        "left": LEFT, "right": RIGHT, "width": WIDTH, "above": ABOVE, "below": BELOW,
    }  # fmt: skip


@get("/level", include_in_schema=False)
async def level(request: Request[Any, Any, Any]) -> Response[bytes]:
    """The panel on a page of its own; it names no infant, so it is open to everybody."""
    return page(request, "level.html", keep=True, panel=panel_view())
