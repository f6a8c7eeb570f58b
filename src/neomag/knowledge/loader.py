"""Reads a knowledge directory: TOML and CSV to plain tables, tables to checked entries.

The tables are also kept ready-made in `_build/knowledge.json`, under the digest of the files they were read from, so
that a start reads one JSON file instead of parsing thirty; changed files are parsed anew, never answered from the build.
"""

from __future__ import annotations

import csv
import hashlib
import json
import os
import tomllib
from collections.abc import Callable, Mapping
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Any, TypeVar, cast

from neomag.ages import seconds
from neomag.knowledge.checks import check
from neomag.knowledge.dosing_read import assemble_dosing
from neomag.knowledge.model import (
    Analyte,
    Claim,
    Entry,
    FindingEntry,
    Interval,
    Knowledge,
    KnowledgeError,
    RuleEntry,
    Source,
    Term,
)

DATA = Path(__file__).parent / "data"
BUILD = Path(__file__).parent.parent / "_build"

Table = dict[str, Any]
T = TypeVar("T")


def directory() -> Path:
    """The knowledge in force: the folder named by NEOMAG_KNOWLEDGE, else the one that ships with the package."""
    named = os.environ.get("NEOMAG_KNOWLEDGE")
    return Path(named) if named else DATA


def _files(folder: Path) -> list[Path]:
    # Foods are thousands of rows, codes of records hundreds, that an assessment never reads: they have readers of their own.
    aside = {folder / name for name in ("feeding", "cohort", "terminology", "fhir", "cds", "body", "caregiver", "web")}
    return sorted(p for p in folder.rglob("*") if p.suffix in {".toml", ".csv"} and aside.isdisjoint(p.parents))


