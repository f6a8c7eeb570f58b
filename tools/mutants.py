"""The mutants of the knowledge: every number that decides something, moved by 10 % (counts by 1), up and down."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

from neomag.knowledge import DATA

# Tables whose numbers decide something; the others (sources, claims, the article's foods) only tell.
FILES = (
    "rules/*.toml",
    "findings.toml",
    "settings.toml",
    "contradictions.toml",
    "intervals.csv",
    "analytes.toml",
    "units.toml",
    "dosing/*.toml",
    "dosing/*.csv",
)
# The columns of a CSV file where numbers decide. Of a TOML file it is every key but those that only tell.
COLUMNS = {"intervals.csv": ("from", "to", "low", "high"), "dosing/weights.csv": ("months", "p3_kg", "p97_kg")}
TELL = ("says", "policy", "note", "sources", "title", "quirk", "why", "authority", "population", "fact")
COUNTS = ("valence", "doses", "hydration", "months")
# A number with or without an exponent; of a fraction such as 1/1000, what stands below the line. Digits that belong to a name
# (mgso4-50, F241, onset_day_4_14) are none.
_NUMBER = re.compile(r"(?<![\w.%/-])(?:1/)?(\d+(?:\.\d+)?(?:e-?\d+)?)(?![\w.%/])")
_KEY = re.compile(r'"?([\w/%-]+)"? = ')


@dataclass(frozen=True)
class Mutant:
    """One number of one file, changed."""

    file: str
    line: int
    entry: str
    old: str
    new: str
    start: int
    end: int


def files(starts: tuple[str, ...] = ()) -> list[str]:
    """The files whose numbers decide, by name within the knowledge; only those that begin with one of `starts`, if any."""
    found = dict.fromkeys(path.relative_to(DATA).as_posix() for pattern in FILES for path in sorted(DATA.glob(pattern)))
    return [name for name in found if not starts or name.startswith(starts)]


def _changes(old: str, *, count: bool) -> list[str]:
    if count:
        return [str(int(old) + 1), *([str(int(old) - 1)] if int(old) > 0 else [])]
    value = Decimal(old)
    moved = [value * factor for factor in (Decimal("1.1"), Decimal("0.9"))] if value else []
    return [f"{x:f}".rstrip("0").rstrip(".") if "." in f"{x:f}" else f"{x:f}" for x in moved]


def _in_row(line: str, names: list[str], wanted: tuple[str, ...]) -> Iterator[tuple[int, int, bool]]:
    at = 0
    # Nothing before the last wanted column is quoted, so that every comma there parts two columns.
    for name, field in zip(names, line.split(","), strict=False):
        if name in wanted:
            for match in _NUMBER.finditer(field):
                yield at + match.start(1), at + match.end(1), name in COUNTS
        at += len(field) + 1


def _in_line(file: str, line: str) -> Iterator[tuple[int, int, bool]]:
    key = _KEY.match(line)
    rule = file.startswith("rules/")
    if line.startswith(("[", "#")) or (key and key[1] in TELL) or (rule and not line.startswith("when")):
        return
    text = line.split(" # ")[0]
    for match in _NUMBER.finditer(text):
        # In a rule a bare whole number counts something; a quantity stands in quotation marks.
        counts = text[: match.start()].count("'") % 2 == 0 if rule else bool(key and key[1] in COUNTS)
        yield match.start(1), match.end(1), counts


def mutants(names: list[str]) -> list[Mutant]:
    """Every mutant of every number that decides something in the files of these names."""
    found: list[Mutant] = []
    for name in names:
        lines, entry = (DATA / name).read_text("utf-8").splitlines(), ""
        columns = lines[0].split(",") if name.endswith(".csv") else []
        for number, line in enumerate(lines):
            if columns:
                entry = " ".join(line.split(",")[:2])
                spans = _in_row(line, columns, COLUMNS[name]) if number else iter(())
            else:
                entry = line.strip("[] ") if line.startswith("[") else entry
                spans = _in_line(name, line)
            for start, end, count in spans:
                old = line[start:end]
                found += [Mutant(name, number, entry, old, new, start, end) for new in _changes(old, count=count)]
    return found


def write(mutant: Mutant, folder: Path) -> Path:
    """The whole knowledge with this one number changed, copied to `folder`."""
    shutil.copytree(DATA, folder)
    path = folder / mutant.file
    lines = path.read_text("utf-8").splitlines(keepends=True)
    line = lines[mutant.line]
    lines[mutant.line] = line[: mutant.start] + mutant.new + line[mutant.end :]
    path.write_text("".join(lines), "utf-8")
    return folder
