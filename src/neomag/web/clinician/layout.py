"""How the form is laid out: its groups of chips, its questions, the rows of its first sample. Read from `web/form.toml`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from neomag.knowledge import Knowledge
from neomag.knowledge.tables import read_toml, web_file

KINDS = ("sign", "condition", "drug")


@dataclass(frozen=True, slots=True)
class Chip:
    """A code to tap: what it is called for short, and what it means in full."""

    kind: str
    code: str
    short: str
    meaning: str
    asks_for: bool = False
    asks_grade: bool = False


@dataclass(frozen=True, slots=True)
class Group:
    """Chips that stand together."""

    id: str
    kind: str
    says: str
    chips: tuple[Chip, ...]


@dataclass(frozen=True, slots=True)
class Ask:
    """A question that tells one movement from another; each option is a sign, with `-` before one that is not there."""

    id: str
    says: str
    options: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Layout:
    """The form's layout. `short` names each code of each kind; `asked` holds the signs that questions bring."""

    groups: tuple[Group, ...]
    asks: tuple[Ask, ...]
    short: Mapping[str, Mapping[str, str]]
    first_sample: tuple[str, ...]
    dose_units: tuple[str, ...]

    def of(self, kind: str) -> list[Group]:
        """The groups of a kind, in order."""
        return [group for group in self.groups if group.kind == kind]

    def chips(self, kind: str) -> dict[str, Chip]:
        """The chips of a kind by their code."""
        return {chip.code: chip for group in self.of(kind) for chip in group.chips}

    def ask_of(self, value: str) -> Ask | None:
        """The question of which `value` is an option."""
        return next((ask for ask in self.asks if any(value == code for code, _ in ask.options)), None)


def layout(knowledge: Knowledge) -> Layout:
    """The layout for the knowledge in force."""
    return _layout(web_file("form.toml"), knowledge)


@cache
def _layout(path: Path, knowledge: Knowledge) -> Layout:
    table: Mapping[str, Any] = read_toml(path)
    details = table["details"]

    def chip(kind: str, row: Mapping[str, str]) -> Chip:
        code = row["code"]
        return Chip(
            kind, code, row["short"], knowledge.vocabulary[kind][code].meaning,
            asks_for=kind == "condition" and code in details["condition_for"],
            asks_grade=kind == "condition" and code in details["condition_grade"],
        )  # fmt: skip

    groups = tuple(
        Group(
            name, row["kind"], row["says"],
            tuple(chip(row["kind"], one) for one in table[row["kind"]] if one.get("group") == name),
        )
        for name, row in table["group"].items()
    )  # fmt: skip
    asks = tuple(
        Ask(name, row["says"], tuple((option["code"], option["says"]) for option in row["option"]))
        for name, row in table["ask"].items()
    )
    short = {kind: {one["code"]: one["short"] for one in table[kind]} for kind in (*KINDS, "lab")}
    return Layout(groups, asks, short, tuple(table["first_sample"]["labs"]), tuple(table["dose"]["units"]))
