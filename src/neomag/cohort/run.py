"""A cohort run: source → staged → events and moments by bucket of infants → answers by chunk, each kept once it is whole."""

from __future__ import annotations

import time
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any, Protocol

from neomag.cohort import moments as at
from neomag.cohort.chunks import Chunk, buckets_for, chunks, infants_a_chunk
from neomag.cohort.duckdb_run import Answered, DuckEngine, copy, count
from neomag.cohort.finish import finish
from neomag.cohort.job import Job, opened
from neomag.cohort.progress import Progress
from neomag.cohort.readers.staging import INFANTS, Staged, columns_of
from neomag.cohort.settings import Limits, RunError, Settings, asked_of, local_limits
from neomag.cohort.stopping import Stop, stoppable

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

    from neomag.cohort.readers import Source
    from neomag.rules import Rulebook

# DuckDB's own limit leaves this share of the memory for what it does not count, and for Python.
_SHARE = 0.7
# One reader reads both; the files tell which it is.
_ALSO = {"mimic-iii": "mimic", "mimic-iv": "mimic"}


class Engine(Protocol):
    """What answers a chunk."""

    def answer(self, chunk: Chunk, job: Job) -> Answered:
        """Write the answers of `chunk`."""
        ...


@dataclass(frozen=True, slots=True)
class _Work:
    """All that a step of a run works with."""

    con: DuckDBPyConnection
    job: Job
    settings: Settings
    source: Source
    progress: Progress
    book: Rulebook
    limits: Limits
    stop: Stop


def run(settings: Settings, progress: Progress, book: Rulebook) -> dict[str, Any]:
    """Run as asked, or go on with a run that was stopped; what run.json holds at the end.

    Raises RunError, SourceError, JobError and MomentsError, one line each; Stopped when told to stop.
    """
    duckdb = _duckdb()
    from neomag.cohort.readers import Options, open_source

    limits = local_limits(settings.intervals, book.knowledge)
    layout = _ALSO.get(settings.layout or "", settings.layout)
    source = open_source(settings.source, layout, Options(settings.site_codes, settings.zone))
    if Path(source.where).resolve() in settings.out.resolve().parents:
        # What is written would be taken for a part of the source when the run goes on.
        raise RunError(f"{settings.out}: lies in the source; name a folder elsewhere")
    asked = asked_of(settings, source, limits, book.knowledge)
    with opened(settings.out, asked, restart=settings.restart) as job, stoppable() as stop:
        if job.finished:
            progress.say(f"{settings.out}: finished before; add --restart to run it anew")
            return job.record
        spill = job.work / "spill"
        spill.mkdir(exist_ok=True)
        config = {
            "memory_limit": f"{int(settings.memory * _SHARE / 1e6)}MB",
            "threads": settings.cores,
            "temp_directory": str(spill),
        }
        try:
            with duckdb.connect(config=config) as con:
                stop.interrupts(con.interrupt)
                con.execute("SET TimeZone = 'UTC'")
                con.execute("SET enable_progress_bar = false")
                _steps(_Work(con, job, settings, source, progress, book, limits, stop))
        except duckdb.OutOfMemoryException:
            raise RunError("out of memory; give more with --memory, or a smaller --chunk, and run again to go on") from None
        except duckdb.IOException as error:
            raise RunError(f"{str(error).splitlines()[0][:300]}; run again to go on") from None
    return job.record


def _steps(work: _Work) -> None:
    job, progress, moments = work.job, work.progress, work.settings.moments
    if moments.file is not None:
        at.read_given(work.con, moments.file)
    buckets = job.record["buckets"] = job.record["buckets"] or buckets_for(Path(work.source.where), work.settings.memory)
    if not all(job.done("normalise", bucket) for bucket in range(buckets)):
        progress.phase(f"reading {work.source.layout}")
        with _timed(job, "reading"):
            _stage(work, buckets)
        with _timed(job, "normalising"):
            _normalise(work, buckets)
    infants = job.count("normalise", "infants")
    if infants == 0:
        raise RunError(f"{job.asked['source']}: no infants found in it as {work.source.layout}; see --layout")
    parts = _chunks(work, buckets, infants)
    progress.phase("answering", infants, job.count("answers", "infants"), "infants")
    with _timed(job, "answering"):
        _answer(work, parts)
    with _timed(job, "finishing"):
        finish(work.con, job)
    job.close()


