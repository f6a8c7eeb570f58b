"""Every rule stands beside cases in which it is true and cases in which it is not: tests/rules/*.toml."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest

from neomag import Case, assess
from neomag.rules import rulebook

FILES = sorted((Path(__file__).parent / "rules").glob("*.toml"))
VALUES = {"true": True, "false": False, "unknown": None}


def examples() -> list[Any]:
    found: list[Any] = []
    for path in FILES:
        for number, example in enumerate(tomllib.loads(path.read_text("utf-8"))["example"]):
            found.append(pytest.param(example, id=f"{path.stem}-{number}-{example['rule']}-{example['value']}"))
    return found


def read(text: str) -> Case:
    return Case.parse(f"case: made up\n{text}".encode(), name="example.yaml")[0]


@pytest.mark.parametrize("example", examples())
def test_example(example: dict[str, Any]) -> None:
    answer = assess(read(example["given"]))
    assert answer.rule(example["rule"]) is VALUES[example["value"]]
    assert answer.explainer.value(answer.explainer.rules[example["rule"].replace("-", "_")]) is VALUES[example["value"]]


def test_every_rule_has_an_example_that_is_true_and_one_that_is_not() -> None:
    seen: dict[str, set[str]] = {}
    for path in FILES:
        for example in tomllib.loads(path.read_text("utf-8"))["example"]:
            seen.setdefault(example["rule"], set()).add(example["value"])
    rules = {entry.id for entry in rulebook().entries}
    assert seen.keys() <= rules
    assert not [rule for rule in rules if "true" not in seen.get(rule, set())]
    assert not [rule for rule in rules if not seen.get(rule, set()) & {"false", "unknown"}]
