"""Mutation check of the knowledge: every number moved by 10 % (counts by 1), up and down, must break a test.

`python -m tools.mutate` writes docs/mutation.md. Each mutant is first tried in this process, on the rule examples and the tests that take
a knowledge; what survives that is tried with pytest in a process of its own.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from multiprocessing import Pool
from pathlib import Path
from typing import Any

from rich.progress import track
from tests import test_knowledge, test_units

from neomag import Case, CaseError, assess
from neomag.knowledge import DATA, Knowledge, KnowledgeError, load
from neomag.rules import rulebook

ROOT = Path(__file__).parent.parent
REPORT = ROOT / "docs" / "mutation.md"
# Tables whose numbers decide something; the others (sources, claims, the article's foods) only tell.
FILES = (
    "rules/*.toml",
    "findings.toml",
    "settings.toml",
    "contradictions.toml",
    "intervals.csv",
    "analytes.toml",
    "units.toml",
    "dosing/ceilings.toml",
    "dosing/products.toml",
    "dosing/salts.toml",
    "dosing/syringes.toml",
    "dosing/regimens.toml",
    "dosing/defaults.toml",
)
TAKE_KNOWLEDGE = (
    test_knowledge.test_intervals_are_as_they_were_read,
    test_knowledge.test_intervals_are_those_of_the_evidence,
    test_knowledge.test_plausibility_bands_are_where_they_were_put,
    test_knowledge.test_molar_masses,
    test_units.test_every_factor_is_what_its_prefix_says,
    test_knowledge.test_the_age_range_is_one,
    test_knowledge.test_the_default_intervals_cover_every_age,
)
SUITE = ("test_ground_rules.py", "test_case.py", "test_units.py", "test_knowledge.py", "test_dosing.py", "test_cli_dose.py")
_NUMBER = re.compile(r"(?<![\w.%/-])\d+(?:\.\d+)?(?![\w.%])")
_LINES = {
    # only the part of a line where numbers decide: rule texts, parameters, never `says`, `policy` or comments
    ".toml": re.compile(
        r"^(?!\s*#|says|policy|note|sources|title|quirk|why|authority|population|fact|id|product|hydration|iv|im|oral)(.*)$"
    ),
}


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


def _changes(old: str, *, count: bool) -> list[str]:
    if count:
        return [str(int(old) + 1), *([str(int(old) - 1)] if int(old) > 0 else [])]
    value = float(old)
    return [f"{value * factor:.6g}" for factor in (1.1, 0.9)] if value else []


def _spans(name: str, line: str) -> Iterator[tuple[int, int, bool]]:
    """Where numbers stand in a line, and whether each is a count (a bare whole number in a rule, a valence)."""
    if name == "intervals.csv":
        # id,analyte,authority,group,from,to,low,high,…: ages and limits are fields 5 to 8
        at = 0
        for place, field in enumerate(line.split(",")[:8]):
            if place >= 4:
                for match in _NUMBER.finditer(field):
                    yield at + match.start(), at + match.end(), False
            at += len(field) + 1
        return
    if not _LINES[".toml"].match(line) or line.startswith("["):
        return
    rule = name.startswith("rules/")
    if rule and not line.startswith("when"):
        return
    text = line.split(" # ")[0]
    for match in _NUMBER.finditer(text):
        quoted = rule and text[: match.start()].count("'") % 2 == 1
        yield match.start(), match.end(), (rule and not quoted) or "valence" in line


def mutants() -> list[Mutant]:
    """Every mutant of every number that decides something."""
    found: list[Mutant] = []
    for pattern in FILES:
        for path in sorted(DATA.glob(pattern)):
            name, entry = path.relative_to(DATA).as_posix(), ""
            for number, line in enumerate(path.read_text("utf-8").splitlines()):
                if line.startswith("["):
                    entry = line.strip("[] ")
                if name == "intervals.csv":
                    entry = line.split(",")[0]
                    if number == 0:
                        continue
                for start, end, count in _spans(name, line):
                    old = line[start:end]
                    found += [Mutant(name, number, entry, old, new, start, end) for new in _changes(old, count=count)]
    return found


def _mutated(mutant: Mutant, folder: Path) -> Path:
    shutil.copytree(DATA, folder)
    path = folder / mutant.file
    lines = path.read_text("utf-8").splitlines(keepends=True)
    line = lines[mutant.line]
    lines[mutant.line] = line[: mutant.start] + mutant.new + line[mutant.end :]
    path.write_text("".join(lines), "utf-8")
    return folder


@cache
def examples() -> list[tuple[str, dict[str, Any]]]:
    """The examples of tests/rules, each with the name of its file."""
    files = sorted((ROOT / "tests" / "rules").glob("*.toml"))
    return [(path.stem, example) for path in files for example in tomllib.loads(path.read_text("utf-8"))["example"]]


def _example_that_breaks(knowledge: Knowledge, examples: list[tuple[str, dict[str, Any]]]) -> str | None:
    book = rulebook(knowledge)
    values = {"true": True, "false": False, "unknown": None}
    for stem, example in examples:
        try:
            case = Case.parse(f"case: made up\n{example['given']}".encode(), name="x.yaml", knowledge=knowledge)[0]
        except CaseError:
            return f"rules/{stem}.toml: {example['rule']}"
        if assess(case, book=book).rule(example["rule"]) is not values[example["value"]]:
            return f"rules/{stem}.toml: {example['rule']}"
    return None


def killer(mutant: Mutant) -> str | None:
    """What notices the mutant; None when nothing does."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = _mutated(mutant, Path(scratch) / "k")
        try:
            knowledge = load(folder)
            for test in TAKE_KNOWLEDGE:
                try:
                    test(knowledge)
                except AssertionError:
                    return test.__name__
            if example := _example_that_breaks(knowledge, examples()):
                return example
        except KnowledgeError as error:
            return f"refused at load: {error.problems[0][:80]}"
        done = subprocess.run(
            [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", *(f"tests/{name}" for name in SUITE)],
            cwd=ROOT, env={**os.environ, "NEOMAG_KNOWLEDGE": str(folder)}, capture_output=True, text=True,
        )  # fmt: skip
        failed = re.search(r"FAILED (\S+)", done.stdout)
        return failed[1] if done.returncode == 1 and failed else None


def main() -> None:
    """Try every mutant and write the report; exit status 1 when one survives."""
    all_mutants = mutants()
    assert _example_that_breaks(load(DATA), examples()) is None, "the examples must hold before anything is moved"
    killed: dict[str, dict[str, int]] = {}
    survivors: list[Mutant] = []
    # Each mutant leaves a whole knowledge in the caches; a worker is replaced before they add up.
    with Pool(2, maxtasksperchild=40) as pool:
        found = list(track(pool.imap(killer, all_mutants), "mutants", len(all_mutants)))
    for mutant, by in zip(all_mutants, found, strict=True):
        kind = (
            "survived"
            if by is None
            else "load"
            if by.startswith("refused")
            else "example"
            if by.startswith("rules/")
            else "test"
        )
        tally = killed.setdefault(mutant.file, {"load": 0, "example": 0, "test": 0, "survived": 0})
        tally[kind] += 1
        if by is None:
            survivors.append(mutant)
            print(f"survived: {mutant.file}:{mutant.line + 1} [{mutant.entry}] {mutant.old} -> {mutant.new}", flush=True)
    lines = [
        "# Mutation report", "",
        "Every number of the knowledge that decides something, moved by 10 % up and down (counts by 1). Made by `make mutate`.",
        "Numbers that stand a second time in the tests (intervals, plausibility bands, units, molar masses) are caught by that double entry first.", "",
        "| file | mutants | refused when loaded | broke a rule example | broke another test | survived |",
        "|---|---|---|---|---|---|",
    ]  # fmt: skip
    for file, tally in sorted(killed.items()):
        lines.append(
            f"| `{file}` | {sum(tally.values())} | {tally['load']} | {tally['example']} | {tally['test']} | {tally['survived']} |"
        )
    total = sum(sum(t.values()) for t in killed.values())
    lines += [f"| **all** | {total} | | | | **{len(survivors)}** |", ""]
    lines += [f"- `{m.file}` line {m.line + 1} [{m.entry}]: {m.old} moved to {m.new}" for m in survivors]
    REPORT.write_text("\n".join(lines).rstrip() + "\n", "utf-8")
    print(f"{total} mutants, {len(survivors)} survived; {REPORT.relative_to(ROOT)}")
    sys.exit(1 if survivors else 0)


if __name__ == "__main__":
    main()
