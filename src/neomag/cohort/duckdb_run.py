"""The DuckDB engine: one chunk of infants at a time, in the memory that was given."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from neomag.cohort.chunks import Chunk
from neomag.cohort.job import Job
from neomag.cohort.readers.staging import clear
from neomag.sql import literal

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

    from neomag.cohort.settings import Limits
    from neomag.rules import Rulebook

TABLES = {"infants": "infants.parquet", "events": "events.parquet", "moments": "work/moments"}


@dataclass(frozen=True, slots=True)
class Answered:
    """A chunk's answers: where each file is to go in the folder of the run, and where it was written."""

    files: dict[str, Path]
    infants: int
    rows: int


class DuckEngine:
    """Answers chunks on the connection of the run."""

    def __init__(self, con: DuckDBPyConnection, book: Rulebook, limits: Limits):
        from neomag.cohort.answers import answers_query

        self.con = con
        self.query = answers_query(book, dialect="duckdb", local=bool(limits))
        clear(con, "intervals")
        if limits:
            con.execute("CREATE TEMP TABLE intervals (analyte VARCHAR, low DOUBLE, high DOUBLE)")
            con.executemany("INSERT INTO intervals VALUES (?, ?, ?)", [[name, *pair] for name, pair in limits.items()])

    def answer(self, chunk: Chunk, job: Job) -> Answered:
        """Write the answers of `chunk`."""
        for table, folder in TABLES.items():
            files = chunk_files(job, folder, chunk)
            clear(self.con, table)
            self.con.execute(f"CREATE TEMP TABLE {table} AS FROM {parquet(files)}{_slice(chunk, job)}")
        place = job.fresh("answers.parquet")
        rows = copy(self.con, f"FROM ({self.query}) ORDER BY infant, now", place)
        infants = count(self.con, "infants")
        return Answered({f"answers.parquet/part-{chunk.number:05}.parquet": place}, infants, rows)


def chunk_files(job: Job, folder: str, chunk: Chunk) -> list[Path]:
    """The files of a chunk's buckets in a folder of the run."""
    return [job.out / folder / f"part-{bucket:05}.parquet" for bucket in chunk.buckets]


def copy(con: DuckDBPyConnection, select: str, place: Path) -> int:
    """Write `select` to one Parquet file; how many rows it has."""
    done = con.execute(f"COPY ({select}) TO {literal(place)} (FORMAT parquet, COMPRESSION zstd)").fetchone()
    return done[0] if done else 0


def count(con: DuckDBPyConnection, table: str) -> int:
    """The number of rows of a table, or of what stands for one after FROM."""
    found = con.execute(f"SELECT count(*) FROM {table}").fetchone()
    return found[0] if found else 0


def parquet(files: Sequence[Path]) -> str:
    """Parquet files as SQL reads them. Each is named, since DuckDB takes a name that is there before it looks for a pattern."""
    return "read_parquet([" + ", ".join(map(literal, files)) + "])"


def _slice(chunk: Chunk, job: Job) -> str:
    # The bucket is hash % buckets; what is left of the hash tells the slices apart.
    return f" WHERE hash(infant) // {job.record['buckets']} % {chunk.slices} = {chunk.slice_}" if chunk.slices > 1 else ""
