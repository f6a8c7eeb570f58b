"""Mutation check of the knowledge: every number moved by 10 % (counts by 1), up and down, must break a test.

`python -m tools.mutate` tries every file, `python -m tools.mutate dosing/ units.toml` those whose names begin so; either way
docs/mutation.md keeps the rows of the files that were not tried. Each mutant is first tried in this process, on tests that
need nothing but a knowledge; what survives that is tried with pytest in a process of its own.
"""

from __future__ import annotations

import inspect
import os
import re
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Callable, Iterator
from functools import cache
from multiprocessing import Pool
from pathlib import Path
from types import ModuleType
from typing import Any
from unittest.mock import patch

import pytest
from rich.progress import track
from tests import test_dosing, test_dosing_data, test_knowledge, test_units

from neomag import Case, CaseError, assess
from neomag.knowledge import DATA, Knowledge, KnowledgeError, load
from neomag.rules import rulebook
from tools.mutants import Mutant, files, mutants, write

ROOT = Path(__file__).parent.parent
REPORT = ROOT / "docs" / "mutation.md"
TAKE_KNOWLEDGE = (
    test_knowledge.test_intervals_are_as_they_were_read,
    test_knowledge.test_intervals_are_those_of_the_evidence,
    test_knowledge.test_plausibility_bands_are_where_they_were_put,
    test_knowledge.test_molar_masses,
    test_units.test_every_factor_is_what_its_prefix_says,
    test_knowledge.test_the_age_range_is_one,
    test_knowledge.test_the_default_intervals_cover_every_age,
)
OF_DOSING = (test_dosing_data, test_dosing)
SUITE = ("test_ground_rules.py", "test_case.py", "test_units.py", "test_knowledge.py", "test_dosing.py", "test_cli_dose.py")
SUITE_OF_DOSING = ("test_dosing.py", "test_dosing_data.py", "test_cli_dose.py", "test_dosing_properties.py")
# What a test that fails raises: its assertion, pytest's own failure, or what the product raises where it cannot go on.
FAILS = (AssertionError, pytest.fail.Exception, KnowledgeError, ArithmeticError, LookupError, TypeError, ValueError)
KINDS = ("load", "example", "test", "survived")
_ROW = re.compile(r"\| `(.+)` \|" + r" (\d+) \|" * (1 + len(KINDS)))
_SURVIVOR = re.compile(r"- `(.+?)` line .+")


@cache
def examples() -> list[tuple[str, dict[str, Any]]]:
    """The examples of tests/rules, each with the name of its file."""
    found = sorted((ROOT / "tests" / "rules").glob("*.toml"))
    return [(path.stem, example) for path in found for example in tomllib.loads(path.read_text("utf-8"))["example"]]


def _example_that_breaks(knowledge: Knowledge) -> str | None:
    book = rulebook(knowledge)
    values = {"true": True, "false": False, "unknown": None}
    for stem, example in examples():
        try:
            case = Case.parse(f"case: made up\n{example['given']}".encode(), name="x.yaml", knowledge=knowledge)[0]
        except CaseError:
            return f"rules/{stem}.toml: {example['rule']}"
        if assess(case, book=book).rule(example["rule"]) is not values[example["value"]]:
            return f"rules/{stem}.toml: {example['rule']}"
    return None


def _calls(test: Callable[..., object], knowledge: Knowledge) -> Iterator[dict[str, object]]:
    """The arguments of every call pytest would make; none where the test needs a fixture other than the knowledge."""
    calls: list[dict[str, object]] = [{"knowledge": knowledge}]
    for mark in getattr(test, "pytestmark", []):
        if mark.name == "parametrize":
            named, rows = mark.args
            names = [name.strip() for name in named.split(",")] if isinstance(named, str) else list(named)
            calls = [c | dict(zip(names, row if len(names) > 1 else (row,), strict=True)) for c in calls for row in rows]
    wanted = inspect.signature(test).parameters
    yield from ({name: call[name] for name in wanted} for call in calls if call.keys() >= set(wanted))


def _test_that_breaks(modules: tuple[ModuleType, ...], folder: Path) -> str | None:
    """The first test of `modules` that fails while the knowledge in `folder` is the one in force."""
    with patch.dict(os.environ, NEOMAG_KNOWLEDGE=str(folder)):
        knowledge = load()
        for module in modules:
            for name, test in vars(module).items():
                if not name.startswith("test_"):
                    continue
                for call in _calls(test, knowledge):
                    try:
                        test(**call)
                    except FAILS:
                        return name
    return None


