"""One element of a FHIR resource with its place, read with its type checked: what has another type is a fault."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from decimal import Decimal
from functools import lru_cache
from typing import Any, cast

from neomag.fhir.problems import Problem, refusal

# FHIRPath names a choice of types by its stem: valueQuantity is `value`.
_CHOICE = re.compile(r"_?(value|effective|onset|abatement|medication|deceased|recorded)(?=[A-Z])[A-Za-z]+")
MOST_DEPTH = 40


@lru_cache(maxsize=1_000)
def _named(name: str) -> str:
    """An element as FHIRPath names it."""
    choice = _CHOICE.fullmatch(name) if name != "recordedDate" else None
    return choice[1] if choice else name.lstrip("_")


class Node:
    """A JSON object within a resource; faults of type are added to `faults`, which all nodes share."""

    __slots__ = ("_at", "faults", "value")

    def __init__(self, value: Mapping[str, Any], at: str | tuple[Node, str], faults: list[Problem]):
        self.value = value
        self._at = at
        self.faults = faults

    @property
    def at(self) -> str:
        """Its FHIRPath. That of an element within another is put together only where it is asked for."""
        if isinstance(self._at, tuple):
            holder, name = self._at
            self._at = holder.where(name)
        return self._at

    @property
    def kind(self) -> str:
        """The resource type; empty where there is none."""
        return self.text("resourceType") or ""

    def where(self, name: str) -> str:
        """The FHIRPath of an element of this one, or of one that repeats (`coding[0]`)."""
        name, bracket, place = name.partition("[")
        return f"{self.at}.{_named(name)}{bracket}{place}"

    def fault(self, name: str, expected: str) -> None:
        """Note that an element is not what FHIR R4 has there."""
        self.faults.append(refusal(self.where(name), f"{expected} is expected", "structure"))

    def has(self, name: str) -> bool:
        """Whether the element is there, whatever it is."""
        return self.value.get(name) is not None

    def there(self, *names: str) -> tuple[str, ...]:
        """Those of the elements that are there; `x.end` is the end of the period x."""

        def is_there(name: str) -> bool:
            outer, _, inner = name.partition(".")
            holder = self.child(outer) if inner else self
            return holder is not None and holder.has(inner or outer)

        return tuple(name for name in names if is_there(name))

    def child(self, name: str) -> Node | None:
        """An element that is an object; None when it is not there."""
        value = self.value.get(name)
        if value is None:
            return None
        # The test of the type itself is many times faster than the other, and nearly always enough.
        if type(value) is not dict and not isinstance(value, Mapping):
            self.fault(name, "an object")
            return None
        return Node(cast("Mapping[str, Any]", value), (self, name), self.faults)

    def children(self, name: str) -> Iterator[Node]:
        """The objects of an element that repeats."""
        value = self.value.get(name)
        if value is None:
            return
        if not isinstance(value, list):
            self.fault(name, "a list")
            return
        for place, item in enumerate(cast("list[object]", value)):
            if type(item) is dict or isinstance(item, Mapping):
                yield Node(cast("Mapping[str, Any]", item), (self, f"{name}[{place}]"), self.faults)
            elif item is not None or name[0] != "_":
                self.fault(name, "a list of objects")

    def text(self, name: str) -> str | None:
        """An element that is text (codes, dates, addresses)."""
        value = self.value.get(name)
        if value is None:
            return None
        if not isinstance(value, str) or not value.strip():
            self.fault(name, "a text that is not empty")
            return None
        return value

    def number(self, name: str) -> int | float | Decimal | None:
        """An element that is a JSON number."""
        value = self.value.get(name)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
            self.fault(name, "a number, without quotes")
            return None
        return value

    def truth(self, name: str) -> bool | None:
        """An element that is true or false."""
        value = self.value.get(name)
        if value is not None and not isinstance(value, bool):
            self.fault(name, "true or false")
            return None
        return value
