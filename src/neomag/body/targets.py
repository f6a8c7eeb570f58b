"""Published figures as targets: read from the knowledge and checked, each with the scenario it is read off."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, cast

from neomag.body.data import UNITS, grounds, table
from neomag.body.errors import BodyInputError
from neomag.body.measures import MEASURES
from neomag.body.scenario import Scenario, read
from neomag.body.span import Span
from neomag.knowledge import Knowledge, KnowledgeError
from neomag.knowledge.tables import body_file

GROUPS = ("fitted", "seen", "unseen")
Ends = tuple[float | None, float | None]


@dataclass(frozen=True, slots=True)
class Target:
    """A published figure, how it is read off which scenario, and the ends within which it is met (None: open)."""

    id: str
    name: str
    group: str
    published: Span
    accepted: Ends
    unit: str
    measure: str
    given: Mapping[str, float]
    scenario: Scenario
    sources: tuple[str, ...]
    policy: str


@cache
def targets(knowledge: Knowledge) -> tuple[Target, ...]:
    """The targets in the order of the file. Raises KnowledgeError with a line for each fault."""
    path = body_file("targets.toml")
    raw = table(path)
    criterion = raw["criterion"]
    problems = [*grounds("body/targets.toml [criterion]", criterion, knowledge)]
    made: list[Target] = []
    for code, fields in cast("Mapping[str, Mapping[str, Any]]", raw["target"]).items():
        where = f"body/targets.toml [{code}]"
        wrong = [*grounds(where, fields, knowledge), *faults(where, fields)]
        if fields.get("group") not in GROUPS:
            wrong.append(f"{where}: group must be one of {', '.join(GROUPS)}")
        if not wrong:
            try:
                made.append(target(code, fields, fields["group"], float(criterion["value"]), knowledge))
            except BodyInputError as error:
                wrong = [f"{where}: {line}" for line in str(error).split("\n")]
        problems += wrong
    if problems:
        raise KnowledgeError(problems)
    return tuple(made)


def faults(where: str, fields: Mapping[str, Any]) -> Iterable[str]:
    """What is wrong with an entry apart from its grounds and its group, a line each."""
    for key in ("says", "unit", "measure", "with", "scenario"):
        if key not in fields:
            yield f"{where}: {key} is missing"
    if fields.get("measure") not in MEASURES:
        yield f"{where}: measure must be one of {', '.join(MEASURES)}"
    if fields.get("unit") not in UNITS:
        yield f"{where}: unit must be one of {', '.join(sorted(UNITS))}"
    ends = [fields[end] for end in ("low", "value", "high") if end in fields]
    if not ends or ends != sorted(ends):
        yield f"{where}: needs low, value or high, with low <= value <= high"


def target(code: str, fields: Mapping[str, Any], group: str, tolerance: float, knowledge: Knowledge) -> Target:
    """The target of a checked entry; where only a mean is published it is met within `tolerance` of it.

    Raises BodyInputError when its scenario cannot be read.
    """
    ends = [None if fields.get(end) is None else float(fields[end]) for end in ("value", "low", "high")]
    value, low, high = ends
    if value is not None and low is None and high is None:
        low, high = value * (1 - tolerance), value * (1 + tolerance)
    # A target's scenario stands on the target's own grounds.
    inner = {"says": fields["says"], "policy": fields["policy"], **fields["scenario"]}
    return Target(
        code, fields["says"], group, Span(*ends), (low, high), fields["unit"],
        fields["measure"], fields["with"], read(inner, code, knowledge, own=False), tuple(fields["sources"]), fields["policy"],
    )  # fmt: skip
