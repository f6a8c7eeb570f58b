"""Bindings of codes, units and names as tables and SQL for DuckDB. What they mean: `neomag.terminology`."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import TYPE_CHECKING

from neomag.knowledge import Knowledge, load
from neomag.sql import literal
from neomag.terminology.bindings import Bindings, entries, plain

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection


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
    aliases: Mapping[str, str] = entries(bindings.records["unit_spellings"])
    spelt = [(plain(unit), dimension, unit) for dimension, units in known.units.items() for unit in units]
    same = {unit: (dimension, spelling) for unit, dimension, spelling in reversed(spelt)}
    spelt += [(plain(alias), *same[plain(unit)]) for alias, unit in aliases.items()]
    table(con, "unit_words", "plain, dimension, spelling", list({unit: (unit, *rest) for unit, *rest in spelt}.values()))
    traits: list[tuple[str, ...]] = []
    for section, of in (("ages", ("gestation",)), ("weights", ("birth_weight", "weight"))):
        for unit, factor in entries(bindings.records[section]).items():
            exact = Fraction(factor)
            traits += [(trait, plain(unit), str(exact.numerator), str(exact.denominator)) for trait in of]
    table(con, "trait_units", "trait, plain, over_, under", traits)
    con.execute("CREATE OR REPLACE TEMP MACRO plain_unit(given) AS translate(lower(given), 'µμ \t\n', 'uu')")


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
