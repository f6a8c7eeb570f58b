"""Rows of findings that engines are compared on: random ones, ones at every threshold, and ones made from cases."""

from __future__ import annotations

import math
import random
import tomllib
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from hypothesis import Phase, given, settings
from tests.strategies import cases

from neomag import Case
from neomag.knowledge import Signature
from neomag.rules import Rulebook, tree
from neomag.rules.tree import Compare, Name, Node

Row = dict[str, Any]
EXAMPLES = sorted((Path(__file__).parents[1] / "rules").glob("*.toml"))


def comparisons(trees: Mapping[str, Node]) -> list[Compare]:
    """Every comparison of the rules, each once."""

    def all_of(node: Node) -> Iterator[Node]:
        yield node
        for child in tree.children(node):
            yield from all_of(child)

    return list(dict.fromkeys(c for node in trees.values() for c in all_of(node) if isinstance(c, Compare)))


def around(number: float) -> list[float]:
    """A threshold, the nearest floats on both sides, and what lies well off it."""
    if isinstance(number, int):
        return [number - 1, number, number + 1]
    return [math.nextafter(number, -math.inf), number, math.nextafter(number, math.inf), number * 0.9, number * 1.1]


def thresholds(book: Rulebook) -> dict[str, list[float]]:
    """The numbers at and around which each finding is decided; a finding compared with another has the other's too."""
    found: dict[str, list[float]] = {}
    for each in comparisons(book.trees):
        if isinstance(each.right, int | float):
            found.setdefault(each.left, []).extend(around(each.right))
    for each in comparisons(book.trees):
        if isinstance(each.right, Name):
            found.setdefault(each.right.name, []).extend(found.get(each.left, [1.0]))
    return {name: sorted(set(numbers)) for name, numbers in found.items()}


def value(name: str, signature: Signature, numbers: Mapping[str, list[float]], unknown: float, draw: random.Random) -> Any:
    """A random value of a finding; unknown with the probability given, but never for a count."""
    if signature.type == "count":
        return draw.choice([0, 0, 1, 2, 3])
    if draw.random() < unknown:
        return None
    if signature.type == "truth":
        return draw.random() < 0.3
    if signature.type == "word":
        return draw.choice(signature.words)
    near = numbers.get(name, [1.0])
    number = draw.choice([*near, 0.0, draw.uniform(0, 1.5 * max(near))])
    return max(0, int(number)) if signature.unit == "s" else number


def random_rows(book: Rulebook, count: int, seed: int) -> list[Row]:
    """Random rows, from nearly all unknown to all known."""
    draw, numbers = random.Random(seed), thresholds(book)
    rows: list[Row] = []
    for _ in range(count):
        unknown = draw.choice([0.0, 0.1, 0.5, 0.9, 1.0])
        rows.append({n: value(n, s, numbers, unknown, draw) for n, s in book.findings.items()})
    return rows


def threshold_rows(book: Rulebook, seed: int) -> list[Row]:
    """For every comparison with a number, rows at it and a unit in the last place to both sides; with a finding, likewise."""
    draw = random.Random(seed)
    rows: list[Row] = []
    for each in comparisons(book.trees):
        if isinstance(each.right, str):
            continue
        right = 0.61 if isinstance(each.right, Name) else each.right
        for number in around(right)[:3]:
            (row,) = random_rows(book, 1, draw.randrange(10**9))
            row[each.left] = max(0, number) if book.findings[each.left].type == "count" else number
            if isinstance(each.right, Name):
                row[each.right.name] = right
            rows.append(row)
    return rows


def example_rows(book: Rulebook, most: int) -> list[Row]:
    """The findings of the cases that stand beside the rules: each rule is true in one and not true in another.

    At most `most` for each rule and value.
    """
    rows: list[Row] = []
    taken: Counter[tuple[str, str]] = Counter()
    for path in EXAMPLES:
        for example in tomllib.loads(path.read_text("utf-8"))["example"]:
            kind = (example["rule"], example["value"])
            taken[kind] += 1
            if taken[kind] > most:
                continue
            (case,) = Case.parse(f"case: made up\n{example['given']}".encode(), name="example.yaml")
            rows.append(book.plan.findings(case))
    return rows


def case_rows(book: Rulebook, count: int) -> list[Row]:
    """The findings of `count` made-up cases, the same ones each time."""
    rows: list[Row] = []

    @settings(max_examples=count, derandomize=True, database=None, deadline=None, phases=[Phase.generate])
    @given(cases())
    def collect(made: Row) -> None:
        rows.append(book.plan.findings(Case.from_dict(made)))

    collect()
    return rows
