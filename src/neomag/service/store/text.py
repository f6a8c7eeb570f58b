"""Texts that come from outside, made fit for a column."""

from __future__ import annotations

import re

# No spaces: a subject is an id, and a name or a sentence is refused.
_ID = re.compile(r"[A-Za-z0-9._:/|@=+-]+")


def fit(name: str, value: str, most: int) -> str:
    """`value` itself. Raises ValueError when it is empty, longer than `most` or has characters that are not printed."""
    if not 0 < len(value) <= most or not value.isprintable():
        raise ValueError(f"{name}: write 1 to {most} characters that can be printed")
    return value


def an_id(name: str, value: str, most: int) -> str:
    """`value` itself. Raises ValueError when it is not an id: letters, digits and . _ : / | @ = + - only."""
    if len(value) > most or not _ID.fullmatch(value):
        raise ValueError(f"{name}: write an id of at most {most} letters, digits and . _ : / | @ = + -")
    return value


def told(value: str | None, most: int) -> str | None:
    """What a person wrote, cut to `most` characters, without the characters that a database refuses."""
    return None if value is None else re.sub(r"[\x00\ud800-\udfff]", "�", value[:most])
