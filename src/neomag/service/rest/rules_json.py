"""The rules of an answer as JSON, each written once for every state it can be in.

Nine tenths of an answer are its explained rules, and most of these are the same from infant to infant to the last letter.
Only those that a measured value decided have a gap, which is filled with the value.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any

import msgspec

from neomag.answer import Answer
from neomag.rules.explained import Explained, Together, explanations
from neomag.rules.rulebook import Rulebook

_encode = msgspec.json.Encoder().encode
_MARK = b'"findings":{}'
# Some ten megabytes; then all are written again.
_MOST = 20_000


@dataclass(frozen=True, slots=True)
class _Written:
    """A few rules as JSON, in which `%b` stands for the value of each quantity; and the places of these in the row of findings,
    rule by rule.
    """

    texts: tuple[bytes, ...]
    gaps: tuple[tuple[int, ...], ...]


class _Writer:
    """Writes the rules of answers, and keeps what it wrote."""

    def __init__(self) -> None:
        self._kept: dict[Together, _Written] = {}
        # A rule in one state is of many that are looked up together: its text is held once.
        self._texts: dict[Explained, tuple[bytes, tuple[int, ...]]] = {}

    def rules(self, answer: Answer) -> msgspec.Raw:
        """The list of rules as `Answer.to_dict` has it, encoded."""
        explains, row = explanations(answer.rulebook), answer.row
        if len(self._kept) > _MOST:
            # A new table and not an emptied one: another thread may be in the middle of it.
            self._kept, self._texts = {}, {}
        kept = self._kept
        texts, gaps = list[bytes](), list[tuple[int, ...]]()
        for together in explains.together(row):
            written = kept.get(together) or self._first(answer, together)
            texts += written.texts
            gaps += written.gaps
        values = {place: _encode(row[place]) for place in explains.quantities}
        # One format of all of it costs far less than one a rule.
        text = b",".join(explains.in_order(texts))
        filled = text % tuple([values[place] for place in chain.from_iterable(explains.in_order(gaps))])
        return msgspec.Raw(b"[%b]" % filled)

    def _first(self, answer: Answer, together: Together) -> _Written:
        texts, gaps = list[bytes](), list[tuple[int, ...]]()
        for place, why in zip(together.places, together.explained, strict=True):
            text, gap = self._texts.get(why) or self._text(answer, place, why)
            texts.append(text)
            gaps.append(gap)
        self._kept[together] = _Written(tuple(texts), tuple(gaps))
        return self._kept[together]

    def _text(self, answer: Answer, place: int, why: Explained) -> tuple[bytes, tuple[int, ...]]:
        entry = answer.rulebook.entries[place]
        said: dict[str, Any] = {
            "id": entry.id, "says": entry.says, "value": answer.values[place], "findings": {}, "missing": why.missing,
            "sources": entry.sources,
        }  # fmt: skip
        found = self._texts[why] = _with_findings(_encode(said), why.grounds, answer.rulebook, answer.row)
        return found


def _with_findings(text: bytes, names: Sequence[str], book: Rulebook, row: Sequence[Any]) -> tuple[bytes, tuple[int, ...]]:
    """A rule that was written without findings, with these, as a format; and the places of the quantities among them."""
    measured = explanations(book).quantities
    places = [list(book.findings).index(name) for name in names]
    head, _, tail = text.replace(b"%", b"%%").rpartition(_MARK)
    found = [
        _encode(name) + b":" + (b"%b" if place in measured else _encode(row[place]).replace(b"%", b"%%"))
        for name, place in zip(names, places, strict=True)
    ]
    return head + _MARK[:-1] + b",".join(found) + b"}" + tail, tuple(place for place in places if place in measured)


_WRITER = _Writer()


def rules_json(answer: Answer) -> msgspec.Raw:
    """The list of rules as `Answer.to_dict` has it, encoded."""
    return _WRITER.rules(answer)
