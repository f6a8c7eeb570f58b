"""Checks that the feeding tables hold together: grounds, sources, and that the tables name each other's entries rightly."""

from __future__ import annotations

import csv
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, cast

from neomag.knowledge.feeding import load_feeding
from neomag.knowledge.foods import load_foods
from neomag.knowledge.model import Knowledge

# Parts of an entry that are figures, not entries of their own.
_FIGURES = frozenset({"numbers", "spread", "over", "cost", "most_of_a_group", "figures"})
# The columns of the CSV tables that name sources, and whether they hold several.
CITED = {"intakes": ("source",), "milks": ("sources",), "article": ("sources", "portion_sources"), "portions": ("source",)}


def check_feeding(knowledge: Knowledge) -> list[str]:
    """Everything wrong with the feeding tables beside `knowledge`, a line each; empty when they hold together."""
    folder = Path(knowledge.directory) / "feeding"
    if not folder.is_dir():
        return []
    try:
        tables = {path.name: tomllib.loads(path.read_text("utf-8")) for path in sorted(folder.glob("*.toml"))}
    except tomllib.TOMLDecodeError as error:
        return [f"feeding: {error}"]
    problems = [line for name, table in tables.items() for line in _grounds(name, table, knowledge)]
    problems += _cited(folder, knowledge)
    try:
        problems += _candidates(Path(knowledge.directory))
    except (KeyError, TypeError, ValueError) as error:
        problems.append(f"feeding: {error}")
    return problems


def entries(table: Mapping[str, Any], where: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """The entries of a file that stand on their own: the innermost tables, and those that say what they stand on."""
    for name, value in table.items():
        inner = cast("Mapping[str, Any]", value) if isinstance(value, dict) else None
        if inner is None or name in _FIGURES:
            continue
        nested = any(isinstance(v, dict) and k not in _FIGURES for k, v in inner.items())
        if nested and not {"sources", "policy"} & set(inner):
            yield from entries(inner, f"{where} {name}")
        else:
            yield f"{where} [{name}]", inner


def _grounds(name: str, table: Mapping[str, Any], knowledge: Knowledge) -> Iterator[str]:
    if name == "provenance.toml":
        return  # says where the foods come from; it is made by tools/foods.py
    whole = bool({"sources", "policy"} & set(table))
    for where, entry in entries(table, f"feeding/{name}"):
        if not whole and not entry.get("sources") and not entry.get("policy"):
            yield f"{where}: needs sources, or policy with its reason"
        for key in entry.get("sources", ()):
            if key not in knowledge.sources:
                yield f"{where}: source {key} is not in sources.toml"


def _cited(folder: Path, knowledge: Knowledge) -> Iterator[str]:
    for name, columns in CITED.items():
        with (folder / f"{name}.csv").open(encoding="utf-8", newline="") as file:
            for line, row in enumerate(csv.DictReader(file), start=2):
                for key in (key for column in columns for key in row[column].split()):
                    if key.isupper() and key not in knowledge.sources:
                        yield f"feeding/{name}.csv line {line}: source {key} is not in sources.toml"


def _candidates(folder: Path) -> Iterator[str]:
    """Every candidate is a food of the table that a plan can hold against its rules; every name in plan.toml is one."""
    known, table = load_feeding(folder), load_foods(folder)
    foods = {(food.name, food.dataset): food for food in table.foods.values()}
    for candidate in known.candidates.values():
        where = f"feeding/candidates.csv `{candidate.short}`"
        food = foods.get((candidate.name, candidate.dataset))
        if food is None:
            yield f"{where}: no food `{candidate.name}` of {candidate.dataset} in composition.csv"
        elif food.energy is None or food.magnesium is None:
            yield f"{where}: its energy or magnesium is missing"
        if candidate.unsalted is not None and candidate.unsalted not in foods:
            yield f"{where}: no food `{candidate.unsalted[0]}` of {candidate.unsalted[1]} in composition.csv"
    usual = known.plan["usual"]
    for name in (*usual["everywhere"], *usual["seldom"]):
        if name not in known.candidates:
            yield f"feeding/plan.toml [usual]: no candidate `{name}`"
    for name in (*known.plan["goals"]["nutrients"], *known.plan["reported"]["nutrients"]):
        if name not in table.nutrients:
            yield f"feeding/plan.toml: no nutrient `{name}`"


def counted(folder: Path) -> str:
    """What the feeding tables hold, in a sentence."""
    known, table = load_feeding(folder), load_foods(folder)
    plans, rules = len(known.candidates), len(known.safety)
    return f"Feeding: {len(table.foods):,} foods, {plans} of them for plans, {rules} rules of safety."
