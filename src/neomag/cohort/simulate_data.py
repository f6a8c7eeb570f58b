"""What the generator draws from: `simulate.toml` of the knowledge in force, as plain rows for the tables of its SQL.

Results other than magnesium come from the default reference intervals, so that 95 % of the well lie inside.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, cast

from neomag import units
from neomag.ages import DAY, MONTH, SECONDS
from neomag.intervals import DEFAULT, in_canonical
from neomag.knowledge import Knowledge, load
from neomag.knowledge.tables import cohort_file, read_toml

Table = dict[str, Any]
Row = tuple[Any, ...]
HOUR = SECONDS["h"]
# The two-sided 95 % point of the normal distribution: a reference interval spans twice this many SDs.
Z95 = 1.959963984540054
MASS, MOLES = "mass", "moles"


@dataclass(frozen=True, slots=True)
class Drawn:
    """The generator's data: the file as read, and the rows of its SQL tables by table name."""

    said: Mapping[str, Any]
    rows: Mapping[str, tuple[Row, ...]]
    classes: tuple[int, ...]
    analytes: tuple[str, ...]


def _at(level: Table) -> int:
    return round(level.get("at_h", 0) * HOUR + level.get("at_d", 0) * DAY + level.get("at_mo", 0) * MONTH)


def knots(said: Mapping[str, Any]) -> dict[str, list[tuple[int, float, float]]]:
    """Magnesium by group: (age in seconds, mean, SD), in order of age."""
    found: dict[str, list[tuple[int, float, float]]] = {}
    for level in said["level"]:
        found.setdefault(level["group"], []).append((_at(level), level["mean"], level["sd"]))
    return found


def _stories(said: Mapping[str, Any]) -> tuple[Row, ...]:
    made: list[Row] = []
    below = 0.0
    for name, of in said["story"].items():
        early = of.get("early_h", of["start_h"])
        magnesium = of["magnesium"]
        made.append(
            (
                name, below, below + of["share"], *(h * HOUR for h in of["start_h"]), *(h * HOUR for h in early),
                of.get("early", 0.0), of["gap_h"] * HOUR, bool(of.get("deficient", False)), of.get("group", "any"),
                magnesium["never"], magnesium.get("delay_h", 0) * HOUR, 1 - of.get("recovery", 0.0),
            )
        )  # fmt: skip
        below += of["share"]
    made[-1] = (*made[-1][:2], 2.0, *made[-1][3:])  # sums of shares round; everybody has a story
    return tuple(made)


def _items(said: Mapping[str, Any]) -> tuple[Row, ...]:
    made: list[Row] = []
    for name, of in said["story"].items():
        for event in of["events"]:
            birth = event["h"] == "birth"
            hours = cast("list[float]", [0, 0] if birth else event["h"])
            made.append(
                (
                    len(made), name, event["kind"], event["code"], event["share"], birth, *(h * HOUR for h in hours),
                    event.get("again", 0.0), event.get("absent", False), _span(event.get("lasting_d"), DAY), event.get("grade"),
                    event.get("dose"), event.get("dose_unit"), event.get("route"), event.get("concentration"),
                    _span(event.get("over_min"), SECONDS["min"]),
                )
            )  # fmt: skip
    return tuple(made)


def _span(value: float | None, unit: int) -> int | None:
    return None if value is None else round(value * unit)


def _sites(said: Mapping[str, Any], knowledge: Knowledge) -> tuple[tuple[Row, ...], tuple[Row, ...]]:
    sites: list[Row] = []
    written: list[Row] = []
    below = 0.0
    for site in said["site"]:
        sites.append((site["name"], below, below + site["share"]))
        below += site["share"]
        for number, (code, of) in enumerate(said["analyte"].items()):
            analyte = knowledge.analytes[code]
            unit = site["units"].get(code, analyte.canonical)
            kind = MASS if unit.startswith(("mg/", "g/")) else MOLES
            if code in site.get("code_conflict", ()):
                kind = MOLES if kind == MASS else MASS
            loinc = of.get("loinc", {}).get(kind)
            factor = float(units.convert(units.number(1), analyte.canonical, unit, knowledge, analyte))
            source = f"LOINC {loinc}" if loinc else f"LOCAL {code.upper()}"
            written.append((site["name"], number, unit, factor, of["decimals"][unit], source))
    sites[-1] = (*sites[-1][:2], 2.0)
    return tuple(sites), tuple(written)


def _healthy(said: Mapping[str, Any], knowledge: Knowledge) -> tuple[tuple[int, ...], tuple[Row, ...]]:
    """The ages (s) at which a new class begins, and mean, SD, low and high of every analyte in every class of age."""
    bands: dict[str, list[tuple[int, float, float, float | None, float | None]]] = {}
    for code, of in said["analyte"].items():
        if "healthy" in of:
            bands[code] = [(0, of["healthy"]["mean"], of["healthy"]["sd"], None, None)]
            continue
        for interval in knowledge.intervals:
            if interval.analyte == code and interval.authority == DEFAULT and interval.group == "any":
                low, high = in_canonical(interval, knowledge)
                if low is not None and high is not None:
                    bands.setdefault(code, []).append((interval.start, (low + high) / 2, (high - low) / 2 / Z95, low, high))
    starts = tuple(sorted({start for of in bands.values() for start, *_ in of} | {0}))
    made: list[Row] = []
    for number, start in enumerate(starts):
        for index, (code, of) in enumerate(said["analyte"].items()):
            band = max((b for b in bands[code] if b[0] <= start), key=lambda b: b[0])
            made.append((number, index, of["measured"], *band[1:]))
    return starts, tuple(made)


@cache
def drawn() -> Drawn:
    """The generator's data of the knowledge in force, read once a process."""
    knowledge = load()
    said = read_toml(cohort_file("simulate.toml"))
    names = tuple(said["analyte"])
    sites, written = _sites(said, knowledge)
    classes, healthy = _healthy(said, knowledge)
    levels = tuple(
        (story, names.index(code), level["mean"], level["sd"])
        for story, of in said["story"].items()
        for code, level in of.get("levels", {}).items()
    )
    rows = {
        "sim_story": _stories(said),
        "sim_item": _items(said),
        "sim_site": sites,
        "sim_written": written,
        "sim_healthy": healthy,
        "sim_level": levels,
        "sim_analyte": tuple(enumerate(names)),
        # What is written twice gets two rows.
        "sim_copies": ((False, 0), (True, 0), (True, 1)),
    }
    return Drawn(said, rows, classes, names)
