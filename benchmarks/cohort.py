"""A cohort beside its peers, in one run on one machine: cql-execution, bare DuckDB, ten times the infants, memory, Spark.

    python -m benchmarks.cohort            some minutes, small sizes
    python -m benchmarks.cohort --full     1,000,000 infants and 30 million events as well; most of an hour

CPU seconds are compared, all threads together, since other work on the machine does not count in them; only Spark, whose work is in
another process, is compared by the clock. Every run is a process of its own and counts its start.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.cohort_intervals import accuracy

NODE = Path(__file__).with_name("cql_fhir.mjs")
ROOT = Path(__file__).parent.parent


@dataclass(frozen=True, slots=True)
class Sizes:
    """How many infants each comparison takes: FHIR, the peer's share of it, flat and a tenth of it, Spark."""

    fhir: int
    peer: int
    flat: int
    spark: int
    repeats: int


SMALL = Sizes(fhir=20_000, peer=1_000, flat=100_000, spark=50_000, repeats=10)
FULL = Sizes(fhir=50_000, peer=5_000, flat=1_000_000, spark=300_000, repeats=200)


def task(*arguments: object) -> dict[str, Any]:
    """The figures of one process of benchmarks.cohort_tasks. Raises RuntimeError with the last line it said on failure."""
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.cohort_tasks", *map(str, arguments)],
        capture_output=True,
        text=True,
        cwd=ROOT,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"{arguments[0]}: {(done.stderr.strip().splitlines() or ['no word'])[-1]}")
    return json.loads(done.stdout.splitlines()[-1])


def verdict(ratio: float, aim: float, *, least: bool = True) -> str:
    """`aim: …; met` or `MISSED`."""
    met = ratio >= aim if least else ratio <= aim
    return f"(aim: at {'least' if least else 'most'} {aim:g}; {'met' if met else 'MISSED'})"


def told(name: str, found: dict[str, Any], rows: int, unit: str) -> None:
    """One line of a measurement."""
    parts = ", ".join(f"{part} {seconds:.1f}" for part, seconds in found.get("cpu parts", {}).items())
    print(
        f"  {name:<44} {found['seconds']:8.1f} s, {found['cpu']:8.1f} s CPU, {rows / found['cpu']:10,.0f} {unit}/s CPU, "
        f"peak {found.get('peak', 0) / 1e9:5.2f} GB" + (f"   [CPU: {parts}]" if parts else ""),
        flush=True,
    )


@contextmanager
def section(name: str) -> Iterator[None]:
    """A comparison; one that cannot be made is said to be left out, and the others go on."""
    print(f"\n{name}", flush=True)
    try:
        yield
    except (RuntimeError, OSError, ValueError) as error:
        print(f"  LEFT OUT: {error}", flush=True)


def cql(work: Path, sizes: Sizes) -> None:
    """FHIR NDJSON: one rule and all rules against cql-execution running one."""
    source, few = work / "fhir", work / "fhir-few"
    task("simulate", source, sizes.fhir, "fhir")
    task("simulate", few, sizes.peer, "fhir")
    if shutil.which("node") is None or not (ROOT / "node_modules" / "cql-execution").is_dir():
        raise RuntimeError("cql-execution: needs node and node_modules (make setup)")
    done = subprocess.run(["node", str(NODE), str(few)], capture_output=True, text=True, cwd=ROOT, check=False)
    if done.returncode:
        raise RuntimeError(f"cql-execution: {(done.stderr.strip().splitlines() or ['no word'])[-1]}")
    peer = json.loads(done.stdout)
    told("cql-execution, NDJSON to one rule", peer, peer["patients"], "infants")
    for name, arguments, aim in (
        ("one rule", ("one-rule", source, work / "one"), 100),
        ("all rules", ("run", source, work / "fhir-run"), 20),
    ):
        try:
            found = task(*arguments)
        except RuntimeError as error:
            print(f"  LEFT OUT: {error}", flush=True)
            continue
        told(f"neomag, NDJSON to {name}", found, found["infants"], "infants")
        times = found["infants"] / found["cpu"] * peer["cpu"] / peer["patients"]
        print(f"  {name}: {times:.0f} times cql-execution running one   {verdict(times, aim)}", flush=True)


