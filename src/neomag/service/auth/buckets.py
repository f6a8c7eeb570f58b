"""Limits by client: a bucket of tokens that fills at a rate and holds so many."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable


class Buckets:
    """A bucket a name, of `size` tokens, filling by `rate` tokens a second. At most `most` names are remembered: of more, the
    one that was used longest ago starts full again. Safe to share between threads."""

    def __init__(self, rate: float, size: float, most: int = 10_000, clock: Callable[[], float] = time.monotonic) -> None:
        self._rate = rate
        self._size = float(size)
        self._most = most
        self._clock = clock
        self._lock = threading.Lock()
        self._left: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._left)

    def take(self, name: str) -> float:
        """Take a token from the bucket of `name`: 0, or the seconds until there is one, with none taken."""
        with self._lock:
            wait, left, now = self._look(name)
            if not wait:
                self._left[name] = (left - 1, now)
                self._left.move_to_end(name)
                if len(self._left) > self._most:
                    self._left.popitem(last=False)
            return wait

    def wait(self, name: str) -> float:
        """The seconds until the bucket of `name` has a token; 0 when it has one."""
        with self._lock:
            return self._look(name)[0]

    def _look(self, name: str) -> tuple[float, float, float]:
        now = self._clock()
        left, at = self._left.get(name, (self._size, now))
        left = min(self._size, left + (now - at) * self._rate)
        return (0.0 if left >= 1 else (1 - left) / self._rate), left, now


class Recent:
    """Names that were added less than `seconds` ago; at most `most` of them, the newest."""

    def __init__(self, seconds: float, most: int = 10_000, clock: Callable[[], float] = time.monotonic) -> None:
        self._seconds = seconds
        self._most = most
        self._clock = clock
        self._lock = threading.Lock()
        self._added: OrderedDict[str, float] = OrderedDict()

    def add(self, name: str) -> None:
        """Add a name, or renew it."""
        with self._lock:
            self._added[name] = self._clock()
            self._added.move_to_end(name)
            if len(self._added) > self._most:
                self._added.popitem(last=False)

    def holds(self, name: str) -> bool:
        """Whether the name was added less than so many seconds ago."""
        with self._lock:
            return self._clock() - self._added.get(name, -1e9) < self._seconds
