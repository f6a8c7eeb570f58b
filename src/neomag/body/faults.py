"""Every fault of one scenario, collected so that they are told together."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any, TypeVar, cast

from neomag.body.errors import BodyInputError
from neomag.nearest import hint

T = TypeVar("T")


class Faults(list[str]):
    """A line for each fault, in the order they were found."""

    def entry(self, where: str, raw: Any, known: Collection[str]) -> Mapping[str, Any]:
        """The known keys of a mapping with their values; every other key is a fault."""
        if not isinstance(raw, dict):
            self.append(f"{where}: write it as `key: value` lines")
            return {}
        entry = cast("dict[Any, Any]", raw)
        for key in entry:
            if key not in known:
                self.append(f"{where}: `{str(key)[:40]}` is not known{hint(str(key), known)}")
        return {str(key): value for key, value in entry.items() if key in known}

    def listed(self, top: Mapping[str, Any], name: str) -> list[Any]:
        """The list under `name`; empty when there is none."""
        given = top.get(name, [])
        if not isinstance(given, list):
            self.append(f"{name}: write a list")
            return []
        return cast("list[Any]", given)

    def attempt(self, make: Callable[[], T], otherwise: T) -> T:
        """What `make` gives, or `otherwise` when it refuses."""
        try:
            return make()
        except BodyInputError as error:
            self.append(str(error))
            return otherwise
