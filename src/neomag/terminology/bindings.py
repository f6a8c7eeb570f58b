"""What the codes of records mean: the shipped table of confirmed codes, and a site's own, which adds to it and overrides it."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any, cast

from neomag.knowledge import Knowledge, load
from neomag.knowledge.tables import read_toml, terminology_file
from neomag.nearest import nearest
from neomag.terminology.loinc import loinc_sound
from neomag.units import plain


class SourceError(ValueError):
    """A source, or a table of codes, that cannot be read; the text is one line: where, what is wrong, what is accepted."""


NEEDED = ("system", "code", "kind", "vocabulary")
COLUMNS = (*NEEDED, "property", "note", "source")
# What a code may stand for: an event of that kind, something that must not count, or a word of another column.
KINDS = ("lab", "sign", "condition", "given", "infant", "excluded", "route", "specimen", "setting", "flag")
PROPERTIES = ("", "mass", "moles")
_MOST_KNOWN = 5_000
TRAITS = ("gestation", "birth_weight", "weight")
_WORDS = {
    "infant": TRAITS,
    "route": ("iv", "im", "oral"),
    "specimen": ("haemolysed", "edta", "citrate", "cord"),
    "setting": ("home", "clinic", "hospital"),
    "flag": ("low", "normal", "high"),
}


@dataclass(frozen=True, slots=True, order=True)
class Binding:
    """One code of one system (or a name, system `name`): what it is in neomag's words, mass or moles where the code says so."""

    system: str
    code: str
    kind: str
    vocabulary: str
    property: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Bindings:
    """All bindings in force, by (system, code), and how records write systems, units and names (records.toml)."""

    by_code: Mapping[tuple[str, str], Binding]
    records: Mapping[str, Any]
    _systems: Mapping[str, str] = field(init=False, repr=False, compare=False)
    _words: Mapping[str, Mapping[str, str]] = field(init=False, repr=False, compare=False)
    _spellings: Mapping[str, str] = field(init=False, repr=False, compare=False)
    # What was found for a concept or unit before: a record says the same few many times.
    known: dict[object, Any] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        spellings = entries(self.records["unit_spellings"])
        object.__setattr__(self, "_systems", entries(self.records["systems"]))
        object.__setattr__(self, "_words", {use: entries(words) for use, words in entries(self.records["words"]).items()})
        object.__setattr__(self, "_spellings", {plain(alias): ours for alias, ours in spellings.items()})
        object.__setattr__(self, "known", {})

    @property
    def state(self) -> str:
        """A hash over everything that binds: what was read with another is stale."""
        return sha256(repr((sorted(self.by_code.items()), self.records)).encode()).hexdigest()

    def systems(self) -> Mapping[str, str]:
        """The names records have for a system of codes, to the short one."""
        return self._systems

    def words(self, use: str) -> Mapping[str, str]:
        """Words to look for in lower-case text (element, quality, specimen), to what they say."""
        return self._words[use]

    def spelling(self, unit: str) -> str:
        """A unit as units.toml spells it, where records have another spelling for it."""
        return self._spellings.get(plain(unit), unit)

    def remember(self, key: object, found: Any) -> None:
        """Keep what was found. What is kept is bounded, so that no sender can fill the memory."""
        if len(self.known) >= _MOST_KNOWN:
            self.known.clear()
        self.known[key] = found

    def names(self, kind: str) -> Mapping[str, str]:
        """Names of a kind (given, route) in lower case, the longest first, to the code of the vocabulary."""
        found = {b.code.lower(): b.vocabulary for b in self.by_code.values() if b.system == "name" and b.kind == kind}
        return dict(sorted(found.items(), key=lambda item: -len(item[0])))


def load_bindings(extra: Sequence[Path] = (), knowledge: Knowledge | None = None) -> Bindings:
    """The shipped bindings, then those of the site's tables, in order. Raises SourceError: file, line, what is accepted."""
    by_code: dict[tuple[str, str], Binding] = {}
    for path in (terminology_file("codes.csv"), *extra):
        for where, row in code_rows(path, COLUMNS):
            binding = _binding(where, row, knowledge or load())
            by_code[binding.system, binding.code] = binding
    return Bindings(by_code, read_toml(terminology_file("records.toml")))


def entries(table: Mapping[str, Any]) -> dict[str, Any]:
    """What a table of records.toml says, without its grounds."""
    return {key: value for key, value in table.items() if key not in {"policy", "sources"}}


def code_rows(path: Path, columns: Sequence[str]) -> Iterator[tuple[str, Mapping[str, str | None]]]:
    """The rows of a table of codes, each with its place. Raises SourceError for a file that is none, or lacks one of NEEDED.

    `columns` are all that it may have, for the message.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = list(csv.DictReader(file))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise SourceError(f"{path}: cannot be read as a table of codes ({type(error).__name__})") from None
    if rows and (missing := [name for name in NEEDED if name not in rows[0]]):
        raise SourceError(f"{path}: column {missing[0]} is missing; a table of codes has {', '.join(columns)}")
    for line, row in enumerate(rows, start=2):
        yield f"{path} line {line}", cast("Mapping[str, str | None]", row)


def _binding(where: str, row: Mapping[str, str | None], knowledge: Knowledge) -> Binding:
    system, code, kind, word, prop, note = ((row.get(name) or "").strip() for name in COLUMNS[:6])
    if not system or not code:
        raise SourceError(f"{where}: system and code are needed")
    _one_of(where, "kind", kind, KINDS)
    _one_of(where, "property", prop, PROPERTIES)
    terms = knowledge.vocabulary["drug" if kind == "given" else kind] if kind in {"lab", "sign", "condition", "given"} else None
    if kind != "excluded":
        _one_of(where, "vocabulary", word, tuple(terms) if terms is not None else _WORDS[kind])
    if system == "LOINC" and not loinc_sound(code):
        raise SourceError(f"{where}: `{code}` is no LOINC code: its check digit is wrong")
    return Binding(system, code, kind, word, prop, note)


def _one_of(where: str, column: str, given: str, allowed: Sequence[str]) -> None:
    if given not in allowed:
        near = nearest(given, allowed)
        hint = f"; is it `{near}`?" if near else f"; write one of {', '.join(allowed[:12])}"
        raise SourceError(f"{where}: {column} `{given}` is not accepted{hint}")
