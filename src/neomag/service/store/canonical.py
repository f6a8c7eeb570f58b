"""One way to write a value as JSON, and its digest: the same value always gives the same bytes."""

from __future__ import annotations

import json
from hashlib import sha256
from typing import Any


def canonical(value: Any) -> str:
    """JSON in ASCII with sorted keys and no spaces.

    Raises ValueError for NaN and infinity, TypeError for what JSON cannot hold. ASCII, so that no database refuses what JSON
    allows, such as a NUL or half a surrogate pair.
    """
    return json.dumps(value, sort_keys=True, separators=(",", ":"), allow_nan=False)


def digest(value: Any) -> str:
    """SHA-256, as hexadecimal, of the canonical JSON."""
    return sha256(canonical(value).encode()).hexdigest()