def _broken(mutant: Mutant, folder: Path) -> str | None:
    """What breaks in this process: the load, a rule's example or a test."""
    try:
        if mutant.file.startswith("dosing/"):
            return _test_that_breaks(OF_DOSING, folder)
        knowledge = load(folder)
        for test in TAKE_KNOWLEDGE:
            try:
                test(knowledge)
            except AssertionError:
                return test.__name__
        return _example_that_breaks(knowledge)
    except KnowledgeError as error:
        return f"refused at load: {error.problems[0][:80]}"


def killer(mutant: Mutant) -> str | None:
    """What notices the mutant; None when nothing does."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = write(mutant, Path(scratch) / "k")
        if broken := _broken(mutant, folder):
            return broken
        suite = SUITE_OF_DOSING if mutant.file.startswith("dosing/") else SUITE
        done = subprocess.run(
            [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", *(f"tests/{name}" for name in suite)],
            cwd=ROOT, env={**os.environ, "NEOMAG_KNOWLEDGE": str(folder)}, capture_output=True, text=True,
        )  # fmt: skip
        failed = re.search(r"FAILED (\S+)", done.stdout)
        return failed[1] if done.returncode == 1 and failed else None


def _kind(by: str | None) -> str:
    if by is None:
        return "survived"
    return "load" if by.startswith("refused at load") else "example" if by.startswith("rules/") else "test"


def report(tried: list[str], found: list[tuple[Mutant, str | None]], before: str) -> str:
    """The report: new rows for the files that were tried, and out of the report `before` the rows of the others."""
    others = set(files()) - set(tried)
    rows = {row[1]: [int(n) for n in row.groups()[2:]] for row in _ROW.finditer(before) if row[1] in others}
    left = [line[0] for line in _SURVIVOR.finditer(before) if line[1] in others]
    for mutant, by in found:
        rows.setdefault(mutant.file, [0] * len(KINDS))[KINDS.index(_kind(by))] += 1
    left += [f"- `{m.file}` line {m.line + 1} [{m.entry}]: {m.old} moved to {m.new}" for m, by in found if by is None]
    lines = [
        "# Mutation report", "",
        "Every number of the knowledge that decides something, moved by 10 % up and down (counts by 1). Made by `make mutate`.",
        "A run over some of the files (`make mutate FILES=dosing/`) writes their rows and leaves the others.",
        "Numbers that stand a second time in the tests (intervals, plausibility bands, units, molar masses, regimens) are caught by that double entry first.", "",
        "| file | mutants | refused when loaded | broke a rule example | broke another test | survived |",
        "|---|---|---|---|---|---|",
    ]  # fmt: skip
    lines += [f"| `{file}` | {sum(row)} | {' | '.join(map(str, row))} |" for file, row in sorted(rows.items())]
    lines += [f"| **all** | {sum(sum(row) for row in rows.values())} | | | | **{len(left)}** |", "", *sorted(left)]
    return "\n".join(lines).rstrip() + "\n"


def main(starts: tuple[str, ...]) -> int:
    """Try every mutant of the files that begin with one of `starts` (all, if none); exit status 1 when one survives."""
    tried = files(starts)
    if unknown := [start for start in starts if not files((start,))]:
        print(f"no file begins with {unknown[0]}; there are {', '.join(files())}", file=sys.stderr)
        return 2
    assert _example_that_breaks(load(DATA)) is None, "the examples must hold before anything is moved"
    if broken := _test_that_breaks(OF_DOSING, DATA):
        raise AssertionError(f"{broken} must hold before anything is moved")
    all_mutants = mutants(tried)
    found: list[tuple[Mutant, str | None]] = []
    # Each mutant leaves a whole knowledge in the caches; a worker is replaced before they add up.
    with Pool(2, maxtasksperchild=40) as pool:
        for mutant, by in zip(all_mutants, track(pool.imap(killer, all_mutants), "mutants", len(all_mutants)), strict=True):
            found.append((mutant, by))
            if by is None:
                print(f"survived: {mutant.file}:{mutant.line + 1} [{mutant.entry}] {mutant.old} -> {mutant.new}", flush=True)
    before = REPORT.read_text("utf-8") if REPORT.is_file() else ""
    REPORT.write_text(report(tried, found, before), "utf-8")
    survived = sum(by is None for _, by in found)
    print(f"{len(found)} mutants, {survived} survived; {REPORT.relative_to(ROOT)}")
    return 1 if survived else 0


if __name__ == "__main__":
    sys.exit(main(tuple(sys.argv[1:])))
