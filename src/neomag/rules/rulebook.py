"""The rulebook: all rules of a knowledge, parsed, checked and compiled, ready to be asked."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

from neomag.findings import Plan, catalogue, check
from neomag.knowledge import DATA, Knowledge, KnowledgeError, RuleEntry, Signature, load
from neomag.knowledge.loader import BUILD
from neomag.rules import python, tree
from neomag.rules.python import Evaluate
from neomag.rules.tree import Node


@dataclass(frozen=True, slots=True, eq=False)
class Rulebook:
    """The rules of one knowledge. `entries`, `trees` and the values of `evaluate` are in the same order.

    `findings` gives the signature of every finding that a rule names, in the order of the row `evaluate` takes; `plan`
    makes that row from a case.
    """

    knowledge: Knowledge
    entries: tuple[RuleEntry, ...]
    trees: Mapping[str, Node]
    order: tuple[str, ...]
    findings: Mapping[str, Signature]
    plan: Plan
    evaluate: Evaluate

    @property
    def counts(self) -> frozenset[str]:
        """The findings that are never unknown."""
        return frozenset(n for n, s in self.findings.items() if s.type == "count")


@cache
def rulebook(knowledge: Knowledge | None = None) -> Rulebook:
    """The rulebook of `knowledge` (default: the one in force).

    Trees and code come from the build when it was made from these very files, and are made anew otherwise.
    Raises KnowledgeError naming each rule that does not hold together.
    """
    knowledge = knowledge or load()
    built = BUILD / "rules.json"
    if built.is_file() and Path(knowledge.directory) == DATA:
        ready = json.loads(built.read_text("utf-8"))
        if ready["digest"] == knowledge.digest:
            compiled: Any = import_module("neomag._build.rules")
            if knowledge.digest == compiled.DIGEST:
                trees = {name: tree.from_data(data) for name, data in ready["trees"].items()}
                return _assemble(knowledge, trees, tuple(ready["order"]), compiled.evaluate)
    trees, order = parse_all(knowledge)
    return _assemble(knowledge, trees, order, None)


def _assemble(knowledge: Knowledge, trees: Mapping[str, Node], order: tuple[str, ...], evaluate: Evaluate | None) -> Rulebook:
    signatures = catalogue(knowledge)
    named = dict.fromkeys(n for node in trees.values() for n in tree.names(node) if n not in trees)
    findings = {name: signature for name in named if (signature := signatures(name)) is not None}
    plan = Plan.make(tuple(findings), knowledge)
    counts = frozenset(n for n, s in findings.items() if s.type == "count")
    if evaluate is None:
        evaluate = python.compile_source(python.source(list(findings), trees, order, counts))
    entries = tuple(knowledge.rules.values())
    return Rulebook(knowledge, entries, trees, order, findings, plan, evaluate)


def parse_all(knowledge: Knowledge) -> tuple[dict[str, Node], tuple[str, ...]]:
    """Every rule's tree by name, and an order in which each rule stands after those it names.

    Raises KnowledgeError with every rule that cannot be parsed, names what is not there, or goes in a circle.
    """
    from neomag.rules.parse import RuleError, parse

    if problems := check(knowledge):
        raise KnowledgeError(problems)
    signatures = catalogue(knowledge)
    rules = {entry.name: entry.id for entry in knowledge.rules.values()}
    groups: dict[str, tuple[str, ...]] = {}
    for entry in knowledge.rules.values():
        if entry.context:
            group = f"context.{entry.context}"
            groups[group] = (*groups.get(group, ()), entry.name)
    trees: dict[str, Node] = {}
    for entry in knowledge.rules.values():
        if signatures(entry.name) is not None:
            problems.append(f"rule [{entry.id}]: a finding has the same name")
        try:
            trees[entry.name] = parse(entry.when, signatures, rules, groups, knowledge)
        except RuleError as error:
            problems.append(f"rule [{entry.id}]: {error}")
    order: list[str] = []
    state: dict[str, str] = {}

    def visit(name: str, path: tuple[str, ...]) -> None:
        if state.get(name) == "done":
            return
        if state.get(name) == "open":
            problems.append(f"rule [{rules[name]}]: goes in a circle by {' > '.join([*path, name])}")
            return
        state[name] = "open"
        for named in tree.names(trees[name]):
            if named in trees:
                visit(named, (*path, name))
        state[name] = "done"
        order.append(name)

    for name in trees:
        visit(name, ())
    if problems:
        raise KnowledgeError(problems)
    return trees, tuple(order)
