"""One nutrient of a day: its amount, the target and limit it is held against, and the verdict."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from neomag.feeding.authority import Limit, Target
from neomag.feeding.day import BREAST
from neomag.feeding.parts import Part
from neomag.feeding.span import Span, rounded
from neomag.knowledge.diaries import load_indicators
from neomag.knowledge.foods import Nutrient

MET, MAY_BE, SHORT, ABOVE, NO_TARGET = "met", "may be met", "short", "above limit", "no target"
# Of what is a cap and no aim (sodium), and of a need that more than fills (energy).
WITHIN, MAY_PASS, MORE = "within cap", "may pass cap", "more than need"
_RETINOL, _SUPPLEMENT = "retinol", "supplement"
# A sum of floats may miss a target that it meets by the last digit.
_TOLERANCE = 1 - 1e-9


@dataclass(frozen=True, slots=True)
class Cap:
    """The most of a nutrient in a day by a rule of safety: less is no fault. `rule` is its id."""

    value: float
    rule: str
    sources: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class NutrientIntake:
    """`amount` and `limited`, what the limit counts of it, in the nutrient's unit; `missing` are the parts without a figure.

    `figures` is how many parts of the day have one. Breast milk counts for a limit with its least. With a `cap` nothing else is
    a verdict; `band` is the share by which an average need may be missed either way.
    """

    nutrient: Nutrient
    amount: Span
    target: Target | None
    limit: Limit | None
    limited: Span
    missing: tuple[str, ...]
    figures: int
    cap: Cap | None = None
    band: float | None = None

    @property
    def percent(self) -> Span | None:
        """The amount in percent of the target."""
        return None if self.target is None else self.amount * (100 / self.target.value)

    @property
    def above(self) -> bool:
        """Whether the least is above the limit."""
        return self.limit is not None and self.limited.least > self.limit.value

    @property
    def may_be_above(self) -> bool:
        """Whether the most is above the limit and the least is not."""
        most = self.limited.most
        return self.limit is not None and not self.above and most is not None and most > self.limit.value

    @property
    def verdict(self) -> str:
        """`met`, `may be met`, `short`, `above limit`, `no target`, `within cap`, `may pass cap` or `more than need`."""
        if self.cap is not None:
            return self._against(self.cap)
        if self.above:
            return ABOVE
        if self.target is None:
            return NO_TARGET
        wanted = self.target.value * _TOLERANCE * (1 - (self.band or 0.0))
        if self.band is not None and self.amount.least > self.target.value * (1 + self.band):
            return MORE
        if self.amount.least >= wanted:
            return MET
        open_above = self.amount.most is None or self.target.undercounts
        return MAY_BE if open_above or (self.amount.most or 0.0) >= wanted else SHORT

    def _against(self, cap: Cap) -> str:
        if self.limited.least > cap.value:
            return ABOVE
        return WITHIN if self.limited.most is not None and self.limited.most <= cap.value else MAY_PASS

    def to_dict(self) -> dict[str, Any]:
        """As JSON has it."""
        target, percent = self.target, self.percent
        found: dict[str, Any] = {
            "unit": self.nutrient.unit,
            "target": rounded(target.value) if target else None,
            "kind": target.kind if target else None,
            **self.amount.to_dict(),
            "percent": [rounded(percent.least), rounded(percent.most)] if percent else None,
            "verdict": self.verdict,
            "missing": list(self.missing),
        }
        if target is not None:
            found |= {"authority": target.authority, "status": target.status, "source": target.source, "note": target.note}
        if self.cap is not None:
            found["cap"] = {"value": rounded(self.cap.value), "rule": self.cap.rule, "sources": list(self.cap.sources)}
        if self.limit is not None:
            found["limit"] = {
                "value": rounded(self.limit.value),
                "counts": self.limit.counts,
                "authority": self.limit.authority,
                "status": self.limit.status,
                "source": self.limit.source,
                **self.limited.to_dict(),
            }
        return found


def nutrient_intake(
    nutrient: Nutrient,
    parts: Sequence[Part],
    target: Target | None,
    limit: Limit | None,
    cap: Cap | None = None,
    band: float | None = None,
) -> NutrientIntake:
    """The intake of one nutrient from the parts of a day.

    A limit of supplements and added forms is left out: no food counts for it.
    """
    holds = [(part, part.holds(nutrient.id)) for part in parts]
    missing = tuple(dict.fromkeys(part.name for part, amount in holds if amount is None))
    known = [(part, amount) for part, amount in holds if amount is not None]
    amount = _open(Span.total(amount for _, amount in known), bool(missing))
    if limit is not None and limit.counts == _SUPPLEMENT:
        limit = None
    limited = _open(Span.total(_surely(part, of) for part, of in known), bool(missing))
    if limit is not None and limit.counts == _RETINOL:
        unknown = any(_may_be_retinol(part) for part, of in holds if of is None)
        limited = _open(Span.total(_retinol(part, _surely(part, of)) for part, of in known), unknown)
    return NutrientIntake(nutrient, amount, target, limit, limited, missing, len(known), cap, band)


def _open(amount: Span, missing: bool) -> Span:
    """The sum, whose most is not known when a figure is missing."""
    return Span(amount.least, None) if missing else amount


def _surely(part: Part, amount: Span) -> Span:
    """The amount for a limit: of breast milk the least, since no limit is about how much a child may suckle."""
    return Span.exact(amount.least) if part.food.kind == BREAST else amount


def _may_be_retinol(part: Part) -> bool:
    return not (part.groups and set(part.groups) <= load_indicators().no_retinol)


def _retinol(part: Part, amount: Span) -> Span:
    """The preformed vitamin A in a part, which the table does not tell apart: all of it, none, or somewhere between."""
    if not _may_be_retinol(part):
        return Span.exact(0.0)
    if part.groups and set(part.groups) <= load_indicators().all_retinol:
        return amount
    return Span(0.0, amount.most)
