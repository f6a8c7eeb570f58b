"""The nearest of the names there are to one that is not among them."""

from __future__ import annotations

from collections.abc import Iterable


def nearest(name: str, names: Iterable[str], cutoff: float = 0.6) -> str | None:
    """The one of `names` most like `name`; None when none is as like as `cutoff` (0 anything, 1 the same)."""
    from difflib import get_close_matches  # only a mistake needs it

    near = get_close_matches(name[:200], list(names), 1, cutoff)
    return near[0] if near else None


def hint(name: str, names: Iterable[str], cutoff: float = 0.6) -> str:
    """`; the nearest is …` to end a message with; nothing when no name is near."""
    near = nearest(name, names, cutoff)
    return f"; the nearest is `{near}`" if near else ""