def digest(folder: Path) -> str:
    """A hash over the names and bytes of every file of the knowledge in `folder`."""
    total = hashlib.sha256()
    for path in _files(folder):
        total.update(path.relative_to(folder).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    return total.hexdigest()


def tables(folder: Path) -> Table:
    """The files of `folder` as plain data, keyed by path without suffix (`rules/urgency`, `intervals`).

    Raises KnowledgeError naming the file that cannot be read.
    """
    found: Table = {}
    problems: list[str] = []
    if not folder.is_dir():
        raise KnowledgeError([f"{folder}: no such knowledge folder"])
    for path in _files(folder):
        name = path.relative_to(folder).with_suffix("").as_posix()
        try:
            if path.suffix == ".toml":
                found[name] = tomllib.loads(path.read_text("utf-8"))
            else:
                with path.open(encoding="utf-8", newline="") as file:
                    found[name] = list(csv.DictReader(file))
        except (tomllib.TOMLDecodeError, UnicodeDecodeError, csv.Error) as error:
            problems.append(f"{path.relative_to(folder)}: {error}")
    if problems:
        raise KnowledgeError(problems)
    return found


def load(folder: Path | None = None) -> Knowledge:
    """The knowledge in `folder`, checked entry by entry; by default the one in force, whose folder is read once a process.

    Raises KnowledgeError with every problem found. Whether rule texts hold together is checked by `neomag.rules`.
    """
    return _in_force(directory()) if folder is None else _read(folder, digest(folder))


@cache
def _in_force(folder: Path) -> Knowledge:
    return load(folder)


@cache
def _read(folder: Path, key: str) -> Knowledge:
    built = BUILD / "knowledge.json"
    if built.is_file():
        ready = json.loads(built.read_text("utf-8"))
        if ready["digest"] == key:
            return assemble(ready["tables"], key, folder)
    knowledge = assemble(tables(folder), key, folder)
    if problems := check(knowledge):
        raise KnowledgeError(problems)
    return knowledge


def assemble(raw: Table, key: str, folder: Path) -> Knowledge:
    """The knowledge made of `raw` tables read from `folder`. Raises KnowledgeError for entries that are not well formed."""
    problems: list[str] = []

    def entries(name: str, make: Callable[[str, Table], T]) -> dict[str, T]:
        made: dict[str, T] = {}
        for code, fields in cast(Table, raw.get(name, {})).items():
            try:
                if not isinstance(fields, dict):
                    raise TypeError("not a table")
                made[code] = make(code, cast(Table, fields))
            except (KeyError, TypeError, ValueError) as error:
                problems.append(f"{name}.toml [{code}]: {_reason(error)}")
        return made

    rules: dict[str, RuleEntry] = {}
    for name in sorted(n for n in raw if n.startswith("rules/")):
        for code, rule in entries(name, lambda c, f: _make(RuleEntry, f, id=c)).items():
            if code in rules:
                problems.append(f"{name}.toml [{code}]: a rule of this id exists already")
            rules[code] = rule

    def intervals() -> list[Interval]:
        made: list[Interval] = []
        for line, row in enumerate(raw.get("intervals", []), start=2):
            try:
                made.append(_interval(row))
            except (KeyError, TypeError, ValueError) as error:
                problems.append(f"intervals.csv line {line}: {_reason(error)}")
        return made

    lists = {
        name: entries(name, lambda c, f: _make(Entry, f, code=c))
        for name in ("actions", "blocks", "causes", "differential", "caveats", "problems")
    }
    try:
        known_units = _units(raw.get("units", {}))
    except (ValueError, ZeroDivisionError) as error:
        raise KnowledgeError([f"units.toml: {error}"]) from None
    knowledge = Knowledge(
        version=raw.get("meta", {}).get("version", ""),
        digest=key,
        directory=str(folder),
        sources=entries("sources", lambda c, f: _make(Source, f, key=c)),
        vocabulary=_vocabulary(raw.get("vocabulary", [])),
        units=known_units,
        analytes=entries("analytes", _analyte),
        intervals=tuple(intervals()),
        findings=entries("findings", _finding),
        rules=rules,
        claims=entries("claims", lambda c, f: _make(Claim, f, id=c)),
        settings=raw.get("settings", {}),
        dosing=assemble_dosing(raw, entries),
        tables=raw,
        **lists,
    )
    if problems:
        raise KnowledgeError(problems)
    return knowledge


def _reason(error: Exception) -> str:
    return f"{error.args[0]} is missing" if isinstance(error, KeyError) else str(error)


def _make(kind: type[T], fields: Table, **identity: str) -> T:
    """An entry of `kind` from its TOML table; lists become tuples, an unknown key or a missing one raises."""
    frozen = {k: tuple(v) if isinstance(v, list) else v for k, v in fields.items()}  # pyright: ignore[reportUnknownArgumentType, reportUnknownVariableType]
    try:
        return kind(**identity, **frozen)
    except TypeError as error:
        raise TypeError(str(error).split("__init__() ")[-1]) from None


def _units(raw: Table) -> dict[str, dict[str, Fraction]]:
    tables = {name: cast("dict[str, str]", table) for name, table in raw.items() if isinstance(table, dict)}
    return {name: {unit: Fraction(factor) for unit, factor in table.items()} for name, table in tables.items()}


def _finding(name: str, fields: Table) -> FindingEntry:
    own = {k: fields[k] for k in ("policy",) if k in fields}
    params = {k: v for k, v in fields.items() if k not in {"kind", "says", "sources", "policy"}}
    return FindingEntry(
        name, fields["kind"], fields["says"], params, sources=tuple(fields.get("sources", ())), policy=own.get("policy")
    )


def _analyte(code: str, fields: Table) -> Analyte:
    ratio = fields.get("ratio_of")
    return Analyte(
        code=code,
        canonical=fields["canonical"],
        units=tuple(fields["units"]),
        plausible={u: (low, high) for u, (low, high) in fields["plausible"].items()},
        molar_mass=Fraction(fields["molar_mass"]) if "molar_mass" in fields else None,
        valence=fields.get("valence"),
        refused=fields.get("refused", {}),
        unitless=fields.get("unitless", False),
        ratio_of=(ratio[0], ratio[1]) if ratio else None,
    )


def _interval(row: Mapping[str, str]) -> Interval:
    return Interval(
        id=row["id"],
        analyte=row["analyte"],
        authority=row["authority"],
        group=row["group"],
        start=seconds(row["from"]),
        end=seconds(row["to"]),
        low=float(row["low"]) if row["low"] else None,
        high=float(row["high"]) if row["high"] else None,
        unit=row["unit"],
        population=row["population"],
        source=row["source"],
        fact=row["fact"],
        basis=row["basis"],
        note=row["note"],
    )


def _vocabulary(rows: list[dict[str, str]]) -> dict[str, dict[str, Term]]:
    made: dict[str, dict[str, Term]] = {}
    for row in rows:
        also = tuple(a for a in (row.get("also said") or "").split("|") if a)
        made.setdefault(row["kind"], {})[row["code"]] = Term(row["kind"], row["code"], row["meaning"], also)
    return made
