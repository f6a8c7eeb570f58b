"""Every published figure the model is held against: simulated, and whether it is met. Misses are shown as misses."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from neomag.body.data import grounds, table, words
from neomag.body.errors import BodyModelError
from neomag.body.measures import MEASURES
from neomag.body.scenario import Scenario
from neomag.body.targets import Target, targets
from neomag.body.topics import topics
from neomag.knowledge import Knowledge, KnowledgeError
from neomag.knowledge.tables import body_file


@dataclass(frozen=True, slots=True)
class Attempt:
    """One way in which the model was tried, and how many targets of each group it met then, as text."""

    id: str
    says: str
    fitted: str
    seen: str
    unseen: str


@dataclass(frozen=True, slots=True)
class Result:
    """A target and what the model gives, in the target's unit; None: the model does not come there (`why`)."""

    target: Target
    simulated: float | None
    why: str = ""

    @property
    def passed(self) -> bool:
        """Whether the simulated figure lies where it must."""
        low, high = self.target.accepted
        if self.simulated is None:
            return False
        return (low is None or self.simulated >= low) and (high is None or self.simulated <= high)


def attempts(knowledge: Knowledge) -> tuple[Attempt, ...]:
    """Every attempt in the order it was made, the first model's too. Raises KnowledgeError as `targets` does."""
    raw = cast("Mapping[str, Mapping[str, Any]]", table(body_file("attempts.toml")))
    problems = [p for code, row in raw.items() for p in grounds(f"body/attempts.toml [{code}]", row, knowledge)]
    if problems:
        raise KnowledgeError(problems)
    return tuple(Attempt(code, row["says"], row["fitted"], row["seen"], row["unseen"]) for code, row in raw.items())


def judge(target: Target, knowledge: Knowledge) -> Result:
    """What the model gives for `target`."""
    measure = MEASURES[target.measure]
    try:
        return Result(target, measure(target.scenario, target.given, knowledge))
    except BodyModelError as error:
        return Result(target, None, str(error))


def validate(knowledge: Knowledge) -> tuple[Result, ...]:
    """Every target, simulated. Takes seconds."""
    return tuple(judge(target, knowledge) for target in targets(knowledge))


def near(scenario: Scenario, knowledge: Knowledge) -> tuple[Result, ...] | None:
    """The targets that turn on what `scenario` turns on, simulated; None when there is none."""
    about = topics(scenario, knowledge)
    found = [t for t in targets(knowledge) if topics(t.scenario, knowledge) & about]
    return tuple(judge(t, knowledge) for t in found) or None


def to_dict(results: Sequence[Result]) -> dict[str, Any]:
    """The table as plain data. `published` has the figure, its range (null: open or none) and the unit of both columns."""
    return {
        "targets": [
            {
                "name": r.target.name,
                "published": {
                    "value": r.target.published.value,
                    "low": r.target.published.low,
                    "high": r.target.published.high,
                    "unit": r.target.unit,
                },
                "simulated": None if r.simulated is None else round(r.simulated, 4),
                "pass": r.passed,
                "fitted": r.target.group == "fitted",
                "sources": list(r.target.sources),
            }
            for r in results
        ]
    }


def met(results: Sequence[Result], group: str) -> str:
    """How many of a group are met, as `2 of 6`."""
    inside = [r for r in results if r.target.group == group]
    return f"{sum(r.passed for r in inside)} of {len(inside)}"


def published(target: Target) -> str:
    """The published figure as text: a mean, its range, or both, with the unit."""
    value, low, high = target.published.value, target.published.low, target.published.high
    if low is not None and high is not None:
        ends = f"{low:g} to {high:g}"
        text = ends if value is None else f"{value:g} ({ends})"
    elif value is not None:
        text = f"{value:g}"
    else:
        text = f"at least {low:g}" if low is not None else f"at most {high:g}"
    return f"{text} {target.unit}"


def simulated(result: Result) -> str:
    """The simulated figure as text, or why there is none."""
    return result.why if result.simulated is None else f"{result.simulated:.3g} {result.target.unit}"


def group_says(group: str, knowledge: Knowledge) -> str:
    """What agreement with a group of targets is worth."""
    return words(knowledge)[group]
