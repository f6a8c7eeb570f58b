"""Who calls."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

# What a caller may be allowed: to assess; to work out and check doses; intake and plans; to read the knowledge and what was
# kept; to read the audit trail; to call the services of CDS Hooks; to read the metrics.
SCOPES = ("assess", "dose", "feed", "read", "audit", "cds", "metrics")


@dataclass(frozen=True, slots=True)
class Identity:
    """A caller: the client (a program), its scopes, how it showed who it is, and the person for whom it calls, when known."""

    client: str
    scopes: frozenset[str]
    how: Literal["key", "token", "client-jwt", "session", "none"]
    person: str | None = None

    @property
    def actor(self) -> str:
        """Who did it, for the audit trail."""
        return self.client if self.person is None else f"{self.client}|{self.person}"


# Where nobody is asked who they are, everybody may do everything.
ANONYMOUS = Identity("anonymous", frozenset(SCOPES), "none")


def known(scopes: Iterable[str]) -> frozenset[str]:
    """Those of the scopes that mean something here."""
    return frozenset(scopes) & frozenset(SCOPES)