def bare(work: Path, sizes: Sizes) -> None:
    """Parquet to all rules, against DuckDB's own scan and group, ten times the infants, and memory."""
    runs: dict[int, dict[str, Any]] = {}
    for infants in (sizes.flat // 10, sizes.flat):
        made = task("simulate", work / f"flat-{infants}", infants)
        told(f"simulate {infants:,} infants, {made['events']:,} events", made, made["events"], "events")
        runs[infants] = task("run", work / f"flat-{infants}", work / f"run-{infants}", "duckdb", "last", 2)
        told(f"neomag, Parquet to all rules, {infants:,} infants", runs[infants], infants, "infants")
    found = runs[sizes.flat]
    scan = task("bare", work / f"run-{sizes.flat}" / "events.parquet", 2)
    told("bare DuckDB, scan and group of the same columns", scan, found["events"], "events")
    answering, scanned = found["cpu parts"]["answering"] / scan["cpu"], found["cpu"] / scan["cpu"]
    growth, clock = (found[by] / runs[sizes.flat // 10][by] for by in ("cpu", "seconds"))
    print(f"  events in Parquet to all rules: {answering:5.1f} times the bare scan   {verdict(answering, 10, least=False)}")
    print(f"  reading and normalising too:    {scanned:5.1f} times the bare scan")
    print(
        f"  ten times the infants:          {growth:5.1f} times the CPU, {clock:.1f} by the clock   {verdict(growth, 11, least=False)}"
    )
    print(
        f"  peak memory, {found['events']:,} events: {found['peak'] / 1e9:.2f} GB   {verdict(found['peak'] / 1e9, 2, least=False)}"
    )
    often = task("run", work / f"flat-{sizes.flat // 10}", work / "often", "duckdb", "results", 2)
    told(f"neomag, at every result: {often['moments']:,} moments", often, often["moments"], "moments")


def spark(work: Path, sizes: Sizes) -> None:
    """Spark local[2] against DuckDB on two threads, the same source and answers."""
    if shutil.which("java") is None:
        raise RuntimeError("Spark needs Java")
    task("simulate", work / "spark", sizes.spark)
    duck = task("run", work / "spark", work / "spark-duckdb", "duckdb", "last", 2)
    told("neomag on DuckDB, 2 threads", duck, duck["infants"], "infants")
    other = task("run", work / "spark", work / "spark-spark", "spark", "last", 2)
    told("neomag on Spark local[2]", other, other["infants"], "infants")
    answering = other["parts"].get("answering", 0) / max(duck["parts"].get("answering", 0), 1e-9)
    print(
        f"  Spark: {other['seconds'] / duck['seconds']:.1f} times DuckDB's time   {verdict(other['seconds'] / duck['seconds'], 4, least=False)}; answering alone {answering:.1f} times"
    )


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description="A cohort beside its peers.")
    size = parser.add_mutually_exclusive_group()
    size.add_argument("--small", action="store_true", help="some minutes (the default)")
    size.add_argument("--full", action="store_true", help="1,000,000 infants too")
    parser.add_argument("--only", choices=["cql", "bare", "spark", "intervals"], action="append", help="may be repeated")
    parser.add_argument("--work", type=Path, help="where to write (by default a temporary folder)")
    asked = parser.parse_args()
    sizes = FULL if asked.full else SMALL
    wanted = asked.only or ["cql", "bare", "spark", "intervals"]
    with tempfile.TemporaryDirectory(dir=asked.work, prefix="neomag-bench-") as folder:
        work = Path(folder)
        if "cql" in wanted:
            with section(f"FHIR NDJSON, {sizes.fhir:,} infants, one thread ({sizes.peer:,} infants for the peer)"):
                cql(work, sizes)
        if "bare" in wanted:
            with section(f"Parquet, {sizes.flat:,} infants, two threads"):
                bare(work, sizes)
        if "spark" in wanted:
            with section(f"Spark, {sizes.spark:,} infants, two threads"):
                spark(work, sizes)
        if "intervals" in wanted:
            with section(f"Local intervals, {sizes.repeats} made-up laboratories a line, whose limits are known"):
                accuracy(sizes.repeats)


if __name__ == "__main__":
    main()
