"""What the knowledge consists of: one frozen type for each kind of entry."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any, Literal, cast

from neomag.knowledge.dosing import Dosing

# What rules can set, the gravest first (urgency: last).
URGENCIES = ("routine", "soon", "urgent", "emergency")
STATUSES = ("uninterpretable", "deficient", "grey", "high", "normal")
GRADES = ("critical", "severe", "low", "borderline")
SUSPICIONS = ("confirmed", "strong", "possible", "unlikely")


class KnowledgeError(Exception):
    """The knowledge does not hold together. `problems` holds one line each, naming file, entry and what is wrong."""

    def __init__(self, problems: list[str]):
        self.problems = problems
        super().__init__(problems)

    def __str__(self) -> str:
        return "\n".join(self.problems)


@dataclass(frozen=True, slots=True)
class Source:
    """A source of the bibliography. `read` says how far it was read: full, abstract or excerpt."""

    key: str
    title: str
    read: str
    year: int | None = None
    doi: str | None = None
    pmid: str | None = None
    url: str | None = None
    note: str | None = None

    @property
    def link(self) -> str | None:
        """An address to follow: the URL given, else the DOI's or PubMed's."""
        if self.url:
            return self.url
        if self.doi:
            return f"https://doi.org/{self.doi}"
        return f"https://pubmed.ncbi.nlm.nih.gov/{self.pmid}/" if self.pmid else None


@dataclass(frozen=True, slots=True)
class Entry:
    """An action, block, cause, caveat or differential diagnosis: a code and one plain sentence, with its grounds."""

    code: str
    says: str
    sources: tuple[str, ...] = ()
    policy: str | None = None
    clue: str | None = None
    test: str | None = None


@dataclass(frozen=True, slots=True)
class Term:
    """One code of the vocabulary of cases."""

    kind: str
    code: str
    meaning: str
    also_said: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Analyte:
    """A laboratory analyte: the units it may have, how they convert, and where a number becomes implausible.

    `plausible` maps units to (lowest, highest) in that unit; a unit without a band of its own is judged in `canonical`.
    """

    code: str
    canonical: str
    units: tuple[str, ...]
    plausible: Mapping[str, tuple[float, float]]
    molar_mass: Fraction | None = None
    valence: int | None = None
    refused: Mapping[str, str] = field(default_factory=dict[str, str])
    unitless: bool = False
    ratio_of: tuple[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Interval:
    """A reference interval of one authority for one group and age band; ages in seconds, `start` included, `end` not.

    `low` and `high` are in `unit`; either may be None (no limit given).
    """

    id: str
    analyte: str
    authority: str
    group: str
    start: int
    end: int
    low: float | None
    high: float | None
    unit: str
    population: str
    source: str
    fact: str
    basis: str
    note: str


@dataclass(frozen=True, slots=True)
class Signature:
    """What kind of value a finding has: a truth, a count, a quantity in `unit` (of `analyte`, if one), or one of `words`."""

    type: Literal["truth", "count", "quantity", "word"]
    unit: str | None = None
    analyte: str | None = None
    words: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class FindingEntry:
    """A finding that is more than one code of the vocabulary; `params` are those of its kind."""

    name: str
    kind: str
    says: str
    params: Mapping[str, Any]
    sources: tuple[str, ...] = ()
    policy: str | None = None


@dataclass(frozen=True, slots=True)
class RuleEntry:
    """A rule as written: its text and what follows when it is true."""

    id: str
    says: str
    when: str
    sources: tuple[str, ...] = ()
    policy: str | None = None
    urgency: str | None = None
    status: str | None = None
    grade: str | None = None
    suspicion: str | None = None
    context: str | None = None
    problem: str | None = None
    actions: tuple[str, ...] = ()
    blocks: tuple[str, ...] = ()
    causes: tuple[str, ...] = ()
    consider: tuple[str, ...] = ()
    caveats: tuple[str, ...] = ()
    done: tuple[str, ...] = ()
    any_age: bool = False

    @property
    def name(self) -> str:
        """The rule's name inside rule texts."""
        return self.id.replace("-", "_")


@dataclass(frozen=True, slots=True)
class Claim:
    """A claim of the article neomag started from, held against the evidence."""

    id: str
    says: str
    meant: str
    evidence: str
    verdict: str
    counterparts: tuple[str, ...]
    sources: tuple[str, ...] = ()
    policy: str | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Knowledge:
    """Everything neomag knows, checked. Mappings keep the order of the files."""

    version: str
    digest: str
    directory: str
    sources: Mapping[str, Source]
    vocabulary: Mapping[str, Mapping[str, Term]]
    units: Mapping[str, Mapping[str, Fraction]]
    analytes: Mapping[str, Analyte]
    intervals: tuple[Interval, ...]
    findings: Mapping[str, FindingEntry]
    rules: Mapping[str, RuleEntry]
    actions: Mapping[str, Entry]
    blocks: Mapping[str, Entry]
    causes: Mapping[str, Entry]
    differential: Mapping[str, Entry]
    caveats: Mapping[str, Entry]
    problems: Mapping[str, Entry]
    claims: Mapping[str, Claim]
    settings: Mapping[str, Any]
    dosing: Dosing
    tables: Mapping[str, Any]

    def rows(self) -> Iterator[tuple[str, str, Any]]:
        """Every entry as it stands in its file: (file, code, fields)."""
        for name, table in self.tables.items():
            if isinstance(table, dict):
                yield from ((f"{name}.toml", code, row) for code, row in cast(dict[str, Any], table).items())
            else:
                for row in cast(list[dict[str, str]], table):
                    if code := row.get("id") or row.get("code") or row.get("food"):
                        yield f"{name}.csv", f"{row['kind']}:{code}" if "kind" in row else code, row

    def lists(self) -> dict[str, Mapping[str, Entry]]:
        """The lists rules point to, by the name rules use for them."""
        return {
            "actions": self.actions,
            "blocks": self.blocks,
            "causes": self.causes,
            "consider": self.differential,
            "caveats": self.caveats,
        }
