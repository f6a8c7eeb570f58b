"""An amount that is known from one value to another: a volume of breast milk, a spoon, a sum with gaps."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Span:
    """At least `least`, at most `most`; `most` is None when no upper bound is known."""

    least: float
    most: float | None

    @classmethod
    def exact(cls, value: float) -> Span:
        """An amount that is known."""
        return cls(value, value)

    @classmethod
    def total(cls, parts: Iterable[Span]) -> Span:
        """The sum; nothing sums to an exact 0."""
        sum_ = cls(0.0, 0.0)
        for part in parts:
            sum_ = sum_ + part
        return sum_

    def __add__(self, other: Span) -> Span:
        most = None if self.most is None or other.most is None else self.most + other.most
        return Span(self.least + other.least, most)

    def __mul__(self, factor: float) -> Span:
        return Span(self.least * factor, None if self.most is None else self.most * factor)

    def to_dict(self) -> dict[str, float | None]:
        """As JSON has it."""
        return {"least": rounded(self.least), "most": rounded(self.most)}


def rounded(value: float | None) -> float | None:
    """A figure to four significant digits: more would be more than any food table knows."""
    return None if value is None else float(f"{value:.4g}")


def figure(value: float) -> str:
    """A figure for reading: three digits at most, no exponent."""
    text = f"{value:.3g}"
    return f"{value:.0f}" if "e" in text else text
