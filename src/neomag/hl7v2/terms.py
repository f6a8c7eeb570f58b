"""What reading needs beside the message: the knowledge, the bindings of codes, and how messages are read (hl7v2.toml)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from neomag.hl7v2.message import Segment
from neomag.knowledge import Knowledge, load
from neomag.knowledge.tables import cohort_file, read_toml, terminology_file
from neomag.terminology import Bindings, Coding, Concept, load_bindings

_TABLE = re.compile(r"HL7(\d{4})")


@dataclass(frozen=True, slots=True, eq=False)
class Terms:
    """The knowledge in force, the codes (a site's own among them), and how messages are read."""

    knowledge: Knowledge
    bindings: Bindings
    ways: Mapping[str, Any]

    def says(self, problem: str) -> str:
        """What a problem of reading says."""
        own: Mapping[str, str] = self.ways["problems"]
        return own[problem] if problem in own else read_toml(cohort_file("problems.toml"))[problem]["says"]


def terms(codes: Sequence[Path] = (), knowledge: Knowledge | None = None) -> Terms:
    """The terms in force; `codes` are a site's own tables of codes. Raises SourceError."""
    known = knowledge or load()
    return Terms(known, load_bindings(codes, known), ways())


@cache
def shipped() -> Terms:
    """The terms with the shipped codes alone."""
    return terms()


def ways() -> Mapping[str, Any]:
    """The table hl7v2.toml."""
    return read_toml(terminology_file("hl7v2.toml"))


def coded(segment: Segment, field: int) -> Iterator[Concept]:
    """Each repetition of a coded field (CE, CWE, CNE) as a concept: two codings, and the original text."""
    for repetition in segment.repetitions(field):
        parts = [part.strip() for part in segment.parts(repetition)]
        parts += [""] * (9 - len(parts))
        codings = [
            Coding(system(parts[at + 2]) or None, parts[at] or None, parts[at + 1] or None)
            for at in (0, 3)
            if parts[at] or parts[at + 1]
        ]
        yield Concept(tuple(codings), parts[8] or None)


def concept(segment: Segment, field: int) -> Concept:
    """The first repetition of a coded field as a concept; an empty one when there is none."""
    return next(coded(segment, field), Concept())


def system(name: str) -> str:
    """A coding system as the bindings name it: HL7's own tables, `HL70493`, are `v2-0493`."""
    match = _TABLE.fullmatch(name)
    return f"v2-{match[1]}" if match else name
