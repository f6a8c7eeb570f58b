"""Counts that may be shown, and shares with their uncertainty."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt
from statistics import NormalDist


@dataclass(frozen=True, slots=True)
class Hidden:
    """A count that is not shown: it is below `below`, or (None) it would give away one that is; `rest`: what is left is."""

    below: int | None = None
    rest: bool = False

    def __str__(self) -> str:
        if self.below is None:
            return "not shown"
        return f"all but <{self.below}" if self.rest else f"<{self.below}"


Count = int | Hidden


def thousands(count: int) -> str:
    """A count as people read it, with a thin space between thousands."""
    return f"{count:,}".replace(",", "\u202f")


def normal_point(level: float) -> float:
    """How many standard errors an interval of `level` (0.95) reaches to either side."""
    return NormalDist().inv_cdf(0.5 + level / 2)


def wilson(count: int, total: int, level: float) -> tuple[float, float]:
    """The Wilson score interval of a share. Raises ValueError for no observations."""
    if total < 1:
        raise ValueError("a share of nothing")
    z = normal_point(level)
    share = count / total
    middle = (share + z * z / (2 * total)) / (1 + z * z / total)
    half = z / (1 + z * z / total) * sqrt(share * (1 - share) / total + z * z / (4 * total * total))
    return max(0.0, middle - half), min(1.0, middle + half)


def single(count: int, below: int) -> Count:
    """One count by itself: hidden from 1 to below `below`."""
    return Hidden(below) if 0 < count < below else count


def hide(counts: Sequence[int], below: int) -> list[Count]:
    """The parts of a total that is known: small ones hidden, and as many more as it takes that none can be worked out."""
    return hide_grid([counts], below)[0]


def hide_grid(rows: Sequence[Sequence[int]], below: int) -> list[list[Count]]:
    """A table whose totals by row and by column are known, small counts hidden as in `hide`, along both."""
    hidden = [[0 < count < below for count in row] for row in rows]
    lines = [[(r, c) for c in range(len(row))] for r, row in enumerate(rows)]
    if len(rows) > 1:
        lines += [[(r, c) for r in range(len(rows))] for c in range(len(rows[0]))]
    changed = True
    while changed:
        changed = False
        for line in lines:
            behind = [rows[r][c] for r, c in line if hidden[r][c]]
            # One hidden count is the total less the others; several are given away when they are few in all.
            if not behind or (len(behind) > 1 and sum(behind) >= below):
                continue
            rest = [(rows[r][c], r, c) for r, c in line if not hidden[r][c] and rows[r][c] > 0]
            if rest:
                _, r, c = min(rest)
                hidden[r][c] = changed = True
    return [
        [
            (Hidden(below) if 0 < count < below else Hidden()) if hide_it else count
            for count, hide_it in zip(row, marks, strict=True)
        ]
        for row, marks in zip(rows, hidden, strict=True)
    ]
