"""The answer: what neomag says about a case, every line with the rules behind it and their sources."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from neomag.knowledge import Entry, RuleEntry
from neomag.rules import Rulebook
from neomag.rules.explained import explanations
from neomag.rules.why import Explainer, Why


@dataclass(frozen=True)
class Advice:
    """One line of the answer: a code, what it says, the ids of the true rules behind it, and their sources."""

    entry: Entry
    rules: tuple[RuleEntry, ...]

    @property
    def code(self) -> str:
        """The code, such as `measure-magnesium`."""
        return self.entry.code

    @property
    def says(self) -> str:
        """One plain sentence."""
        return self.entry.says

    @property
    def because(self) -> list[str]:
        """The ids of the true rules that lead here."""
        return [rule.id for rule in self.rules]

    @property
    def sources(self) -> list[str]:
        """Keys of the bibliography: the line's own sources, then its rules'."""
        return list(self._sources)

    # Infants share their lines, so that each line is worked out once.
    @cached_property
    def _sources(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys([*self.entry.sources, *(s for rule in self.rules for s in rule.sources)]))

    @cached_property
    def _said(self) -> dict[str, Any]:
        said = {"code": self.code, "says": self.says, "because": self.because, "sources": self.sources}
        if self.entry.test is not None:
            said["test"] = self.entry.test
        return said

    def to_dict(self) -> dict[str, Any]:
        """As the contract writes it."""
        said = self._said
        return said | {"because": [*said["because"]], "sources": [*said["sources"]]}


@dataclass(frozen=True, slots=True)
class Magnesium:
    """What the magnesium level means. `value` is in mmol/L, `at` an age in seconds; None where there is no number."""

    status: str
    grade: str | None = None
    value: float | None = None
    unit: str = "mmol/L"
    reported: str | None = None
    at: int | None = None
    at_written: str | None = None
    interval: dict[str, Any] | None = None
    caveats: tuple[Advice, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """As the contract writes it."""
        number = None
        if self.value is not None or self.reported is not None:
            value = None if self.value is None else round(self.value, 4)
            number = {"value": value, "unit": self.unit, "reported": self.reported, "at": self.at_written}
        return {
            "status": self.status,
            "grade": self.grade,
            "value": number,
            "interval": self.interval,
            "caveats": [c.to_dict() for c in self.caveats],
        }


@dataclass(frozen=True, slots=True)
class RuleResult:
    """One rule on this case: true, false or None (unknown), the findings that decided, and what would settle it."""

    id: str
    says: str
    value: bool | None
    findings: dict[str, Any]
    missing: list[str]
    sources: list[str]

    def to_dict(self) -> dict[str, Any]:
        """As the contract writes it."""
        return {
            "id": self.id,
            "says": self.says,
            "value": self.value,
            "findings": self.findings,
            "missing": self.missing,
            "sources": self.sources,
        }


@dataclass(frozen=True)
class Answer:
    """The answer to a case. Frozen; the explanations (`rules`, `why`) are worked out when asked for."""

    case: str
    knowledge: str
    urgency: str
    magnesium: Magnesium
    suspicion: str
    causes: tuple[Advice, ...]
    consider: tuple[Advice, ...]
    actions: tuple[Advice, ...]
    blocked: tuple[Advice, ...]
    problems: tuple[dict[str, Any], ...]
    rulebook: Rulebook = field(repr=False, compare=False)
    row: Sequence[Any] = field(repr=False)
    values: tuple[bool | None, ...] = field(repr=False)

    @cached_property
    def explainer(self) -> Explainer:
        """Explains each rule on this case."""
        found = dict(zip(self.rulebook.findings, self.row, strict=True))
        return Explainer(self.rulebook.trees, found)

    @cached_property
    def rules(self) -> tuple[RuleResult, ...]:
        """Every rule on this case, in the order of the knowledge."""
        return tuple(RuleResult(**said) for said in self._results())

    def _results(self) -> Iterator[dict[str, Any]]:
        """Every rule as the contract writes it. Plain data: an object for each would cost more than the whole assessment."""
        found = dict(zip(self.rulebook.findings, self.row, strict=True))
        explained = explanations(self.rulebook).of(self.row)
        for entry, value, why in zip(self.rulebook.entries, self.values, explained, strict=True):
            yield {
                "id": entry.id,
                "says": entry.says,
                "value": value,
                "findings": {name: found[name] for name in why.grounds},
                "missing": list(why.missing),
                "sources": list(entry.sources),
            }

    def rule(self, rule_id: str) -> bool | None:
        """The value of one rule by id. Raises KeyError when there is no such rule."""
        for entry, value in zip(self.rulebook.entries, self.values, strict=True):
            if entry.id == rule_id:
                return value
        raise KeyError(rule_id)

    def why(self, rule_id: str) -> Why:
        """The tree of what decided a rule. Raises KeyError when there is no such rule."""
        return self.explainer.explain(self.rulebook.knowledge.rules[rule_id].name)

    def settling(self, rule_id: str) -> list[frozenset[str]]:
        """For an unknown rule, the smallest sets of findings of which one can settle it. Raises KeyError."""
        return self.explainer.settling(self.rulebook.knowledge.rules[rule_id].name)

    def to_dict(self, *, rules: Any = None) -> dict[str, Any]:
        """The answer as the contract writes it, ready for JSON. `rules`, when given, stands in place of the list of rules."""
        return {
            "case": self.case,
            "knowledge": self.knowledge,
            "urgency": self.urgency,
            "magnesium": self.magnesium.to_dict(),
            "suspicion": self.suspicion,
            "causes": [a.to_dict() for a in self.causes],
            "consider": [a.to_dict() for a in self.consider],
            "actions": [a.to_dict() for a in self.actions],
            "blocked": [a.to_dict() for a in self.blocked],
            "rules": list(self._results()) if rules is None else rules,
            "problems": list(self.problems),
        }
