"""What every kind of finding needs in SQL: places of keys, aggregates over an infant's events, and columns made of these.

A query has three parts. *seen*: every event up to `now` whose key some finding needs, with the place of its key. *found*:
one row an infant and moment, with aggregates over *seen*. *Layers* of columns made of aggregates and of other columns.
Each text is asked for as often as wanted and computed once.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from neomag.knowledge import Knowledge

# Bits of a mask: a signed 64-bit integer has 63 that are safe in every engine.
WIDTH = 62
# A flag as a number: Spark sorts instead of hashing where an aggregate holds text.
FLAG = "CASE {0} WHEN 'low' THEN 0 WHEN 'normal' THEN 1 WHEN 'high' THEN 2 END"
_COLUMN = re.compile(r"\b[gcd]\d+\b")


@dataclass(slots=True)
class Builder:
    """Collects what the findings need. With `local`, limits of the laboratory stand in a table `intervals`.

    Names it gives: `c` a column of *seen*, `g` an aggregate, `l` a list, `d` a column made of them. In *seen* there are infant,
    now, place, absent, age (at the event), t (the same as it sorts: -1 where unknown), ord, value, flag (0 low, 1 normal,
    2 high), and the columns of the events table that `use` names.
    """

    knowledge: Knowledge
    local: bool = False
    places: dict[str, int] = field(default_factory=dict[str, int])
    bits: dict[str, int] = field(default_factory=dict[str, int])
    used: dict[str, None] = field(default_factory=dict[str, None])
    columns: dict[str, str] = field(default_factory=dict[str, str])
    aggregates: dict[tuple[str, str], str] = field(default_factory=dict[tuple[str, str], str])
    lists: dict[str, str] = field(default_factory=dict[str, str])
    listed: dict[str, None] = field(default_factory=dict[str, None])
    derived: dict[str, str] = field(default_factory=dict[str, str])
    depths: dict[str, int] = field(default_factory=dict[str, int])
    doubts: dict[str, str] = field(default_factory=dict[str, str])

    def place(self, *keys: str) -> str:
        """A condition on *seen*: the event has one of these keys (`sign:apnoea`)."""
        numbers = sorted(self.places.setdefault(key, len(self.places) + 1) for key in keys)
        return f"place = {numbers[0]}" if len(numbers) == 1 else f"place IN ({', '.join(map(str, numbers))})"

    def use(self, *columns: str) -> None:
        """Have *seen* carry these columns of the events table."""
        self.used.update(dict.fromkeys(columns))

    def column(self, text: str) -> str:
        """A column of *seen* made of its others, computed once an event."""
        return self.columns.setdefault(text, f"c{len(self.columns) + 1}")

    def gather(self, text: str, *, empty: str = "NULL") -> str:
        """An aggregate over *seen*; `empty` is its value for an infant without events."""
        return self.aggregates.setdefault((text, empty), f"g{len(self.aggregates) + 1}")

    def collect(self, item: str, condition: str, *keys: str) -> str:
        """The list of `item` over the events of *seen* with one of these keys that meet `condition`.

        Lists are aggregated apart, over these keys alone: among the others they would take Spark's fast path from all.
        """
        self.place(*keys)
        self.listed.update(dict.fromkeys(keys))
        text = f"list({item}) FILTER (WHERE {self.place(*keys)} AND {condition})"
        return self.lists.setdefault(text, f"l{len(self.lists) + 1}")

    def derive(self, text: str) -> str:
        """A column made of aggregates, columns, `now`, and the fields of the infant."""
        if text not in self.derived:
            name = self.derived[text] = f"d{len(self.derived) + 1}"
            self.depths[name] = 1 + max((self.depths.get(n, 0) for n in _COLUMN.findall(text)), default=0)
        return self.derived[text]

    def over(self, function: str, argument: str, condition: str) -> str:
        """An aggregate of `argument` over the events of *seen* that meet `condition`; unknown when there are none."""
        # DuckDB works out a hundred CASEs several times faster than as many FILTERs; nulls are passed over either way.
        return self.gather(f"{function}(CASE WHEN {condition} THEN {argument} END)")

    def count(self, condition: str) -> str:
        """How many events of *seen* meet `condition`."""
        return self.gather(f"count(CASE WHEN {condition} THEN 1 END)", empty="0")

    def mask(self, keys: Iterable[str], condition: str | None = None) -> str:
        """Whether an event with one of these keys meets `condition`: true or false, unknown when there are no events.

        Signs and conditions are many, so each is a bit, and a condition on all of them is one aggregate a word of bits.
        """
        words: dict[int, int] = {}
        for key in keys:
            self.place(key)
            word, bit = divmod(self.bits.setdefault(key, len(self.bits)), WIDTH)
            words[word] = words.get(word, 0) | 1 << bit
        tests: list[str] = []
        for word, bits in words.items():
            column = f"bits{word}"
            total = self.gather(f"bit_or({column})") if condition is None else self.over("bit_or", column, condition)
            tests.append(f"({total} & {bits}) <> 0")
        return tests[0] if len(tests) == 1 else f"({' OR '.join(tests)})"

    def of_last(self, code: str, column: str) -> str:
        """A column of the last result of lab `code`: by time, then by place in the file; undated ones first."""
        return self.gather(f"arg_max_null({column}, CASE WHEN {self.place(f'lab:{code}')} THEN ord END)")

    def last_at(self, code: str) -> str:
        """When the last result of lab `code` was drawn: undated ones come first, so it is the latest time there is."""
        return self.over("max", "age", self.place(f"lab:{code}"))

    def results(self, code: str) -> str:
        """How many results of lab `code` there are."""
        return self.count(self.place(f"lab:{code}"))


# A kind: the text of the finding's value, of names the builder gave.
Kind = Callable[[Builder, Mapping[str, Any]], str]
