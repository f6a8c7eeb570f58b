"""A laboratory's own reference intervals from its routine results, by band of age: what is used, and what is refused.

An indirect method; `intervals.toml` says which, with its sources. `estimate` takes a finished run or the flat layout.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

from neomag import units
from neomag.ages import SECONDS, seconds
from neomag.knowledge import Analyte, Knowledge
from neomag.knowledge.tables import cohort_file, read_toml
from neomag.nearest import hint
from neomag.sql import literal

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection


class IntervalsError(ValueError):
    """What cannot be estimated; the text is one line: where, why, and what would be accepted."""


@dataclass(frozen=True, slots=True)
class Band:
    """Ages from `start` to below `end`, in seconds, as they were written."""

    start: int
    end: int
    written: str


@dataclass(frozen=True, slots=True)
class LocalInterval:
    """The interval of a band in `unit`, limits rounded as the analyte is reported, or why there is none (`refused`).

    `left_out` counts results that were not used, by reason; `low_between` and `high_between` are confidence intervals.
    """

    analyte: str
    band: Band
    unit: str
    results: int
    left_out: Mapping[str, int]
    low: float | None = None
    high: float | None = None
    low_between: tuple[float, float] | None = None
    high_between: tuple[float, float] | None = None
    power: float | None = None
    low_share: float | None = None
    high_share: float | None = None
    resamples: int = 0
    refused: str = ""


def said() -> Mapping[str, Any]:
    """intervals.toml of the knowledge in force."""
    return read_toml(cohort_file("intervals.toml"))


def bands(text: str | None = None) -> tuple[Band, ...]:
    """The bands of the knowledge, or those between ages such as `birth,24 h,7 d`. Raises IntervalsError."""
    if text is None:
        written = [(band["from"], band["to"]) for band in said()["band"]]
    else:
        ages = [age.strip() for age in text.split(",")]
        if len(ages) < 2:
            raise IntervalsError(f"bands `{text[:60]}`: write two ages or more, such as `birth,24 h,7 d,1 mo`")
        written = list(pairwise(ages))
    made: list[Band] = []
    for start, end in written:
        try:
            band = Band(seconds(start), seconds(end), f"{start} to {end}")
        except ValueError as error:
            raise IntervalsError(f"bands: {error}") from None
        if band.start >= band.end:
            raise IntervalsError(f"bands: {start} is not before {end}; write ages that grow")
        made.append(band)
    return tuple(made)


def estimate(
    source: Path, knowledge: Knowledge, analyte: str = "magnesium", within: Sequence[Band] | None = None, seed: int = 1
) -> tuple[LocalInterval, ...]:
    """The interval of each band, from the folder of a run or of the flat layout. Raises IntervalsError."""
    import duckdb

    of = knowledge.analytes.get(analyte)
    if of is None:
        raise IntervalsError(f"analyte `{analyte[:40]}` is not known{hint(analyte, knowledge.analytes, 0.4)}")
    with duckdb.connect() as con:
        con.execute("SET TimeZone = 'UTC'; SET enable_progress_bar = false")
        _results(con, source, of, knowledge)
        return tuple(one(con, of, band, knowledge, seed) for band in (within or bands()))


def one(con: DuckDBPyConnection, analyte: Analyte, band: Band, knowledge: Knowledge, seed: int) -> LocalInterval:
    """The interval of one band, over the table local_results."""
    rows = con.execute(_PICK, [band.start, band.end]).fetchall()
    left_out = {reason: count for reason, _, count in rows if reason is not None}
    values = {value: count for reason, value, count in rows if reason is None}
    held: dict[str, Any] = {
        "analyte": analyte.code, "band": band, "unit": analyte.canonical, "results": sum(values.values()), "left_out": left_out
    }  # fmt: skip
    least = said()["enough"]["results"]
    if held["results"] < least:
        return LocalInterval(**held, refused=f"{held['results']:,} results, fewer than {least:,}")
    from neomag.cohort.intervals_fit import fit

    try:
        found = fit(values, said(), seed)
    except ValueError as error:
        return LocalInterval(**held, refused=str(error))
    digits = said()["decimals"].get(analyte.canonical, 2)
    low, high = round(found.low, digits), round(found.high, digits)
    return LocalInterval(
        **held, low=low, high=high, low_between=found.low_between, high_between=found.high_between, power=found.power,
        low_share=found.low_share, high_share=found.high_share, resamples=found.resamples,
        refused=_implausible(analyte, low, high, knowledge),
    )  # fmt: skip


def _implausible(analyte: Analyte, low: float, high: float, knowledge: Knowledge) -> str:
    """Why a case would refuse these limits; empty when it would not."""
    for side, limit in (("low", low), ("high", high)):
        bounds = knowledge.settings["local_interval_plausible"].get(analyte.code)
        if bounds and not bounds[side][0] <= limit <= bounds[side][1]:
            least, most = bounds[side]
            held = f"{least:g} to {most:g}"
            return f"the {side} limit {limit:g} {analyte.canonical} is outside {held}: other units, or mostly the ill"
    return "" if low < high else "the limits are no interval"


def _results(con: DuckDBPyConnection, source: Path, analyte: Analyte, knowledge: Knowledge) -> None:
    """The table local_results: infant, age (s), value (canonical), and why a result is not used."""
    events, infants = source / "events.parquet", source / "infants.parquet"
    if not events.exists() or not infants.exists():
        raise IntervalsError(
            f"{source}: holds no events.parquet and infants.parquet; give the folder of a run or of the flat layout"
        )
    read = {name: literal(path / "*.parquet" if path.is_dir() else path) for name, path in (("e", events), ("i", infants))}
    columns = {row[0] for row in con.execute(f"DESCRIBE SELECT * FROM read_parquet({read['e']})").fetchall()}
    normal = "suspect" in columns
    if normal:
        age, value, unread = '"at"', "value", "false"
    else:
        age = "coalesce(\"at\", date_diff('second', born, time))"
        value, unread = _canonical(analyte, knowledge), "comparator IS NOT NULL"
    after, spoilt = said()["after"], said()["use"]["leaves_out"]
    stops = [code for kind in ("given", "condition") for code in after[kind]] if analyte.code in after["analytes"] else []
    stop = ", ".join(f"'{code}'" for code in stops) or "NULL"
    bad = ", ".join(f"'{tag}'" for tag in spoilt)
    low, high = analyte.plausible[analyte.canonical]
    con.execute(f"""
