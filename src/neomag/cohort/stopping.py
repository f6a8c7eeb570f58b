"""Stopping a run when told to (Ctrl-C, or SIGTERM from a scheduler), also in the middle of a query."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress
from types import FrameType

_SIGNALS = (signal.SIGINT, signal.SIGTERM)


class Stopped(Exception):  # noqa: N818 (nothing went wrong)
    """The run was told to stop; what it had finished is kept."""


class Stop:
    """Whether the run was told to stop, and what it is doing that must be interrupted then."""

    def __init__(self) -> None:
        self.told = False
        self._interrupt: list[Callable[[], object]] = []

    def interrupts(self, interrupt: Callable[[], object]) -> None:
        """Call `interrupt` when told to stop: a query in C++ or Java does not see Python's exceptions."""
        self._interrupt.append(interrupt)

    def __call__(self, number: int, frame: FrameType | None) -> None:
        """Handle a signal."""
        del number, frame
        self.told = True
        for interrupt in self._interrupt:
            # What is closed already has nothing to interrupt.
            with suppress(Exception):
                interrupt()
        raise KeyboardInterrupt


@contextmanager
def stoppable() -> Generator[Stop, None, None]:
    """Raises Stopped, from whatever an interrupted engine raises. A signal that the shell ignores (nohup) stays ignored."""
    stop = Stop()
    main = threading.current_thread() is threading.main_thread()
    before = {number: signal.getsignal(number) for number in _SIGNALS} if main else {}
    before = {number: handler for number, handler in before.items() if handler is not signal.SIG_IGN}
    for number in before:
        signal.signal(number, stop)
    try:
        yield stop
    except KeyboardInterrupt:
        raise Stopped from None
    except Exception:
        if stop.told:
            raise Stopped from None
        raise
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
