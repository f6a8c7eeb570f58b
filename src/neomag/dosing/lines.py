"""Refusals and warnings: a code, what is said with the figures filled in, and on what it stands."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from neomag.knowledge import Knowledge
from neomag.knowledge.dosing import Ceiling, Grounded, Says


@dataclass(frozen=True, slots=True)
class Line:
    """One refusal or warning, with the keys of its sources; `policy` where neomag decides.

    An order that passes a warning which is `unusual` is not accepted as it stands.
    """

    code: str
    says: str
    sources: tuple[str, ...]
    policy: str | None = None
    unusual: bool = False

    def to_dict(self) -> dict[str, Any]:
        """As JSON has it."""
        return {"code": self.code, "says": self.says, "sources": list(self.sources)} | (
            {} if self.policy is None else {"policy": self.policy}
        )


def number(value: Fraction, digits: int = 4) -> str:
    """An exact number for reading, with at most `digits` significant figures and no exponent."""
    text = f"{float(value):.{digits}g}"
    if "e" in text:
        text = f"{float(value):f}".rstrip("0").rstrip(".")
    return text


def apart(value: Fraction, limit: Fraction) -> tuple[str, str]:
    """Two numbers for reading, with as many digits as it takes to see that they differ."""
    digits = next((d for d in range(4, 16) if number(value, d) != number(limit, d)), 16)
    return number(value, digits), number(limit, digits)


def refusal(code: str, knowledge: Knowledge, grounds: Grounded | None = None, **figures: str) -> Line:
    """The refusal `code`, on its own grounds or those given."""
    return _line(code, knowledge.dosing.refusals, grounds, figures)


def warning(code: str, knowledge: Knowledge, grounds: Grounded | None = None, **figures: str) -> Line:
    """The warning `code`, on its own grounds or those given."""
    return _line(code, knowledge.dosing.warnings, grounds, figures)


def _line(code: str, entries: Mapping[str, Says], grounds: Grounded | None, figures: dict[str, str]) -> Line:
    entry = entries[code]
    of = grounds or entry
    return Line(entry.code or code, entry.says.format(**figures), of.sources, of.policy, entry.unusual)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a ceiling says of a value: refuse, warn or neither, and the limit that was passed."""

    refuse: Fraction | None = None
    warn: Fraction | None = None


def held(ceiling: Ceiling, value: Fraction) -> Verdict:
    """`value`, in the ceiling's unit, held against it."""

    def passed(above: Fraction | None, from_: Fraction | None, below: Fraction | None) -> Fraction | None:
        if above is not None and value > above:
            return above
        if from_ is not None and value >= from_:
            return from_
        return below if below is not None and value < below else None

    return Verdict(
        passed(ceiling.refuse_above, ceiling.refuse_from, ceiling.refuse_below),
        passed(ceiling.warn_above, ceiling.warn_from, ceiling.warn_below),
    )
