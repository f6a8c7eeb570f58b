"""The faults of what is asked: where each is, and what would be accepted."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault: `where` it is (a JSON pointer; the empty text for the whole), and what is wrong and would be accepted."""

    where: str
    says: str


class NotValidError(Exception):
    """What is asked was read and cannot be answered as it stands; `faults` holds at least one."""

    def __init__(self, faults: Iterable[Fault]):
        self.faults = tuple(faults)
        super().__init__(f"{len(self.faults)} faults")


def pointer(*parts: str | int) -> str:
    """The JSON pointer (RFC 6901) of a place."""
    return "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in parts)
