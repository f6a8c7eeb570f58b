"""What is wrong with FHIR that was read: a refusal of the whole, or a problem of one element that was read around."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal

from neomag.knowledge.loader import directory
from neomag.knowledge.tables import cohort_file, fhir_file, read_toml

Severity = Literal["error", "warning", "information"]
# More places than these are not listed of one problem.
MOST_PLACES = 10
_LONGEST = 120


@dataclass(frozen=True, slots=True)
class Problem:
    """One problem: `code` (a key of the tables of problems), what it `says`, where (FHIRPath), and how often.

    `type` is an issue type of FHIR R4. No text holds names or identifiers of a patient.
    """

    code: str
    says: str
    expression: tuple[str, ...] = ()
    severity: Severity = "warning"
    type: str = "processing"
    count: int = 1


class FhirInputError(ValueError):
    """FHIR that cannot be read soundly. `issues` holds each reason, its place, and what would be accepted."""

    def __init__(self, issues: Sequence[Problem]):
        self.issues = tuple(issues)
        super().__init__("; ".join(f"{', '.join(i.expression) or 'input'}: {i.says}" for i in self.issues))


@cache
def _tables(folder: Path) -> tuple[Mapping[str, Any], Mapping[str, Severity], Mapping[str, str]]:
    del folder  # the knowledge in force: another has other tables
    own = read_toml(fhir_file("problems.toml"))
    tables = {**read_toml(cohort_file("problems.toml")), **own}
    says = {code: entry["says"] for code, entry in tables.items() if "says" in entry}
    severities: dict[str, Severity] = dict.fromkeys(own["severity"]["information"], "information")
    types = {code: kind for kind, codes in own["type"].items() if kind not in {"policy", "sources"} for code in codes}
    return says, severities, types


def refusal(where: str, says: str, kind: str = "invalid") -> Problem:
    """A reason to refuse the whole: where (FHIRPath), what is wrong and what would be accepted, and its issue type."""
    return Problem(kind, says, (where,) if where else (), "error", kind)


def problem(code: str, expression: Sequence[str] = (), detail: str = "", *, says: str = "", count: int = 1) -> Problem:
    """A problem by its code; `says` stands in for codes that the tables of records do not hold."""
    texts, severities, types = _tables(directory())
    text = says or texts[code]
    severity = "warning" if code == "unbound-code" and detail.endswith("named magnesium") else severities.get(code, "warning")
    said = f"{text} ({detail[:_LONGEST]})" if detail else text
    return Problem(code, said, tuple(expression[:MOST_PLACES]), severity, types.get(code, "processing"), count)
