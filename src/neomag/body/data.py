"""The figures and words of `body/` of the knowledge: read when asked for, and checked before anything rests on them."""

from __future__ import annotations

import math
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, cast

from neomag.body.span import Span
from neomag.knowledge import Knowledge, KnowledgeError, load
from neomag.knowledge.tables import body_file

# Units in words; mg is elemental magnesium everywhere in this room.
UNITS = frozenset({
    "1", "%", "mmol/kg", "mmol/kg/h", "mmol/kg/d", "mmol/L", "mg", "mg/L", "mg/dL", "mg/kg/d", "mg/kg/h", "mL/kg", "mL/kg/d",
    "mL/min/1.73 m2", "L/kg", "L/kg/week",
    "kg", "g/d", "weeks", "days", "h", "1/h", "1/week", "mg/dL/d", "m2", "m2/kg", "kg m2",
})  # fmt: skip


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure with its range, unit and grounds. A `fitted` one was moved by the fit; `log_sd` is its log-scale spread."""

    id: str
    says: str
    span: Span
    unit: str
    sources: tuple[str, ...] = ()
    policy: str = ""
    fitted: bool = False
    log_sd: float | None = None

    @property
    def centre(self) -> float:
        """The value itself. Raises KnowledgeError when only a range is given."""
        if self.span.value is None:
            raise KnowledgeError([f"body [{self.id}]: needs a value"])
        return self.span.value

    @property
    def ranged(self) -> Span:
        """The span with its ends; where no range is published the ends are the value itself."""
        return Span(self.span.value, *(self.span.value if e is None else e for e in (self.span.low, self.span.high)))


def figures(name: str, knowledge: Knowledge | None = None) -> Mapping[str, Figure]:
    """The figures of `body/{name}.toml` by id. Raises KnowledgeError with a line for each that does not hold."""
    return _figures(body_file(f"{name}.toml"), knowledge or load())


def words(knowledge: Knowledge | None = None) -> Mapping[str, str]:
    """What users read beside the figures, by id. Raises KnowledgeError as `figures` does."""
    return {code: entry.says for code, entry in figures("words", knowledge).items()}


def table(path: Path) -> Mapping[str, Any]:
    """A TOML file of the room as written. Raises KnowledgeError when it cannot be read."""
    try:
        return tomllib.loads(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise KnowledgeError([f"body/{path.name}: {error}"]) from None


def grounds(where: str, fields: Mapping[str, Any], knowledge: Knowledge) -> Iterator[str]:
    """What is wrong with the sources and policy of an entry, a line each."""
    given = fields.get("sources", [])
    if not given and not fields.get("policy"):
        yield f"{where}: needs sources, or policy with its reason"
    if "policy" in fields and len(str(fields["policy"]).split()) < 2:
        yield f"{where}: policy must give a reason"
    for key in given:
        if key not in knowledge.sources:
            yield f"{where}: source {key} is not in sources.toml"


@cache
def _figures(path: Path, knowledge: Knowledge) -> Mapping[str, Figure]:
    problems: list[str] = []
    made: dict[str, Figure] = {}
    for code, fields in cast("Mapping[str, Mapping[str, Any]]", table(path)).items():
        where = f"body/{path.name} [{code}]"
        found = [*grounds(where, fields, knowledge), *_numbers(where, fields)]
        if found:
            problems += found
            continue
        span = Span(*(None if fields.get(end) is None else float(fields[end]) for end in ("value", "low", "high")))
        made[code] = Figure(
            code, fields["says"], span, fields.get("unit", ""), tuple(fields.get("sources", ())), fields.get("policy", ""),
            fields.get("fitted", False), fields.get("log_sd"),
        )  # fmt: skip
    if problems:
        raise KnowledgeError(problems)
    return made


def _numbers(where: str, fields: Mapping[str, Any]) -> Iterator[str]:
    if unknown := fields.keys() - {"says", "value", "low", "high", "unit", "sources", "policy", "fitted", "log_sd"}:
        yield f"{where}: {', '.join(sorted(unknown))} is not known here"
    if not fields.get("says"):
        yield f"{where}: says is missing"
    given = [fields[end] for end in ("low", "value", "high") if end in fields]
    if any(isinstance(n, bool) or not isinstance(n, int | float) or not math.isfinite(n) for n in given):
        yield f"{where}: low, value and high must be finite numbers"
    elif given != sorted(given):
        yield f"{where}: must be low <= value <= high"
    elif given and given[0] < 0:
        yield f"{where}: must not be negative"
    if given and fields.get("unit") not in UNITS:
        yield f"{where}: unit must be one of {', '.join(sorted(UNITS))}"