def _stage(work: _Work, buckets: int) -> None:
    import duckdb

    try:
        work.source.stage(work.con, work.job.work, buckets)
    except (duckdb.DataError, duckdb.InvalidInputException) as error:
        # The message is not shown: it may quote the line of an infant.
        where, layout = work.job.asked["source"], work.source.layout
        raise RunError(f"{where}: cannot be read as {layout} ({type(error).__name__})") from None


def _normalise(work: _Work, buckets: int) -> None:
    """Events, infants, moments and problems of each bucket that is not yet done."""
    from neomag.cohort.normalise import normalise

    con, job = work.con, work.job
    staged = Staged(job.work, buckets)
    left = [bucket for bucket in range(buckets) if not job.done("normalise", bucket)]
    work.progress.phase("normalising", buckets, buckets - len(left), "buckets")
    for bucket in left:
        staged.load(con, bucket)
        normalise(con, knowledge=work.book.knowledge)
        con.execute(f"CREATE OR REPLACE TEMP TABLE moments AS {at.query(work.settings.moments, work.book.knowledge)}")
        files: dict[str, Path] = {}
        counts: dict[str, int] = {}
        for table, folder, select in (
            ("infants", "infants.parquet", f"SELECT {columns_of(INFANTS)}, weights FROM infants"),
            ("events", "events.parquet", "FROM events"),
            ("moments", "work/moments", "FROM moments"),
            ("problems", "work/problems", "FROM problems"),
        ):
            files[f"{folder}/part-{bucket:05}.parquet"] = written = job.fresh(f"{table}.parquet")
            counts[table] = copy(con, select, written)
        counts["asked"] = count(con, "(SELECT DISTINCT infant FROM moments)")
        job.finish("normalise", bucket, files, **counts)
        work.progress.advance(1)


def _chunks(work: _Work, buckets: int, infants: int) -> list[Chunk]:
    """The chunks; their size is chosen once, and kept when the run goes on with other memory."""
    job, settings = work.job, work.settings
    if not job.record["a chunk"]:
        rows = job.count("normalise", "events") + job.count("normalise", "moments")
        job.record["a chunk"] = settings.chunk or infants_a_chunk(infants, rows, settings.engine, settings.memory)
    return chunks(buckets, infants, job.record["a chunk"], sliced=settings.engine == "duckdb")


def _answer(work: _Work, parts: list[Chunk]) -> None:
    left = [chunk for chunk in parts if not work.job.done("answers", chunk.number)]
    if not left:
        return
    with _engine(work) as engine:
        for chunk in left:
            answered = engine.answer(chunk, work.job)
            work.job.finish("answers", chunk.number, answered.files, infants=answered.infants, rows=answered.rows)
            work.progress.advance(answered.infants)


@contextmanager
def _engine(work: _Work) -> Generator[Engine, None, None]:
    if work.settings.engine == "duckdb":
        yield DuckEngine(work.con, work.book, work.limits)
        return
    from neomag.cohort.spark_run import SparkEngine, session

    with session(work.settings, work.stop) as spark:
        yield SparkEngine(spark, work.con, work.book, work.limits)


@contextmanager
def _timed(job: Job, what: str) -> Generator[None, None, None]:
    start = time.monotonic()
    try:
        yield
    finally:
        job.add(what, time.monotonic() - start)


def _duckdb() -> ModuleType:
    try:
        import duckdb
    except ImportError:
        raise RunError("a cohort needs the extra `cohort`: pip install 'neomag[cohort]'") from None
    return duckdb
