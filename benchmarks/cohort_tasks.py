"""One piece of work of benchmarks/cohort.py in a process of its own, so that its time and its largest memory are its own.

Prints a line of JSON: seconds, CPU seconds of the process and its children, the peak of its resident memory in bytes, and counts.
"""

from __future__ import annotations

import json
import resource
import sys
import time
from pathlib import Path
from typing import Any

from neomag.cohort.progress import Progress

# The columns that the engine reads of the events of a run, grouped by infant and what it is about.
BARE = """SELECT infant, key, count(*), max("at"), max(ord), bool_or(absent), max(value), max(unit), bool_or(suspect), max(flag), max(specimen),
    max(lasting), max(grade), max(dose), max(dose_unit), max(route), max(concentration), max("over") FROM read_parquet('{}/*.parquet') GROUP BY infant, key"""
RULE = "magnesium-deficient"


class Phases(Progress):
    """CPU seconds of each phase of a run, all threads together."""

    def __init__(self) -> None:
        self.cpu: dict[str, float] = {}
        self.title, self.began = "start", 0.0

    def phase(self, title: str, total: int | None = None, done: int = 0, unit: str = "") -> None:
        """Begin a phase."""
        del total, done, unit
        now = time.process_time()
        self.cpu[self.title] = self.cpu.get(self.title, 0.0) + now - self.began
        self.title, self.began = title.split()[0], now


def whole(source: str, out: str, engine: str = "duckdb", moments: str = "last", threads: str = "1") -> dict[str, Any]:
    """A cohort run."""
    from neomag.cohort.moments import parse
    from neomag.cohort.run import run
    from neomag.cohort.settings import Settings
    from neomag.rules import rulebook

    codes = Path(source) / "site_codes.csv"
    settings = Settings(
        source=source, out=Path(out), engine=engine, moments=parse(moments), threads=int(threads),
        site_codes=(codes,) if codes.exists() else (),
    )  # fmt: skip
    phases = Phases()
    record = run(settings, phases, rulebook())
    phases.phase("end")
    return {
        "parts": record["seconds"],
        "cpu parts": phases.cpu,
        **{name: record["counts"][name] for name in ("infants", "events", "moments")},
    }


def one_rule(source: str, work: str, threads: str = "1") -> dict[str, Any]:
    """FHIR to one rule and those it builds on, at the last event of each infant."""
    import duckdb

    from neomag.cohort import moments
    from neomag.cohort.chunks import buckets_for
    from neomag.cohort.normalise import normalise
    from neomag.cohort.readers import Options, open_source
    from neomag.cohort.readers.staging import Staged
    from neomag.findings.sql.plan import findings_query
    from neomag.rules import duckdb as compiler
    from neomag.rules import rulebook
    from neomag.rules.selection import select

    picked = select(rulebook(), [RULE])
    opened = open_source(source, options=Options(codes=(Path(source) / "site_codes.csv",)))
    text = compiler.layers(picked.trees, picked.order, f"({findings_query(tuple(picked.findings), picked.knowledge)})")
    (rule,) = (name for name, id_ in picked.ids.items() if id_ == RULE)
    patients = truths = 0
    buckets = buckets_for(Path(source), 2 * 10**9)
    with duckdb.connect(config={"threads": int(threads)}) as con:
        con.execute("SET TimeZone = 'UTC'; SET enable_progress_bar = false")
        opened.stage(con, Path(work), buckets)
        staged = Staged(Path(work), buckets)
        for bucket in range(buckets):
            staged.load(con, bucket)
            normalise(con)
            con.execute(f"CREATE OR REPLACE TEMP TABLE moments AS {moments.query(moments.parse('last'), picked.knowledge)}")
            row = con.execute(f'SELECT count(*), count(*) FILTER ("{rule}") FROM {text} AS t').fetchone()
            assert row is not None
            patients, truths = patients + row[0], truths + row[1]
    return {"infants": patients, "truths": truths, "rules": len(picked.trees)}


def bare(events: str, threads: str = "1") -> dict[str, Any]:
    """DuckDB alone: scan and group the same columns, every row of the result made."""
    import duckdb

    with duckdb.connect(config={"threads": int(threads)}) as con:
        row = con.execute(f"SELECT count(*) FROM ({BARE.format(events)}) WHERE hash(COLUMNS(*)) IS NOT NULL").fetchone()
    return {"groups": row[0] if row else 0}


def simulate(folder: str, infants: str, form: str = "flat", threads: str = "2") -> dict[str, Any]:
    """Made-up infants."""
    from neomag.cohort.simulate import simulate as made

    note = made(folder, int(infants), form="fhir" if form == "fhir" else "flat", threads=int(threads))
    return {"infants": note.infants, "events": note.events}


def peak() -> int:
    """The most resident memory of this process so far, in bytes."""
    for line in Path("/proc/self/status").read_text("ascii").splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def main() -> None:
    """Do what the arguments name and print the figures."""
    task, *arguments = sys.argv[1:]
    start = time.perf_counter()
    found = {"run": whole, "one-rule": one_rule, "bare": bare, "simulate": simulate}[task](*arguments)
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    cpu = sum(u.ru_utime + u.ru_stime for u in used)
    print(json.dumps({"seconds": time.perf_counter() - start, "cpu": cpu, "peak": peak(), **found}))


if __name__ == "__main__":
    main()
