"""What was acknowledged and is not delivered yet, and which messages were seen, in one SQLite file.

On disk, because an acknowledged result must outlive a crash and a receiver that is down for a night; in SQLite, because one
transaction then holds both "seen" and "to deliver". The file holds patient data: it is made readable by its owner alone, and
delivered rows are overwritten.
"""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from threading import Lock

_TABLES = """
CREATE TABLE IF NOT EXISTS seen (
    sender TEXT NOT NULL, control TEXT NOT NULL, digest TEXT NOT NULL, answers BLOB NOT NULL, at REAL NOT NULL,
    PRIMARY KEY (sender, control, digest)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS seen_at ON seen (at);
CREATE TABLE IF NOT EXISTS waiting (
    id INTEGER PRIMARY KEY AUTOINCREMENT, target TEXT NOT NULL, identity TEXT NOT NULL, body BLOB NOT NULL,
    refused INTEGER NOT NULL DEFAULT 0);
CREATE INDEX IF NOT EXISTS waiting_target ON waiting (target, refused, id);
"""


class QueueError(Exception):
    """The queue cannot be used: its file, or because it is full."""


@dataclass(frozen=True, slots=True)
class Parcel:
    """Something to deliver: to `target` (forward or webhook); `identity` is the same each time it is tried."""

    target: str
    identity: str
    body: bytes
    id: int = 0


class Queue:
    """The queue in the file `path`. `most` parcels may wait; a message is remembered for `remember` seconds."""

    def __init__(self, path: Path, *, most: int = 10_000, remember: float = 7 * 86_400):
        self._most = most
        self._remember = remember
        self._lock = Lock()
        try:
            os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
            self._db = sqlite3.connect(path, check_same_thread=False, isolation_level=None, timeout=2)
            # The write-ahead log is the safest of the fast; FULL puts each commit on the disk before it returns.
            # EXCLUSIVE keeps a second listener from delivering the same.
            for pragma in ("locking_mode=EXCLUSIVE", "journal_mode=WAL", "synchronous=FULL", "secure_delete=ON"):
                self._db.execute(f"PRAGMA {pragma}")
            self._db.executescript(_TABLES)
        except (OSError, sqlite3.Error) as error:
            says = "another listener uses it" if "locked" in str(error) else type(error).__name__
            raise QueueError(f"{path}: no queue can be kept there ({says})") from None

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._db.close()

    def answered(self, sender: str, control: str, digest: str) -> list[bytes] | None:
        """What a message seen before was answered; None when it is new."""
        with self._lock:
            row = self._db.execute(
                "SELECT answers FROM seen WHERE sender = ? AND control = ? AND digest = ?", (sender, control, digest)
            ).fetchone()
        return None if row is None else [part for part in row[0].split(b"\0") if part]

    def keep(
        self, sender: str, control: str, digest: str, answers: Sequence[bytes], parcels: Sequence[Parcel]
    ) -> Sequence[bytes]:
        """Remember a message with its answers, and queue its parcels, all or nothing. Raises QueueError.

        Gives the answers to send: those of before when the same message came in beside this one.
        """
        now = time.time()
        with self._lock:
            try:
                self._db.execute("BEGIN IMMEDIATE")
                try:
                    (waiting,) = self._db.execute("SELECT count(*) FROM waiting WHERE NOT refused").fetchone()
                    if parcels and waiting + len(parcels) > self._most:
                        raise QueueError("the queue is full")
                    self._db.execute("DELETE FROM seen WHERE at < ?", (now - self._remember,))
                    row = (sender, control, digest, b"\0".join(answers), now)
                    if self._db.execute("INSERT OR IGNORE INTO seen VALUES (?, ?, ?, ?, ?)", row).rowcount:
                        self._db.executemany(
                            "INSERT INTO waiting (target, identity, body) VALUES (?, ?, ?)",
                            [(p.target, p.identity, p.body) for p in parcels],
                        )
                except BaseException:
                    self._db.execute("ROLLBACK")
                    raise
                self._db.execute("COMMIT")
            except sqlite3.Error as error:
                raise QueueError(f"the queue cannot be written ({type(error).__name__})") from None
        return self.answered(sender, control, digest) or answers

    def first(self, target: str) -> Parcel | None:
        """The oldest parcel that waits for a target."""
        with self._lock:
            row = self._db.execute(
                "SELECT target, identity, body, id FROM waiting WHERE target = ? AND NOT refused ORDER BY id LIMIT 1", (target,)
            ).fetchone()
        return Parcel(*row) if row else None

    def delivered(self, parcel: Parcel) -> None:
        """Forget a parcel."""
        with self._lock:
            self._db.execute("DELETE FROM waiting WHERE id = ?", (parcel.id,))

    def refused(self, parcel: Parcel) -> None:
        """Put a parcel aside that its receiver will never take. It stays in the file for someone to look at."""
        with self._lock:
            self._db.execute("UPDATE waiting SET refused = 1 WHERE id = ?", (parcel.id,))

    def counts(self) -> tuple[int, int]:
        """How many parcels wait, and how many were refused."""
        with self._lock:
            row = self._db.execute("SELECT count(*) FILTER (WHERE NOT refused), count(*) FILTER (WHERE refused) FROM waiting")
            waiting, refused = row.fetchone()
        return waiting, refused
