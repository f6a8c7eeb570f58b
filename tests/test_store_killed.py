"""Whatever is acknowledged survives kill -9, and the trail stays whole, on SQLite and PostgreSQL."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import pytest
from sqlalchemy import select

from neomag.service.store import Store
from neomag.service.store.records import RECORDS
from neomag.service.store.tables import Idempotency

ROOT = Path(__file__).parents[1]


def started(url: str, number: int) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "tests.store_writer", url, str(number)]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def killed(process: subprocess.Popen[str], after: float) -> list[str]:
    """The lines of a process that is killed `after` seconds from its first line: what it acknowledged."""
    assert process.stdout
    first = process.stdout.readline()
    assert first, process.stderr.read() if process.stderr else ""
    time.sleep(after)
    process.send_signal(signal.SIGKILL)
    rest, _ = process.communicate(timeout=60)
    assert process.returncode == -signal.SIGKILL
    # The last line may be cut off in the middle.
    return [line for line in (first + rest).splitlines(keepends=True) if line.endswith("\n")]


def lost(store: Store, acknowledged: list[str]) -> list[str]:
    """What was acknowledged and is not there."""
    with store.reading() as session:
        there = {f"{kind} {id_}\n" for table, kind in RECORDS.items() for id_ in session.scalars(select(table.id))}
    return [line for line in acknowledged if line not in there]


def rounds(url: str, times: int) -> None:
    moments = random.Random()
    acknowledged: list[str] = []
    for number in range(times):
        after = moments.uniform(0, 0.3)
        # Two processes, so that one is killed while the other waits for it or is in the middle of a write of its own.
        both = [started(url, 2 * number), started(url, 2 * number + 1)]
        try:
            for process in both:
                acknowledged += killed(process, after)
        finally:
            for process in both:
                with suppress(ProcessLookupError):
                    process.kill()
                process.communicate()
        with Store.open(url) as store:
            assert store.verify() == [], f"round {number}, killed after {after} s"
            assert lost(store, acknowledged) == [], f"round {number}, killed after {after} s"
    with Store.open(url) as store, store.reading() as session:
        # A record and its idempotency key came together or not at all.
        replies = set(session.scalars(select(Idempotency.reply)))
        kept = {id_ for table, kind in RECORDS.items() if kind == "assessment" for id_ in session.scalars(select(table.id))}
        assert replies == kept
        assert len(acknowledged) > times


def test_killed_while_writing(store_url: str):
    rounds(store_url, 2)


@pytest.mark.slow
def test_killed_while_writing_many_times(store_url: str):
    rounds(store_url, 25)


def test_killed_while_migrating(store_url: str):
    """Half a migration is none: the next start finds an empty database or a whole one."""
    moments = random.Random()
    for number in range(3):
        processes = [started(store_url, number) for _ in range(2)]
        time.sleep(moments.uniform(0.2, 1.5))
        for process in processes:
            process.kill()
            process.communicate()
    with Store.open(store_url) as store:
        assert store.verify() == []
