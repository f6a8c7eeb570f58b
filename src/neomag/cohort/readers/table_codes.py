"""What the codes of tables mean: codes.csv and the file of one layout, with the site's own tables over them.

All have the columns system, code, kind, vocabulary, property and source; the files of layouts have also name (what a dictionary
of items calls the code), route, and standard (the code of another system that the item stands for, `LOINC 2601-3`).
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from neomag.cohort.readers import Options
from neomag.knowledge import load
from neomag.knowledge.tables import cohort_file, read_toml, terminology_file
from neomag.nearest import hint
from neomag.sql import literal
from neomag.terminology.bindings import KINDS as BOUND
from neomag.terminology.bindings import NEEDED, SourceError, code_rows

_MORE = ("property", "name", "route", "standard")
# Kinds of events, and where their words stand in the vocabulary of cases.
EVENTS = {"lab": "lab", "sign": "sign", "condition": "condition", "given": "drug"}
# `answer` says present or absent; `field` says what a row refers to, such as specimen.
KINDS = (*BOUND, "unit", "comparator", "sex", "newborn", "system", "answer", "field")


@dataclass(frozen=True, slots=True)
class Code:
    """One code of a system: `kind` and `vocabulary` say what it is to neomag; `site` when the site's own table says so."""

    system: str
    code: str
    kind: str
    vocabulary: str
    prop: str = ""
    name: str = ""
    route: str = ""
    standard: str = ""
    site: bool = False

    @property
    def source_code(self) -> str:
        """How an event names the code."""
        return self.standard or f"{self.system.split('-')[0] if self.system not in _WHOLE else self.system} {self.code}"


_WHOLE = {"ICD-9", "ICD-10"}


@dataclass(frozen=True, slots=True)
class Codes:
    """The codes in force, by system and code (lower-case)."""

    of: Mapping[str, Mapping[str, Code]]
    key: str

    def values(self, system: str, kinds: Iterable[str] | None = None) -> list[Code]:
        """The codes of a system, of the `kinds` asked for."""
        wanted = None if kinds is None else set(kinds)
        return [code for code in self.of.get(system, {}).values() if wanted is None or code.kind in wanted]

    def table(self, system: str, kinds: Iterable[str] | None = None) -> str:
        """The same as an SQL relation: item (the code, lower-case), kind, code, name, route, source_code, property."""
        columns = ("item", "kind", "code", "name", "route", "source_code", "property")
        if not (codes := self.values(system, kinds)):
            return f"(SELECT {', '.join(f'CAST(NULL AS VARCHAR) AS {column}' for column in columns)} WHERE FALSE)"
        rows = [(c.code.lower(), c.kind, c.vocabulary, c.name, c.route, c.source_code, c.prop) for c in codes]
        values = ", ".join(f"({', '.join(map(literal, row))})" for row in rows)
        return f"(SELECT * FROM (VALUES {values}) AS codes({', '.join(columns)}))"


def load_codes(layout_file: str, options: Options) -> Codes:
    """codes.csv, `layout_file`, the site's tables, each over the last. Raises SourceError for what is not accepted."""
    found: dict[str, dict[str, Code]] = {}
    for path in (terminology_file("codes.csv"), cohort_file(layout_file), *options.codes):
        for where, row in code_rows(path, (*NEEDED, *_MORE)):
            code = _code(where, row, site=path in options.codes)
            found.setdefault(code.system, {})[code.code.lower()] = code
    return Codes(found, json.dumps(sorted(repr(code) for system in found.values() for code in system.values())))


def grams() -> Mapping[str, int]:
    """Units of a weight and how many grams each is."""
    table = read_toml(terminology_file("records.toml"))["weights"]
    return {unit: factor for unit, factor in table.items() if isinstance(factor, int)}


def weeks() -> Mapping[str, Fraction]:
    """Units of a gestation and how many weeks each is."""
    table = read_toml(terminology_file("records.toml"))["ages"]
    return {unit: Fraction(factor) for unit, factor in table.items() if unit not in {"policy", "sources"}}


def _code(where: str, row: Mapping[str, str | None], *, site: bool) -> Code:
    system, code, kind, word = ((row[column] or "").strip() for column in NEEDED)
    if not system or not code:
        raise SourceError(f"{where}: system and code are needed")
    _one_of(where, "kind", kind, KINDS)
    if kind in EVENTS:
        _one_of(where, "vocabulary", word, tuple(load().vocabulary[EVENTS[kind]]))
    prop, name, route, standard = ((row.get(column) or "").strip() for column in _MORE)
    return Code(system, code, kind, word, prop, name, route, standard, site)


def _one_of(where: str, column: str, given: str, allowed: Sequence[str]) -> None:
    if given not in allowed:
        near = hint(given, allowed) or f"; write one of {', '.join(allowed[:12])}"
        raise SourceError(f"{where}: {column} `{given}` is not accepted{near}")
