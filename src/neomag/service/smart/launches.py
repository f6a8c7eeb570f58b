"""Launches under way: from the redirect to the login until the browser comes back, once, to the same browser."""

from __future__ import annotations

import base64
import secrets
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from hashlib import sha256

from neomag.service.smart.discovery import Configuration
from neomag.service.smart.refusal import Refusal

# Seconds that a login may take, and launches that are remembered at most: of more, the oldest are forgotten.
LIFE = 600
_MOST = 10_000


@dataclass(frozen=True, slots=True)
class Launch:
    """A launch under way. The verifier of PKCE stays here; the browser has a random value of its own (`browser`, its hash)."""

    iss: str
    configuration: Configuration
    redirect: str
    browser: str
    verifier: str = field(repr=False)
    until: float

    @property
    def challenge(self) -> str:
        """The code challenge (S256) of the verifier."""
        return base64.urlsafe_b64encode(sha256(self.verifier.encode()).digest()).rstrip(b"=").decode()


def _hash(text: str) -> str:
    return sha256(text.encode("utf-8", "replace")).hexdigest()


class Launches:
    """Safe to share between threads."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._waiting: OrderedDict[str, Launch] = OrderedDict()

    def __len__(self) -> int:
        return len(self._waiting)

    def begin(self, iss: str, configuration: Configuration, redirect: str) -> tuple[str, str, Launch]:
        """Remember a new launch: its `state`, the browser's own value for a cookie, and the launch.

        Both are made anew for each launch, so that nobody can plant theirs in another's browser.
        """
        state, browser = secrets.token_urlsafe(32), secrets.token_urlsafe(32)
        launch = Launch(iss, configuration, redirect, _hash(browser), secrets.token_urlsafe(48), self._clock() + LIFE)
        with self._lock:
            self._waiting[_hash(state)] = launch
            while len(self._waiting) > _MOST:
                self._waiting.popitem(last=False)
        return state, browser, launch

    def take(self, state: str, browser: str) -> Launch:
        """The launch of a state, which ends here, in the browser where it began. Raises Refusal (400).

        A stranger who has the state does not end it.
        """
        with self._lock:
            launch = self._waiting.get(_hash(state))
            if launch is None or not secrets.compare_digest(launch.browser, _hash(browser)):
                raise Refusal(400, "This login was not begun in this browser, or was used before.")
            del self._waiting[_hash(state)]
        if self._clock() > launch.until:
            raise Refusal(400, f"The login took longer than {LIFE // 60} minutes.")
        return launch
