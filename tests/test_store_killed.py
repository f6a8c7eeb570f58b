"""Whatever is acknowledged survives kill -9, and the trail stays whole, on SQLite and PostgreSQL."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from sqlalchemy import select

from neomag.service.store import Store
from neomag.service.store.records import RECORDS
from neomag.service.store.tables import Idempotency

ROOT = Path(__file__).parents[1]


def started(url: str, number: int, to: Path) -> subprocess.Popen[bytes]:
    """A process that writes to the database at `url`, and what it acknowledges to a file: a pipe could lose lines with it."""
    command = [sys.executable, "-m", "tests.store_writer", url, str(number)]
    with to.open("wb") as out:
        return subprocess.Popen(command, cwd=ROOT, stdout=out)


def killed(process: subprocess.Popen[bytes], after: float, to: Path) -> list[str]:
    """The lines of a process that is killed `after` seconds from its first line: what it acknowledged."""
    end = time.monotonic() + 120
    while not to.stat().st_size and time.monotonic() < end and process.poll() is None:
        time.sleep(0.005)
    time.sleep(after)
    process.send_signal(signal.SIGKILL)
    assert process.wait(60) == -signal.SIGKILL
    # The last line may be cut off in the middle.
    return [line for line in to.read_text().splitlines(keepends=True) if line.endswith("\n")]


def lost(store: Store, acknowledged: list[str]) -> list[str]:
    """What was acknowledged and is not there."""
    with store.reading() as session:
        there = {f"{kind} {id_}\n" for table, kind in RECORDS.items() for id_ in session.scalars(select(table.id))}
    return [line for line in acknowledged if line not in there]


def rounds(url: str, times: int, folder: Path) -> None:
    moments = random.Random()
    acknowledged: list[str] = []
    for number in range(times):
        after = moments.uniform(0, 0.3)
        # Two processes, so that one is killed while the other waits for it or is in the middle of a write of its own.
        files = [folder / f"acknowledged-{2 * number + which}" for which in range(2)]
        both = [started(url, 2 * number + which, file) for which, file in enumerate(files)]
        try:
            for process, file in zip(both, files, strict=True):
                acknowledged += killed(process, after, file)
        finally:
            for process in both:
                process.kill()
                process.wait()
        with Store.open(url) as store:
            assert store.verify() == [], f"round {number}, killed after {after} s"
            assert lost(store, acknowledged) == [], f"round {number}, killed after {after} s"
    with Store.open(url) as store, store.reading() as session:
        # A record and its idempotency key came together or not at all.
        replies = set(session.scalars(select(Idempotency.reply)))
        kept = {id_ for table, kind in RECORDS.items() if kind == "assessment" for id_ in session.scalars(select(table.id))}
        assert replies == kept
        assert len(acknowledged) > 2 * times


def test_killed_while_writing(store_url: str, tmp_path: Path):
    rounds(store_url, 2, tmp_path)


@pytest.mark.slow
def test_killed_while_writing_many_times(store_url: str, tmp_path: Path):
    rounds(store_url, 15, tmp_path)


def test_killed_while_migrating(store_url: str, tmp_path: Path):
    """Half a migration is none: the next start finds an empty database or a whole one."""
    moments = random.Random()
    for number in range(3):
        processes = [started(store_url, 2 * number + which, tmp_path / f"{number}-{which}") for which in range(2)]
        time.sleep(moments.uniform(0.2, 1.5))
        for process in processes:
            process.kill()
            process.wait()
    with Store.open(store_url) as store:
        assert store.verify() == []
