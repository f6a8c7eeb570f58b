"""The Spark engine: on this machine, or on the cluster that spark-submit gives.

As a script it is the command itself, for spark-submit: `spark-submit --master … spark_run.py SOURCE --out DIR …` is
`neomag cohort run SOURCE --out DIR … --engine spark`. All is SQL, so the workers need Java and nothing of Python or neomag;
they must see the folder of the run under the same path as the machine that starts it.
"""

from __future__ import annotations

import logging
import os
import shutil
import sys
import threading
from collections.abc import Callable, Sequence
from contextlib import contextmanager, nullcontext, suppress
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Generator

    from duckdb import DuckDBPyConnection
    from pyspark.sql import SparkSession

    from neomag.cohort.chunks import Chunk
    from neomag.cohort.duckdb_run import Answered
    from neomag.cohort.job import Job
    from neomag.cohort.settings import Limits, Settings
    from neomag.cohort.stopping import Stop
    from neomag.rules import Rulebook

T = TypeVar("T")

# Set by spark-submit for the Python program that it starts.
_SUBMITTED = "PYSPARK_GATEWAY_PORT"
_LOCAL_CORES = 2


class SparkEngine:
    """Answers chunks in a Spark session."""

    def __init__(self, spark: SparkSession, con: DuckDBPyConnection, book: Rulebook, limits: Limits):
        from neomag.cohort.answers import answers_query

        self.spark, self.con = spark, con
        self.query = answers_query(book, dialect="spark", local=bool(limits))
        if limits:
            rows = ", ".join(f"('{name}', {_double(low)}, {_double(high)})" for name, (low, high) in limits.items())
            spark.sql(f"SELECT * FROM VALUES {rows} AS t(analyte, low, high)").createOrReplaceTempView("intervals")

    def answer(self, chunk: Chunk, job: Job) -> Answered:
        """Write the answers of `chunk`, a file a partition."""
        from neomag.cohort.duckdb_run import TABLES, Answered, chunk_files, count, parquet

        for table, folder in TABLES.items():
            paths = [_address(file) for file in chunk_files(job, folder, chunk)]
            self.spark.read.parquet(*map(_no_pattern, paths)).createOrReplaceTempView(table)
        place = job.fresh("answers")
        answers = self.spark.sql(self.query).sortWithinPartitions("infant", "now")
        answers.write.mode("overwrite").option("compression", "zstd").parquet(_address(place))
        written = sorted(place.glob("part-*.parquet"))
        files = {f"answers.parquet/part-{chunk.number:05}-{n:05}.parquet": file for n, file in enumerate(written)}
        infants = count(self.con, parquet(chunk_files(job, "infants.parquet", chunk)))
        return Answered(files, infants, count(self.con, parquet(written)) if written else 0)


@contextmanager
def session(settings: Settings, stop: Stop) -> Generator[SparkSession, None, None]:
    """The session of spark-submit, or one on this machine. Raises RunError when PySpark or Java is missing."""
    from neomag.cohort.settings import RunError

    try:
        from py4j.protocol import Py4JError  # pyright: ignore[reportMissingTypeStubs]
        from pyspark.errors import PySparkException, PySparkRuntimeError
        from pyspark.sql import SparkSession
    except ImportError:
        raise RunError("Spark needs the extra `spark`: pip install 'neomag[spark]'") from None
    submitted = _SUBMITTED in os.environ
    if not submitted and not _java():
        raise RunError("Spark needs Java 17 or later: install it, or set JAVA_HOME")
    builder = SparkSession.builder.appName("neomag cohort")
    if not submitted:
        builder = (
            builder.master(f"local[{settings.threads or _LOCAL_CORES}]")
            .config("spark.driver.memory", f"{settings.memory // 10**6}m")
            .config("spark.ui.enabled", "false")
            .config("spark.ui.showConsoleProgress", "false")
            .config("spark.local.dir", str(settings.out / "work" / "spill"))
            .config("spark.sql.shuffle.partitions", str(4 * (settings.threads or _LOCAL_CORES)))
        )
    try:
        spark = _aside(builder.getOrCreate)
    except PySparkRuntimeError as error:
        raise RunError(f"Spark did not start ({error.getCondition()}); it needs Java 17 or later") from None
    # Python's side logs the call that was broken off.
    stop.interrupts(lambda: logging.disable(logging.ERROR))
    try:
        if not submitted:
            spark.sparkContext.setLogLevel("OFF")
        spark.conf.set("spark.sql.session.timeZone", "UTC")
        yield spark
    except (PySparkException, Py4JError) as error:
        if stop.told:
            raise
        condition = error.getCondition() if isinstance(error, PySparkException) else None
        raise RunError(f"Spark failed ({condition or type(error).__name__}); run again to go on") from error
    finally:
        with suppress(Exception) if stop.told else nullcontext():
            spark.stop()


def _aside(start: Callable[[], T]) -> T:
    """What `start` gives, made in a thread of its own.

    In the main thread Spark puts its own handler of Ctrl-C in place of ours, and a signal while Java starts breaks a call of
    py4j in the middle. A daemon thread does not hold up the end of a run that was told to stop; Java ends with the run.
    """
    done: list[T] = []
    failed: list[BaseException] = []

    def run() -> None:
        try:
            done.append(start())
        except BaseException as error:  # noqa: BLE001 (raised again below, in the thread that asked)
            failed.append(error)

    thread = threading.Thread(target=run, name="spark start", daemon=True)
    thread.start()
    thread.join()
    if failed:
        raise failed[0]
    return done[0]


def _java() -> bool:
    home = os.environ.get("JAVA_HOME")
    return (Path(home) / "bin" / "java").is_file() if home else shutil.which("java") is not None


def _address(path: Path) -> str:
    # Without a scheme a cluster would look in its own file system.
    return f"file://{path.resolve()}"


def _no_pattern(address: str) -> str:
    """The address for reading, where signs of a pattern must stand for themselves."""
    return "".join(f"\\{sign}" if sign in "*?[]{}\\" else sign for sign in address)


def _double(value: float | None) -> str:
    return "CAST(NULL AS DOUBLE)" if value is None else f"CAST('{value!r}' AS DOUBLE)"


def main(arguments: Sequence[str]) -> None:
    """`neomag cohort run` on Spark."""
    from neomag.cli import main as command

    command(["cohort", "run", *arguments, "--engine", "spark"], prog_name="neomag")


if __name__ == "__main__":
    here = str(Path(__file__).parent)
    # The folder of a script comes first on its path; modules of it must not be taken for others of the same name.
    sys.path[:] = [entry for entry in sys.path if entry != here]
    main(sys.argv[1:])
