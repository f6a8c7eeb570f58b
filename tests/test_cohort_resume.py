"""A run that is stopped or killed, with real processes and real signals: nothing that looks whole, and it goes on where it was."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from tests.test_cohort_run import QUICK, done, flat, refused, rows, run

duckdb: Any = pytest.importorskip("duckdb")

# The command itself, in a process of its own, that comes to the point named by its first argument and says so.
CHILD = f'''
import os, signal, sys, time
import neomag.cohort.answers, neomag.cohort.normalise, neomag.cohort.run
from neomag.cohort.duckdb_run import DuckEngine
from neomag.cohort.job import Job
from neomag.cli import main

point = sys.argv.pop(1)
neomag.cohort.answers.answers_query = lambda *_, **__: """{QUICK}"""
neomag.cohort.run.buckets_for = lambda *_: 6
neomag.cohort.run.infants_a_chunk = lambda *_: 10
answer, normalise, save = DuckEngine.answer, neomag.cohort.normalise.normalise, Job.save
normalised = []

def reached():
    print("REACHED", flush=True)

def answer_slowly(self, chunk, job):
    if chunk.number == 2 and point == "query":
        reached()
        self.query = self.query.replace("FROM moments m", "FROM range(10000000) big, range(10000000) bigger, moments m")
    if chunk.number == 2 and point == "python":
        reached()
        time.sleep(60)
    return answer(self, chunk, job)

def normalise_some(con, **more):
    normalised.append(1)
    if len(normalised) == 3 and point == "normalise":
        reached()
        con.execute("CREATE TABLE endless AS SELECT count(*) FROM range(10000000) a, range(10000000) b WHERE a.range * b.range % 7 = 3")
    return normalise(con, **more)

def save_or_die(self):
    if point == "uncounted" and len(self.record["parts"].get("answers", ())) == 3:
        os.kill(os.getpid(), signal.SIGKILL)
    save(self)

DuckEngine.answer = answer_slowly
neomag.cohort.normalise.normalise = normalise_some
Job.save = save_or_die
main(["cohort", "run", *sys.argv[1:]])
'''


def interrupts_reach() -> None:
    # A shell that starts the tests in the background has the signal ignored, and that is inherited.
    signal.signal(signal.SIGINT, signal.SIG_DFL)


@contextmanager
def child(point: str, *arguments: object) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        [sys.executable, "-c", CHILD, point, *map(str, arguments)],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, preexec_fn=interrupts_reach,
    )  # fmt: skip
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def reached(process: subprocess.Popen[str]) -> None:
    assert process.stdout
    assert process.stdout.readline() == "REACHED\n", process.stderr.read() if process.stderr else ""
    time.sleep(0.3)


@pytest.fixture
def source(tmp_path: Path) -> Path:
    return flat(tmp_path / "in", 15)


@pytest.fixture
def answers(source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[tuple[Any, ...]]:
    """The answers of a run that nobody stopped. Runs in this process are quick from here on."""
    monkeypatch.setattr("neomag.cohort.answers.answers_query", lambda *_, **__: QUICK)
    monkeypatch.setattr("neomag.cohort.run.buckets_for", lambda *_: 6)
    done(source, "--out", tmp_path / "whole", "--chunk", 10)
    return rows(tmp_path / "whole")


def record(out: Path) -> dict[str, Any]:
    return json.loads((out / "run.json").read_text("utf-8"))


def parts(out: Path) -> dict[str, int]:
    """When each part was made; every one can be read to its end."""
    found = sorted((out / "answers.parquet").glob("*"))
    for part in found:
        assert duckdb.execute(f"SELECT count(infant) FROM '{part}'").fetchone()[0] >= 0
    return {part.name: part.stat().st_mtime_ns for part in found}


def goes_on(source: Path, out: Path, answers: list[tuple[Any, ...]], kept: dict[str, int]) -> None:
    """The same command finishes, does not make `kept` parts again, and ends with the same answers."""
    assert done(source, "--out", out, "--chunk", 10)["finished"] is True
    after = parts(out)
    assert {name: after[name] for name in kept} == kept
    assert rows(out) == answers
    assert not (out / "work").exists()


@pytest.mark.parametrize(
    ("point", "number"),
    [
        ("query", signal.SIGINT),
        pytest.param("query", signal.SIGTERM, marks=pytest.mark.slow),
        pytest.param("python", signal.SIGINT, marks=pytest.mark.slow),
        pytest.param("normalise", signal.SIGINT, marks=pytest.mark.slow),
    ],
)
def test_a_run_that_is_stopped(
    point: str, number: signal.Signals, source: Path, tmp_path: Path, answers: list[tuple[Any, ...]]
) -> None:
    out = tmp_path / "out"
    with child(point, source, "--out", out, "--chunk", 10) as process:
        reached(process)
        began = time.monotonic()
        process.send_signal(number)
        said = process.communicate(timeout=30)
        assert time.monotonic() - began < 15
    assert process.returncode == 130, said
    last = said[1].splitlines()[-1]
    assert last == f"neomag: stopped; what is finished is kept in {out}. Run the same command to go on."
    assert "Traceback" not in said[1]
    assert record(out)["finished"] is False
    kept = parts(out)
    assert len(kept) == (0 if point == "normalise" else 2)
    assert len(record(out)["parts"]["normalise"]) == (2 if point == "normalise" else 6)
    goes_on(source, out, answers, kept)


def test_a_run_that_is_killed_in_a_query(source: Path, tmp_path: Path, answers: list[tuple[Any, ...]]) -> None:
    out = tmp_path / "out"
    with child("query", source, "--out", out, "--chunk", 10) as process:
        reached(process)
        assert "another run is working in this folder" in refused(run(source, "--out", out, "--chunk", 10))
        assert "another run" in refused(run(source, "--out", out, "--restart"))
        process.send_signal(signal.SIGKILL)
        process.communicate(timeout=30)
    assert process.returncode == -signal.SIGKILL
    assert record(out)["finished"] is False
    assert not (out / "problems.parquet").exists()
    kept = parts(out)
    assert list(kept) == ["part-00000.parquet", "part-00001.parquet"]
    assert "chunk 10, now 11" in refused(run(source, "--out", out, "--chunk", 11))
    assert parts(out) == kept
    goes_on(source, out, answers, kept)


@pytest.mark.slow
def test_a_run_that_is_killed_before_a_part_is_counted(source: Path, tmp_path: Path, answers: list[tuple[Any, ...]]) -> None:
    out = tmp_path / "out"
    with child("uncounted", source, "--out", out, "--chunk", 10) as process:
        process.communicate(timeout=60)
    assert process.returncode == -signal.SIGKILL
    found = parts(out)
    assert len(found) == 3
    assert len(record(out)["parts"]["answers"]) == 2
    goes_on(source, out, answers, {name: found[name] for name in list(found)[:2]})


@pytest.mark.slow
def test_restart_starts_over(source: Path, tmp_path: Path, answers: list[tuple[Any, ...]]) -> None:
    out = tmp_path / "out"
    with child("query", source, "--out", out, "--chunk", 10) as process:
        reached(process)
        os.kill(process.pid, signal.SIGKILL)
        process.communicate(timeout=30)
    kept = parts(out)
    assert done(source, "--out", out, "--chunk", 1_000, "--restart")["finished"] is True
    assert rows(out) == answers
    after = parts(out)
    assert len(after) == 1
    assert after["part-00000.parquet"] != kept["part-00000.parquet"]


@pytest.mark.slow
def test_memory_and_threads_may_change_when_a_run_goes_on(source: Path, tmp_path: Path, answers: list[tuple[Any, ...]]) -> None:
    out = tmp_path / "out"
    # The child finds that ten infants fit; here all would.
    with child("query", source, "--out", out) as process:
        reached(process)
        process.kill()
        process.communicate(timeout=30)
    kept = parts(out)
    assert len(kept) == 2
    assert done(source, "--out", out, "--memory", "1GB", "--threads", 1)["finished"] is True
    after = parts(out)
    assert len(after) == 6
    assert {name: after[name] for name in kept} == kept
    assert rows(out) == answers
