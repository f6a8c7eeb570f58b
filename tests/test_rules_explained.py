"""The kept explanations are those that the trees give, rule by rule, and memory of them is bounded."""

from __future__ import annotations

import json
import random
from typing import Any

import msgspec
import pytest
from hypothesis import given
from tests.strategies import cases
from tools.soak import varied

from neomag import Case, assess
from neomag.cli.assess import EXAMPLES
from neomag.rules import Rulebook, explained
from neomag.rules.explained import Explanations, explanations
from neomag.rules.why import Explainer
from neomag.service.rest.rules_json import rules_json


def check(book: Rulebook, case: Case, kept: Explanations) -> None:
    answer = assess(case)
    explainer = Explainer(book.trees, dict(zip(book.findings, answer.row, strict=True)))
    for entry, value, found in zip(book.entries, answer.values, kept.of(answer.row), strict=True):
        assert list(found.grounds) == list(explainer.grounds(entry.name)), entry.id
        assert list(found.missing) == (explainer.missing(entry.name) if value is None else []), entry.id


def test_published_cases(book: Rulebook) -> None:
    for path in sorted(EXAMPLES.glob("*.json")):
        check(book, Case.read(path), explanations(book))


@given(made=cases())
def test_any_case(book: Rulebook, made: dict[str, Any]) -> None:
    check(book, Case.from_dict(made), explanations(book))


def test_what_is_kept_is_bounded(book: Rulebook, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(explained, "_MOST_STATES", 300)
    kept = Explanations(book)
    sizes: list[int] = []
    for path in sorted(EXAMPLES.glob("*.json")):
        check(book, Case.read(path), kept)
        sizes.append(sum(len(rule.known) for run in kept._runs for rule in run.rules))  # pyright: ignore[reportPrivateUsage]
    assert max(sizes) <= 300 + len(book.entries)
    assert min(sizes[1:]) < max(sizes)


def test_the_rules_written_for_the_service_are_those_of_the_answer() -> None:
    """To the last letter, also where they were written for another infant in the same state."""
    rng = random.Random(4)
    cases = [json.loads(path.read_bytes()) for path in sorted(EXAMPLES.glob("*.json"))]
    for _ in range(400):
        answer = assess(Case.from_dict(varied(rng, rng.choice(cases))))
        assert bytes(rules_json(answer)) == msgspec.json.encode(answer.to_dict()["rules"])


@given(made=cases())
def test_the_rules_written_for_the_service_are_those_of_any_answer(made: dict[str, Any]) -> None:
    answer = assess(Case.from_dict(made))
    assert bytes(rules_json(answer)) == msgspec.json.encode(answer.to_dict()["rules"])


def test_the_rules_of_an_answer_are_those_of_its_json() -> None:
    answer = assess(Case.read(EXAMPLES / "P-014.json"))
    assert [rule.to_dict() for rule in answer.rules] == answer.to_dict()["rules"]
