"""Checks that the knowledge of cohorts holds together: tables of codes, grounds, questions, what the generator draws from."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from itertools import chain
from math import isclose
from pathlib import Path
from typing import Any, cast

from neomag.cohort.readers.table_codes import EVENTS, KINDS
from neomag.cohort.report.definitions import definitions
from neomag.knowledge import Knowledge, KnowledgeError
from neomag.knowledge.tables import read_csv, read_toml
from neomag.terminology.bindings import NEEDED, PROPERTIES, SourceError, code_rows
from neomag.terminology.loinc import loinc_sound

Table = Mapping[str, Any]
# Tables that say where the codes of the CSV tables were seen.
_SOURCES = ("terminology/sources.toml", "cohort/table_sources.toml")
# Where the tables for records and cohorts stand, beside the rest of the knowledge.
_FOLDERS = ("terminology", "cohort", "fhir")
_GROUNDS = {"sources", "policy"}
# Kinds of codes that say all by being there.
_WORDLESS = ("excluded", "newborn")
_NEEDED_FILES = ("cohort/problems.toml", "cohort/intervals.toml", "cohort/simulate.toml", "terminology/codes.csv")


def check_cohort(knowledge: Knowledge) -> list[str]:
    """Everything wrong with the tables for cohorts beside `knowledge`, a line each: file, entry, what is wrong."""
    root = Path(knowledge.directory)
    if not (root / "cohort").is_dir():
        return []
    tables: dict[str, Table] = {}
    problems: list[str] = []
    for path in sorted(path for folder in _FOLDERS for path in (root / folder).glob("*.toml")):
        name = path.relative_to(root).as_posix()
        try:
            tables[name] = tomllib.loads(path.read_text("utf-8"))
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            problems.append(f"{name}: {error}")
    sources = {key for name in _SOURCES for key in tables.get(name, {})}
    for name, table in tables.items():
        problems += _places(name, table) if name in _SOURCES else _grounds(name, table, sources | knowledge.sources.keys())
    for path in _code_tables(root):
        problems += _codes(path.relative_to(root).as_posix(), path, sources, knowledge)
    problems += _problems(tables.get("cohort/problems.toml", {}))
    problems += _checked("cohort/intervals.toml", _intervals, tables, knowledge)
    problems += _checked("cohort/simulate.toml", _simulated, tables, knowledge)
    problems += [f"{name}: is not there" for name in _NEEDED_FILES if not (root / name).is_file()]
    try:
        definitions(knowledge)
    except KnowledgeError as error:
        problems += error.problems
    return list(dict.fromkeys(problems))


def counted(knowledge: Knowledge) -> str:
    """What the tables for cohorts hold, in a sentence."""
    root = Path(knowledge.directory)
    codes = sum(len(read_csv(path)) for path in _code_tables(root))
    dirt, questions = len(read_toml(root / "cohort" / "problems.toml")), len(definitions(knowledge).questions)
    return f"Cohorts: {codes} codes of records, {dirt} kinds of dirt, {questions} questions."


def _code_tables(root: Path) -> list[Path]:
    return sorted(path for folder in _FOLDERS for path in (root / folder).glob("*.csv"))


def _entries(table: Table, where: str) -> Iterator[tuple[str, Table]]:
    """The entries that stand on their own: those that say what they stand on, else the innermost tables."""
    for name, value in table.items():
        if isinstance(value, dict):
            inner, place = cast("Table", value), f"{where} [{name}]"
            if any(isinstance(v, dict) for v in inner.values()) and not _GROUNDS & inner.keys():
                yield from _entries(inner, place)
            else:
                yield place, inner
        elif isinstance(value, list):
            for number, item in enumerate(cast("list[object]", value), start=1):
                if isinstance(item, dict):
                    yield f"{where} [{name}] {number}", cast("Table", item)


def _grounds(name: str, table: Table, known: set[str]) -> Iterator[str]:
    for where, entry in _entries(table, name):
        if not entry.get("sources") and not entry.get("policy") and not _GROUNDS & table.keys():
            yield f"{where}: needs sources, or policy with its reason"
        for key in entry.get("sources", ()):
            if key not in known:
                yield f"{where}: source {key} is not in sources.toml"


def _places(name: str, table: Table) -> Iterator[str]:
    for key, entry in table.items():
        if not entry.get("title"):
            yield f"{name} [{key}]: needs a title"
        if not entry.get("url") and not entry.get("policy"):
            yield f"{name} [{key}]: needs its url, or policy that says how it was read"


def _codes(name: str, path: Path, sources: set[str], knowledge: Knowledge) -> Iterator[str]:
    """A table of codes: each once, of a kind, meaning a word that there is, from a source that is named."""
    seen: set[tuple[str, str]] = set()
    try:
        rows = list(code_rows(path, NEEDED))
    except SourceError as error:
        yield f"{name}: {str(error).removeprefix(f'{path}: ')}"
        return
    for place, row in rows:
        system, code, kind, word = ((row[column] or "").strip() for column in NEEDED)
        where = f"{name} {place.removeprefix(f'{path} ')} `{system} {code}`"
        if not system or not code:
            yield f"{where}: system and code are needed"
        if (key := (system, code.lower())) in seen:
            yield f"{where}: is there twice"
        seen.add(key)
        if kind not in KINDS:
            yield f"{where}: kind {kind} is not one of {', '.join(KINDS)}"
        elif word not in knowledge.vocabulary[EVENTS[kind]] if kind in EVENTS else kind not in _WORDLESS and not word:
            yield f"{where}: no {kind} `{word}` in the vocabulary"
        if (row.get("property") or "") not in PROPERTIES and kind in EVENTS:
            yield f"{where}: property {row.get('property')} is neither mass nor moles"
        for loinc in (code if system == "LOINC" else "", (row.get("standard") or "").partition("LOINC ")[2]):
            if loinc and not loinc_sound(loinc):
                yield f"{where}: `{loinc}` is no LOINC code: its check digit is wrong"
        if row.get("source") not in sources:
            yield f"{where}: source {row.get('source')} is in neither {' nor '.join(_SOURCES)}"


def _problems(table: Table) -> Iterator[str]:
    for code, entry in table.items():
        if not entry.get("says") or not isinstance(entry.get("lost"), bool):
            yield f"cohort/problems.toml [{code}]: needs says, and lost = true or false"


def _checked(name: str, of: Any, tables: Mapping[str, Table], knowledge: Knowledge) -> Iterator[str]:
    """What `of` says of a file; a field that is not there, or of another form, is one line too."""
    if name in tables:
        try:
            yield from of(tables[name], knowledge)
        except KeyError as error:
            yield f"{name}: {error.args[0]} is missing"
        except (AttributeError, TypeError, ValueError) as error:
            yield f"{name}: {error}"


def _intervals(table: Table, knowledge: Knowledge) -> Iterator[str]:
    after = table["after"]
    named = {"lab": after["analytes"], "drug": after["given"], "condition": after["condition"]}
    for kind, codes in named.items():
        yield from (f"cohort/intervals.toml [after]: no {kind} `{c}`" for c in codes if c not in knowledge.vocabulary[kind])


def _simulated(table: Table, knowledge: Knowledge) -> Iterator[str]:
    """Names of analytes, units, codes and LOINC codes that there are, and shares that make a whole."""
    where, analytes = "cohort/simulate.toml", table["analyte"]
    for code, of in analytes.items():
        if code not in knowledge.analytes:
            yield f"{where} [analyte.{code}]: no such analyte"
            continue
        yield from (f"{where} [analyte.{code}]: unit {u}" for u in of["decimals"] if u not in knowledge.analytes[code].units)
        yield from (
            f"{where} [analyte.{code}]: `{c}` is no LOINC code" for c in of.get("loinc", {}).values() if not loinc_sound(c)
        )
    for site in table["site"]:
        codes = chain(site["units"], site.get("code_conflict", ()))
        yield from (f"{where} [site] {site['name']}: no analyte `{code}`" for code in codes if code not in analytes)
    for story, of in table["story"].items():
        yield from (f"{where} [story.{story}]: no analyte `{code}`" for code in of.get("levels", {}) if code not in analytes)
        for event in of["events"]:
            kind = EVENTS[event["kind"]]
            if event["code"] not in knowledge.vocabulary[kind]:
                yield f"{where} [story.{story}]: no {kind} `{event['code']}`"
    for name, parts in (("story", table["story"].values()), ("site", table["site"])):
        if not isclose(total := sum(part["share"] for part in parts), 1):
            yield f"{where} [{name}]: the shares make {total:g}, not 1"
