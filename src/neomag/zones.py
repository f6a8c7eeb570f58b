"""Time zones by the names that people write for them."""

from __future__ import annotations

from zoneinfo import ZoneInfo


def zone_of(name: str) -> ZoneInfo:
    """The time zone of a name of the IANA, such as Europe/Oslo. Raises ValueError saying what is accepted."""
    try:
        return ZoneInfo(name)
    except (ValueError, OSError, KeyError):
        raise ValueError("write the name of a time zone such as UTC or Europe/Oslo") from None