CREATE OR REPLACE TEMP TABLE local_results AS
WITH every AS (
    SELECT e.infant, e.seq, {age} AS age, e.kind, e.code, {value} AS value, {unread} AS unread,
        list_has_any(e.specimen, [{bad}]) AS spoilt
    FROM read_parquet({read["e"]}) e JOIN read_parquet({read["i"]}) i USING (infant)
    WHERE (e.kind = 'lab' AND e.code = '{analyte.code}') OR (e.kind IN ('given', 'condition') AND e.code IN ({stop}))
), treated AS (SELECT infant, min(age) AS since FROM every WHERE kind <> 'lab' GROUP BY infant)
SELECT r.infant, r.seq, r.age, r.value, CASE WHEN spoilt THEN 'spoilt sample' WHEN r.age IS NULL OR r.age < 0 THEN 'no age'
    WHEN r.value IS NULL OR isnan(r.value) OR unread OR r.value NOT BETWEEN {low} AND {high} THEN 'no usable number'
    WHEN t.infant IS NOT NULL AND (t.since IS NULL OR r.age >= t.since) THEN 'after magnesium' END AS reason
FROM every r LEFT JOIN treated t USING (infant) WHERE r.kind = 'lab'""")


def _canonical(analyte: Analyte, knowledge: Knowledge) -> str:
    """The value of a raw result in the canonical unit, as SQL; NULL in a unit that is not accepted."""
    cases = " ".join(
        f"WHEN '{unit}' THEN value * {float(units.convert(units.number(1), unit, analyte.canonical, knowledge, analyte))!r}"
        for unit in analyte.units
    )
    return f"CASE unit {cases} END"


# The first usable result of each infant in the band, counted by value (`reason` NULL); the others by why they are left out.
_PICK = """
WITH inside AS (SELECT * FROM local_results WHERE (age >= ? AND age < ?) OR reason = 'no age'),
ranked AS (SELECT *, row_number() OVER (PARTITION BY infant, reason IS NULL ORDER BY age, seq) AS place FROM inside)
SELECT CASE WHEN reason IS NULL AND place > 1 THEN 'not the first' ELSE reason END AS why,
    CASE WHEN reason IS NULL AND place = 1 THEN round(value, 6) END AS value, count(*) FROM ranked GROUP BY ALL ORDER BY ALL
"""


def short(age: int) -> str:
    """An age as a part of a file's name: `24h`, `7d`, `1mo`."""
    for unit in ("mo", "d", "h", "min"):
        if age % SECONDS[unit] == 0 and age:
            return f"{age // SECONDS[unit]}{unit}"
    return "birth" if age == 0 else f"{age}s"
