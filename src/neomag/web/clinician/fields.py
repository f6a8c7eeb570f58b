"""The fields of a form as they were posted: names with their values, in order, and the rows among them.

A name says what a field is: `age`, `sign` (many), `samples.0.results.3.value`. A number in it is the place of a row; the last
part is the key of the contract (`docs/case.md`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

# More than a form of any infant has; what is beyond is not read.
MOST = 12_000


class Fields:
    """Posted values by name. What was not posted is empty."""

    def __init__(self, pairs: Iterable[tuple[str, str]] = ()) -> None:
        self._values: dict[str, list[str]] = {}
        for name, value in pairs:
            self.add(name, value)

    def add(self, name: str, value: str) -> None:
        """Add a value."""
        self._values.setdefault(name, []).append(value)

    def set(self, name: str, value: str) -> None:
        """Put a value in place of those there were."""
        self._values[name] = [value]

    def get(self, name: str) -> str:
        """The first value of a field, empty when there is none."""
        return self._values.get(name, [""])[0]

    def all(self, name: str) -> list[str]:
        """Every value of a field."""
        return list(self._values.get(name, ()))

    def has(self, name: str, value: str) -> bool:
        """Whether a box or choice is set."""
        return value in self._values.get(name, ())

    def under(self, name: str) -> Iterator[tuple[str, str]]:
        """Each (name, value) of `name` itself and of `name.…`, in order."""
        for key, values in self._values.items():
            if key == name or key.startswith(f"{name}."):
                yield from ((key, value) for value in values)

    def rows(self, name: str) -> list[int]:
        """The places of the rows `name.0.…`, in their order."""
        found = {key[len(name) + 1 :].partition(".")[0] for key in self._values if key.startswith(f"{name}.")}
        return sorted(int(place) for place in found if place.isascii() and place.isdecimal() and len(place) < 6)

    def next(self, name: str) -> int:
        """The place of a further row."""
        return max(self.rows(name), default=-1) + 1

    def drop(self, name: str) -> None:
        """Forget `name` and all that stands under it."""
        for key in [key for key in self._values if key == name or key.startswith(f"{name}.")]:
            del self._values[key]

    def pairs(self) -> list[tuple[str, str]]:
        """Every (name, value), in order."""
        return [(name, value) for name, values in self._values.items() for value in values]
