"""The engine of the browser, run by node: thousands of cases in one process."""

from __future__ import annotations

import json
import subprocess
from base64 import b64encode
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from neomag import Case, CaseError, assess
from neomag.findings import Plan
from neomag.findings.catalogue import entries
from neomag.rules import rulebook
from neomag.web.engine import knowledge_json, rules_module

SCRIPT = Path(__file__).with_suffix(".mjs")
BOOK = rulebook()
# Every finding there is, those that rules read first: they are found by their place.
NAMES = tuple(dict.fromkeys([*BOOK.findings, *entries(BOOK.knowledge)]))
Said = dict[str, Any]


def run(asked: Iterable[Mapping[str, Any]], *, language: str = "en", every: bool = False) -> list[Any]:
    """What the engine says to each line of `javascript.mjs`; with `every`, all findings are made and not those of rules alone."""
    lines = "".join(json.dumps(one) + "\n" for one in asked)
    with TemporaryDirectory() as folder:
        rules, words = Path(folder, "rules.mjs"), Path(folder, "words.json")
        rules.write_text(rules_module(findings=NAMES if every else None), "utf-8")
        words.write_text(knowledge_json(language), "utf-8")
        done = subprocess.run(
            ["node", SCRIPT, rules, words], input=lines, capture_output=True, text=True, encoding="utf-8", timeout=600
        )
    assert done.returncode == 0, done.stderr[-2_000:]
    return [json.loads(line) for line in done.stdout.splitlines()]


def in_javascript(files: Sequence[tuple[str, bytes]], *, language: str = "en", every: bool = False) -> list[list[Said]]:
    """What the engine says of each (name, bytes) of a file: one {answer, findings} or {refusals} a case."""
    asked = [{"name": name, "bytes": b64encode(data).decode()} for name, data in files]
    return run(asked, language=language, every=every)


def of_cases(cases: Iterable[Mapping[str, Any]]) -> list[tuple[str, bytes]]:
    """Cases as files."""
    return [("case.json", json.dumps(case).encode()) for case in cases]


@cache
def _plan(names: tuple[str, ...]) -> Plan:
    return Plan.make(names, BOOK.knowledge)


def in_python(files: Sequence[tuple[str, bytes]], *, every: bool = False) -> list[list[Said]]:
    """The same by Python; of a refused file only the lines, without which case they are of."""
    plan = _plan(NAMES if every else tuple(BOOK.findings))
    found: list[list[Said]] = []
    for name, data in files:
        said: list[Said] = []
        for case in Case.parse_each(data, name=name):
            if isinstance(case, CaseError):
                said.append({"refusals": list(case.problems)})
            else:
                said.append({"answer": json.loads(json.dumps(assess(case).to_dict())), "findings": plan.row(case)})
        found.append(said)
    return found


def lines(said: Said) -> list[str]:
    """The refusals of the engine as Python writes them."""
    return [f"{one['where']}: {one['says']}" if one["where"] else one["says"] for one in said["refusals"]]


def differences(wanted: Any, got: Any, where: str = "") -> list[str]:
    """What differs between two JSON values, a line each; 1 and 1.0 are the same number, 1 and true are not."""
    if isinstance(wanted, dict) and isinstance(got, dict):
        found = [f"{where}: {key} is only in one" for key in wanted.keys() ^ got.keys()]
        return found + [d for key in wanted.keys() & got.keys() for d in differences(wanted[key], got[key], f"{where}.{key}")]
    if isinstance(wanted, list) and isinstance(got, list):
        if len(wanted) != len(got):
            return [f"{where}: {wanted!r}, not {got!r}"]
        return [
            d for n, (want, have) in enumerate(zip(wanted, got, strict=True)) for d in differences(want, have, f"{where}[{n}]")
        ]
    same = wanted == got and isinstance(wanted, bool) is isinstance(got, bool)
    return [] if same else [f"{where}: {wanted!r}, not {got!r}"]


def disagreements(files: Sequence[tuple[str, bytes]], *, every: bool = False) -> list[str]:
    """What Python and the engine say differently of these files, a line each; of refusals, whether there are as many at the same places."""
    found: list[str] = []
    answers = zip(files, in_python(files, every=every), in_javascript(files, every=every), strict=True)
    for n, ((_, data), wanted, got) in enumerate(answers):
        if [one.keys() for one in wanted] != [one.keys() - {"case"} for one in got]:
            found.append(f"{n}: {data[:300]!r}: {[*map(str, wanted)]}, not {[*map(str, got)]}"[:2_000])
            continue
        for want, have in zip(wanted, got, strict=True):
            if "answer" in want:
                found += [f"{n}: {line}" for line in differences(want, have)]
    return found
