"""Ctrl-C before a command has begun: it ends as a signal ends any program, without a traceback of half an import."""

from __future__ import annotations

import contextlib
import signal
from collections.abc import Generator


def end_quietly() -> None:
    """From now on Ctrl-C ends the process at once. In another thread than the main one nothing changes."""
    with contextlib.suppress(ValueError):
        signal.signal(signal.SIGINT, signal.SIG_DFL)


def raise_again() -> None:
    """From now on Ctrl-C raises KeyboardInterrupt, as Python has it, where `end_quietly` said otherwise."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_DFL:
        with contextlib.suppress(ValueError):
            signal.signal(signal.SIGINT, signal.default_int_handler)


@contextlib.contextmanager
def ending_quietly() -> Generator[None]:
    """Within, Ctrl-C ends the process at once."""
    end_quietly()
    try:
        yield
    finally:
        raise_again()
