"""The published infants that ship with neomag, to look at and to change."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from neomag import ages
from neomag.web.languages import Language


@dataclass(frozen=True, slots=True)
class Example:
    """An example: its name, how old the infant is, and the title and year of its report."""

    name: str
    age: str
    title: str
    year: int | None


@cache
def cases() -> Mapping[str, Mapping[str, Any]]:
    """Every example that ships, by its name."""
    folder = files("neomag") / "examples"
    names = sorted(entry.name for entry in folder.iterdir() if entry.name.endswith(".json"))
    return {name.removesuffix(".json"): json.loads((folder / name).read_text("utf-8")) for name in names}


def examples(language: Language) -> list[Example]:
    """The examples as a list to choose from."""
    return [
        Example(name, language.age(ages.seconds(case["now"])), case["source"]["title"], case["source"].get("year"))
        for name, case in cases().items()
    ]
