"""Reads the entries of `dosing/`: each value of a TOML table checked for its type and made exact, or refused by name."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import MISSING, fields
from fractions import Fraction
from functools import cache
from typing import Any, TypeVar, cast, get_args, get_type_hints

from neomag.ages import seconds
from neomag.knowledge.dosing import (
    Block,
    Ceiling,
    Dosing,
    Interaction,
    Product,
    Regimen,
    Salt,
    Says,
    Spelling,
    Syringe,
    Watch,
    WeightBand,
    Words,
)

Table = dict[str, Any]
T = TypeVar("T")

# Whole numbers that are spans of time, written such as `12 h`.
_SPANS = {"every", "within", "after", "until", "over", "over_least", "start", "end"}
_RENAMED = {"from": "start", "to": "end"}
_NUMBER = re.compile(r"[-+]?[0-9]{1,12}(\.[0-9]{1,12})?(/[1-9][0-9]{0,11})?")


def _exact(value: Any) -> Fraction:
    if isinstance(value, bool) or not isinstance(value, str | int | float) or not _NUMBER.fullmatch(str(value)):
        raise TypeError('write a number such as "0.2"')
    return Fraction(str(value))


def _span(value: Any) -> int:
    try:
        return seconds(_text(value))
    except (ValueError, TypeError):
        raise TypeError('write a time such as "60 min" or "12 h"') from None


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError("write text")
    return value


def _flag(value: Any) -> bool:
    if not isinstance(value, bool):
        raise TypeError("write true or false")
    return value


def _whole(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError("write a whole number such as 3")
    return value


def _each(one: Callable[[Any], Any]) -> Callable[[Any], tuple[Any, ...]]:
    def every(value: Any) -> tuple[Any, ...]:
        if not isinstance(value, list):
            raise TypeError("write a list, in [ ]")
        return tuple(one(item) for item in cast("list[Any]", value))

    return every


@cache
def _readers(kind: type[Any]) -> dict[str, Callable[[Any], Any]]:
    """How each field of `kind` is read, by the type it declares."""
    by_type: dict[Any, Callable[[Any], Any]] = {Fraction: _exact, str: _text, bool: _flag, int: _whole}
    found: dict[str, Callable[[Any], Any]] = {}
    for name, hint in get_type_hints(kind).items():
        several = getattr(hint, "__origin__", None) is tuple
        of = get_args(hint)[0] if get_args(hint) else hint
        one = _span if name in _SPANS else by_type[of]
        found[name] = _each(one) if several else one
    return found


def entry(kind: type[T], code: str, table: Mapping[str, Any]) -> T:
    """An entry of `kind` from its TOML table.

    Raises TypeError for a key that is missing or does not belong, and for a value that is not of the key's type.
    """
    if not isinstance(table, Mapping):  # pyright: ignore[reportUnnecessaryIsInstance] - what a site writes may be anything
        raise TypeError("not a table")
    readers = _readers(kind)
    made: dict[str, Any] = {}
    for written, value in table.items():
        name = _RENAMED.get(written, written)
        if name == "id" or name not in readers:
            raise TypeError(f"unknown key {written}")
        try:
            made[name] = readers[name](value)
        except TypeError as error:
            raise TypeError(f"{written} = {str(value)[:40]}: {error}") from None
    needed = [f.name for f in fields(cast(Any, kind)) if f.default is MISSING and f.default_factory is MISSING]
    if missing := [name for name in needed if name not in made and name != "id"]:
        raise TypeError(f"{', '.join(missing)} {'is' if len(missing) == 1 else 'are'} missing")
    return cast("Callable[..., T]", kind)(id=code, **made)


def assemble_dosing(raw: Table, entries: Callable[[str, Callable[[str, Table], Any]], dict[str, Any]]) -> Dosing:
    """The dosing knowledge from the `raw` tables; `entries` collects what is not well formed."""

    def read(name: str, kind: type[T]) -> dict[str, T]:
        return entries(f"dosing/{name}", lambda code, table: entry(kind, code, table))

    bands = tuple(
        WeightBand(r["sex"], int(r["months"]), Fraction(r["p3_kg"]), Fraction(r["p97_kg"]), r["source"])
        for r in cast("list[dict[str, str]]", raw.get("dosing/weights", []))
    )
    return Dosing(
        salts=read("salts", Salt),
        products=read("products", Product),
        regimens=read("regimens", Regimen),
        ceilings=read("ceilings", Ceiling),
        syringes=read("syringes", Syringe),
        refusals=read("refusals", Says),
        warnings=read("warnings", Says),
        interactions=read("interactions", Interaction),
        blocks=read("blocks", Block),
        monitoring=read("monitoring", Watch),
        amounts=read("amounts", Spelling),
        orders=read("orders", Words),
        weights=bands,
        defaults=raw.get("dosing/defaults", {}),
    )
