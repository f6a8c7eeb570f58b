"""What can go wrong with the store."""

from __future__ import annotations


class StoreError(Exception):
    """The store cannot be used; one line that says why, without password and without data."""


class ConflictError(Exception):
    """An idempotency key, or a control id, was used before for another request."""
