"""What the codes of records mean: the shipped table of confirmed codes, and a site's own, which adds to it and overrides it."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from neomag.cohort.readers.staging import SourceError
from neomag.knowledge import Knowledge, load
from neomag.knowledge.loader import directory
from neomag.knowledge.tables import read_toml
from neomag.nearest import nearest
from neomag.sql import literal

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

NEEDED = ("system", "code", "kind", "vocabulary")
COLUMNS = (*NEEDED, "property", "note", "source")
# What a code may stand for: an event of that kind, something that must not count, or a word of another column.
KINDS = ("lab", "sign", "condition", "given", "infant", "excluded", "route", "specimen", "setting", "flag")
PROPERTIES = ("", "mass", "moles")
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

    @property
    def state(self) -> str:
        """A hash over everything that binds: what was read with another is stale."""
        return sha256(repr((sorted(self.by_code.items()), self.records)).encode()).hexdigest()

    def systems(self) -> Mapping[str, str]:
        """The names records have for a system of codes, to the short one."""
        return _entries(self.records["systems"])

    def words(self, use: str) -> Mapping[str, str]:
        """Words to look for in lower-case text (element, quality, specimen), to what they say."""
        return _entries(self.records["words"][use])

    def names(self, kind: str) -> Mapping[str, str]:
        """Names of a kind (given, route) in lower case, the longest first, to the code of the vocabulary."""
        found = {b.code.lower(): b.vocabulary for b in self.by_code.values() if b.system == "name" and b.kind == kind}
        return dict(sorted(found.items(), key=lambda item: -len(item[0])))


def load_bindings(extra: Sequence[Path] = (), knowledge: Knowledge | None = None) -> Bindings:
    """The shipped bindings, then those of the site's tables, in order. Raises SourceError: file, line, what is accepted."""
    folder = directory() / "cohort"
    by_code: dict[tuple[str, str], Binding] = {}
    for path in (folder / "codes.csv", *extra):
        for where, row in code_rows(path, COLUMNS):
            binding = _binding(where, row, knowledge or load())
            by_code[binding.system, binding.code] = binding
    return Bindings(by_code, read_toml(folder / "records.toml"))


def _entries(table: Mapping[str, Any]) -> dict[str, Any]:
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


def loinc_sound(code: str) -> bool:
    """Whether the text has the form of a LOINC code and its check digit (modulus 10, as LOINC computes it) is right."""
    body, dash, check = code.partition("-")
    if not dash or len(check) != 1 or not (body.isascii() and body.isdecimal() and check.isdecimal()) or len(body) > 7:
        return False
    doubled = [int(digit) * (2 if place % 2 == 0 else 1) for place, digit in enumerate(reversed(body))]
    return (10 - sum(d - 9 if d > 9 else d for d in doubled) % 10) % 10 == int(check)


def install(con: DuckDBPyConnection, bindings: Bindings, knowledge: Knowledge | None = None) -> None:
    """Tables for readers: bound(key, system, code, kind, word, property), key `system|code` with every name of the system;
    unit_words(plain, dimension, spelling) of laboratory units; trait_units(trait, plain, over_, under). And plain_unit(text).
    """
    known = knowledge or load()
    names: dict[str, list[str]] = {}
    for long, short in bindings.systems().items():
        names.setdefault(short, []).append(long)
    bound = [
        (f"{system}|{b.code}", b.system, b.code, b.kind, b.vocabulary or None, b.property or None)
        for b in bindings.by_code.values()
        if b.system != "name"
        for system in dict.fromkeys((b.system, *names.get(b.system, ())))
    ]
    table(con, "bound", "key, system, code, kind, word, property", bound)
    aliases: Mapping[str, str] = _entries(bindings.records["unit_spellings"])
    spelt = [(plain(unit), dimension, unit) for dimension, units in known.units.items() for unit in units]
    same = {unit: (dimension, spelling) for unit, dimension, spelling in reversed(spelt)}
    spelt += [(plain(alias), *same[plain(unit)]) for alias, unit in aliases.items()]
    table(con, "unit_words", "plain, dimension, spelling", list({unit: (unit, *rest) for unit, *rest in spelt}.values()))
    traits: list[tuple[str, ...]] = []
    for section, of in (("ages", ("gestation",)), ("weights", ("birth_weight", "weight"))):
        for unit, factor in _entries(bindings.records[section]).items():
            exact = Fraction(factor)
            traits += [(trait, plain(unit), str(exact.numerator), str(exact.denominator)) for trait in of]
    table(con, "trait_units", "trait, plain, over_, under", traits)
    con.execute("CREATE OR REPLACE TEMP MACRO plain_unit(given) AS translate(lower(given), 'µμ \t\n', 'uu')")


def plain(unit: str) -> str:
    """A unit without spaces, case and kind of micro sign, as neomag.units compares them."""
    return "".join(unit.split()).replace("µ", "u").replace("μ", "u").casefold()


def table(con: DuckDBPyConnection, name: str, columns: str, rows: Sequence[Sequence[str | None]]) -> None:
    """A temporary table of texts, replaced if there."""
    names = columns.split(", ")
    con.execute(f"CREATE OR REPLACE TEMP TABLE {name} ({', '.join(f'{column} VARCHAR' for column in names)})")
    if rows:
        lists = [list(column) for column in zip(*rows, strict=True)]
        con.execute(f"INSERT INTO {name} SELECT {', '.join('unnest(?::VARCHAR[])' for _ in names)}", lists)


def word_in(said: str, words: Mapping[str, str]) -> str:
    """SQL: what the first of `words` found in the lower-case text `said` stands for, NULL when there is none."""
    if not words:
        return "NULL::VARCHAR"
    pattern = "|".join(re.escape(word) for word in words)
    # A map, since CASE would look for the words anew for each of its branches.
    entries = ", ".join(f"{literal(word)}: {literal(means)}" for word, means in words.items())
    return f"MAP {{{entries}}}[regexp_extract({said}, {literal(pattern)})]"
