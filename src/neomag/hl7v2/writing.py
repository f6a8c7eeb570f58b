"""Writes segments of HL7 v2.5.1 in the standard delimiters."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from neomag.hl7v2.escapes import STANDARD, escape
from neomag.hl7v2.message import Segment

# The coding system of neomag's own codes; HL7 table 0396 leaves 99zzz to whoever defines one.
OWN = "99NEO"


def segment(name: str, fields: Mapping[int, str]) -> str:
    """A segment of fields that are written already, by their numbers."""
    last = max((number for number, field in fields.items() if field), default=0)
    return "|".join([name, *(fields.get(number, "") for number in range(1, last + 1))])


def coded(code: str, says: str) -> str:
    """One of neomag's own codes with what it says."""
    return "^".join([escape(code), escape(says), OWN])


def carried(source: Segment, field: int) -> str:
    """A field of another message as it is written in this one: its own delimiters and escapes carried out."""
    marks = source.marks

    def parts(text: str, mark: str, sign: str, inner: Sequence[tuple[str, str]]) -> str:
        pieces = text.split(mark) if mark else [text]
        if not inner:
            return sign.join(escape(source.unescaped(piece)) for piece in pieces)
        return sign.join(parts(piece, *inner[0], inner[1:]) for piece in pieces)

    return parts(
        source.raw(field),
        marks.repetition,
        STANDARD.repetition,
        [(marks.component, STANDARD.component), (marks.subcomponent, STANDARD.subcomponent)],
    )
