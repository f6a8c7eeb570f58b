"""Made-up infants with a known truth: `simulate` writes as many as are asked for, as flat Parquet or FHIR NDJSON.

Drawn by DuckDB in chunks of infants, so that memory does not grow with their number. A seed gives the same infants again on
any number of threads; another version of DuckDB may hash otherwise and so draw others, hence its version is written down.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import asdict, dataclass
from pathlib import Path
from shutil import rmtree
from typing import TYPE_CHECKING, Literal

from neomag.cohort import simulate_sql as sql
from neomag.cohort.simulate_data import Drawn, drawn
from neomag.knowledge import load
from neomag.sql import literal

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

Form = Literal["flat", "fhir"]
MADE_UP = (
    "Made-up infants of `neomag cohort simulate`. No record of a person is in them; truth.parquet says who lacks magnesium."
)
_CHUNK = 20_000
_PARTS = "_parts"


class SimulateError(ValueError):
    """What cannot be made; the text says why, in one line."""


@dataclass(frozen=True, slots=True)
class Simulated:
    """What was written: the folder's own note, `simulated.json`. `events` counts the rows or resources of events."""

    made_up: str
    form: str
    infants: int
    events: int
    seed: int
    events_per_infant: float
    knowledge: str
    duckdb: str


def simulate(
    path: Path | str,
    infants: int,
    seed: int = 1,
    events_per_infant: float = 30,
    form: Form = "flat",
    *,
    gzipped: bool = False,
    threads: int | None = None,
    told: Callable[[int], None] = lambda done: None,
) -> Simulated:
    """Write `infants` made-up infants under the folder `path`, with `events_per_infant` events each on average.

    `flat` is the project's own layout (infants.parquet, events.parquet), `fhir` bulk NDJSON (gzip when `gzipped`);
    truth.parquet and simulated.json stand beside either. `told` hears how many are done. Raises SimulateError for numbers
    out of range and a folder that holds something already.
    """
    import duckdb

    folder = Path(path)
    data = drawn()
    more = _bloods(data, infants, seed, events_per_infant) - 1
    if folder.is_dir() and any(folder.iterdir()):
        raise SimulateError(f"{folder}: the folder is not empty; name a new one")
    parts = folder / _PARTS
    parts.mkdir(parents=True)
    chunks = [(n, first, min(first + _CHUNK, infants + 1)) for n, first in enumerate(range(1, infants + 1, _CHUNK))]
    events = done = 0
    # A thread with a connection of its own each: DuckDB itself would not share so few rows between threads.
    with ThreadPoolExecutor(max_workers=threads or os.cpu_count() or 1) as pool:
        waiting = {pool.submit(_one, data, seed, of, more, folder, form, gzipped): of for of in chunks}
        for written in as_completed(waiting):
            events += written.result()
            done += waiting[written][2] - waiting[written][1]
            told(done)
    _join(parts, folder, form, gzipped)
    rmtree(parts)
    note = Simulated(MADE_UP, form, infants, events, seed, events_per_infant, load().version, duckdb.__version__)
    (folder / "simulated.json").write_text(json.dumps(asdict(note), indent=2) + "\n", "utf-8")
    return note


def _bloods(data: Drawn, infants: int, seed: int, events_per_infant: float) -> float:
    """The mean number of bloods an infant needs for so many events. Raises SimulateError for numbers out of range."""
    results = sum(of["measured"] for of in data.said["analyte"].values())
    others, most = data.said["panels"]["other_events"], data.said["panels"]["most"]
    least, largest = results + others, results * most / 4
    if infants < 1 or infants > 100_000_000:
        raise SimulateError(f"infants: {infants}: write 1 to 100,000,000")
    if not 0 <= seed < 2**31:
        raise SimulateError(f"seed: {seed}: write 0 to {2**31 - 1}")
    if not least <= events_per_infant <= largest:
        raise SimulateError(f"events per infant: {events_per_infant:g}: write {least:.0f} to {largest:.0f}")
    return (events_per_infant - others) / results


def prepare(con: DuckDBPyConnection, data: Drawn, seed: int) -> None:
    """Put the generator's data and its functions into a connection."""
    con.execute(sql.MACROS)
    con.execute(f"SET VARIABLE sim_seed = {seed}::BIGINT")
    for table, columns in sql.TABLES.items():
        con.execute(f"CREATE OR REPLACE TEMP TABLE {table} ({columns})")
        if rows := data.rows[table]:
            con.executemany(f"INSERT INTO {table} VALUES ({', '.join('?' * len(rows[0]))})", rows)


def chunk(con: DuckDBPyConnection, data: Drawn, first: int, last: int, more: float) -> None:
    """Draw the infants numbered `first` to below `last` into sim_infants, sim_panels, sim_labs and sim_others."""
    con.execute(sql.infants_sql(data, first, last, more))
    con.execute(sql.panels_sql(data))
    con.execute(sql.labs_sql(data))
    con.execute(sql.others_sql())


def _one(data: Drawn, seed: int, of: tuple[int, int, int], more: float, folder: Path, form: Form, gzipped: bool) -> int:
    """Draw and write one chunk; the number of its events."""
    import duckdb

    number, first, last = of
    parts = folder / _PARTS
    with duckdb.connect(config={"threads": 1}) as con:
        prepare(con, data, seed)
        chunk(con, data, first, last, more)
        _copy(con, sql.TRUTH, parts / f"truth-{number:05d}.parquet")
        if form == "fhir":
            from neomag.cohort.simulate_fhir import write_fhir

            return write_fhir(con, sql.events_sql(data), parts, number)
        names = ", ".join(f'"{column}"' for column in sql.INFANT_COLUMNS)
        _copy(con, f"SELECT {names} FROM sim_infants ORDER BY i", parts / f"infants-{number:05d}.parquet")
        return _copy(con, sql.events_sql(data, sql.EVENT_COLUMNS), parts / f"events-{number:05d}.parquet")


def _copy(con: DuckDBPyConnection, query: str, to: Path) -> int:
    """Write what a query gives to a Parquet file; the number of rows."""
    found = con.execute(f"COPY ({query}) TO {literal(to)} (FORMAT parquet)").fetchone()
    return int(found[0]) if found else 0


def _join(parts: Path, folder: Path, form: Form, gzipped: bool) -> None:
    """One file a table, its rows in the order of the chunks."""
    import duckdb

    with duckdb.connect(config={"threads": 2, "preserve_insertion_order": True}) as con:
        for table in ("truth", "infants", "events") if form == "flat" else ("truth",):
            _copy(con, f"SELECT * FROM read_parquet({literal(parts / f'{table}-*.parquet')})", folder / f"{table}.parquet")
    if form == "fhir":
        from neomag.cohort.simulate_fhir import join_fhir

        join_fhir(parts, folder, gzipped)
