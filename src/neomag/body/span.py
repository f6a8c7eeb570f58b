"""A quantity with its range, where an end that nobody gave stays unknown."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Span:
    """`low`, `value` and `high` of one quantity; None: not known. All are of the same unit."""

    value: float | None = None
    low: float | None = None
    high: float | None = None

    def __mul__(self, other: Span | float) -> Span:
        by = other if isinstance(other, Span) else Span(other, other, other)
        return Span(_times(self.value, by.value), _times(self.low, by.low), _times(self.high, by.high))

    def __add__(self, other: Span) -> Span:
        return Span(_plus(self.value, other.value), _plus(self.low, other.low), _plus(self.high, other.high))

    def __sub__(self, other: Span) -> Span:
        # The least is left when the most is taken.
        return Span(_minus(self.value, other.value), _minus(self.low, other.high), _minus(self.high, other.low))

    def rest(self) -> Span:
        """What a share leaves of one: the share absorbed becomes the share not absorbed."""
        return Span(1.0, 1.0, 1.0) - self


def _times(a: float | None, b: float | None) -> float | None:
    return None if a is None or b is None else a * b


def _plus(a: float | None, b: float | None) -> float | None:
    return None if a is None or b is None else a + b


def _minus(a: float | None, b: float | None) -> float | None:
    return None if a is None or b is None else a - b
