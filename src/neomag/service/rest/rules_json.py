"""The rules of an answer as JSON, each written once for every state it can be in.

Nine tenths of an answer are its explained rules, and most of these are the same from infant to infant to the last letter.
Only those that a measured value decided are written anew.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from operator import itemgetter
from typing import Any

import msgspec

from neomag.answer import Answer
from neomag.rules.explained import Explained, explanations
from neomag.rules.rulebook import Rulebook

_encode = msgspec.json.Encoder().encode
_MARK = b'"findings":{}'
# Some twenty megabytes; then all are written again.
_MOST = 20_000


@dataclass(slots=True)
class _Written:
    """A rule in one state: what stands before and after the values of its findings, and the whole by these values."""

    head: bytes
    tail: bytes
    names: tuple[str, ...]
    values: Callable[[Sequence[Any]], tuple[Any, ...]]
    whole: dict[tuple[Any, ...], bytes] = field(default_factory=dict[tuple[Any, ...], bytes])


class _Writer:
    """Writes the rules of answers, and keeps what it wrote."""

    def __init__(self) -> None:
        self._kept: dict[Explained, bytes | _Written] = {}
        self._count = 0

    def rules(self, answer: Answer) -> msgspec.Raw:
        """The list of rules as `Answer.to_dict` has it, encoded."""
        book, row, parts = answer.rulebook, answer.row, list[bytes]()
        if self._count > _MOST:
            self._kept, self._count = {}, 0
        for place, why in enumerate(explanations(book).of(row)):
            written = self._kept.get(why) or self._first(book, place, answer.values[place], why)
            if isinstance(written, bytes):
                parts.append(written)
            else:
                values = written.values(row)
                parts.append(written.whole.get(values) or self._anew(written, values))
        return msgspec.Raw(b"[" + b",".join(parts) + b"]")

    def _first(self, book: Rulebook, place: int, value: bool | None, why: Explained) -> bytes | _Written:
        entry = book.entries[place]
        said: dict[str, Any] = {
            "id": entry.id, "says": entry.says, "value": value, "findings": {}, "missing": why.missing, "sources": entry.sources
        }  # fmt: skip
        text = _encode(said)
        written: bytes | _Written = text
        if why.grounds:
            head, mark, tail = text.rpartition(_MARK)
            places = [list(book.findings).index(name) for name in why.grounds]
            # A single place is given twice: a tuple comes out in any case.
            getter = itemgetter(*(places if len(places) > 1 else places * 2))
            written = _Written(head + mark[:-2], tail, why.grounds, getter)
        self._kept[why] = written
        self._count += 1
        return written

    def _anew(self, written: _Written, values: tuple[Any, ...]) -> bytes:
        findings = _encode(dict(zip(written.names, values, strict=False)))
        text = written.head + findings + written.tail
        # Measured values hardly come back.
        if not any(isinstance(value, float) for value in values):
            written.whole[values] = text
            self._count += 1
        return text


_WRITER = _Writer()


def rules_json(answer: Answer) -> msgspec.Raw:
    """The list of rules as `Answer.to_dict` has it, encoded."""
    return _WRITER.rules(answer)
