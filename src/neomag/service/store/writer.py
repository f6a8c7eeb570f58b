"""The one writer of a process: what waits to be written together is committed together.

A commit waits for the disk, and the chain of the audit trail lets one writer on at a time. Fifty clients that each commit wait
in a row; fifty that share a commit wait once. Each is answered only after its commit.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from functools import partial
from queue import Empty, SimpleQueue
from typing import Any, TypeVar

from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from neomag.service.store.audit import head
from neomag.service.store.engine import WRITES
from neomag.service.store.errors import StoreError

T = TypeVar("T")
Work = Callable[[Session], T]
# Few enough that the first of them does not wait long for the last.
_TOGETHER = 64


class Writer:
    """Runs work in transactions on a thread of its own."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine.execution_options(**{WRITES: True})
        self._waiting: SimpleQueue[tuple[Work[Any], Future[Any]] | None] = SimpleQueue()
        self._closing = threading.Lock()
        self._closed = False
        self._thread = threading.Thread(target=self._run, name="neomag-store", daemon=True)
        self._thread.start()

    def do(self, work: Work[T]) -> T:
        """Run `work` in a transaction; what it returns, once that is committed. What it raises leaves nothing written.

        Raises StoreError when the database cannot be written.
        """
        if threading.current_thread() is self._thread:
            raise RuntimeError("a write inside a write would wait for itself: use the session")
        future: Future[T] = Future()
        with self._closing:
            if self._closed:
                raise StoreError("the store is closed")
            self._waiting.put((work, future))
        return future.result()

    def close(self) -> None:
        """Write what waits, and stop."""
        with self._closing:
            if self._closed:
                return
            self._closed = True
            self._waiting.put(None)
        self._thread.join()

    def _run(self) -> None:
        while batch := list(self._batch()):
            ended: list[Callable[[], None]] = []
            try:
                with Session(self._engine, expire_on_commit=False) as session, session.begin():
                    # What one process reads to decide what it writes, no other changes meanwhile.
                    head(session, lock=True)
                    for work, future in batch:
                        ended.append(_one(session, work, future))
            except Exception as error:  # noqa: BLE001 - whoever waits must be told
                for _, future in batch:
                    future.set_exception(told(error))
            else:
                for say in ended:
                    say()

    def _batch(self) -> Iterator[tuple[Work[Any], Future[Any]]]:
        """What waits now; waits for the first. Nothing when it is time to stop."""
        with contextlib.suppress(Empty):
            for number in range(_TOGETHER):
                item = self._waiting.get(block=number == 0)
                if item is None:
                    if number:
                        self._waiting.put(None)
                    return
                yield item


def told(error: Exception) -> Exception:
    """The error to raise: of the database, only its kind, because its text may hold what was written."""
    if isinstance(error, SQLAlchemyError):
        return StoreError(f"the database refused or cannot be reached ({type(error).__name__})")
    return error


def _one(session: Session, work: Work[Any], future: Future[Any]) -> Callable[[], None]:
    """Do one piece of work; how to say what came of it, once the rest is committed. Its error is its own: the rest goes on."""
    try:
        with session.begin_nested():
            found = work(session)
    except Exception as error:
        if getattr(error, "connection_invalidated", False):
            raise
        return partial(future.set_exception, told(error))
    return partial(future.set_result, found)
