"""An HL7 v2 message: its segments, and what stands in their fields.

A segment is split only where it is read, and no further than fields that the standard has, so that ten megabytes of
delimiters cost no more than ten megabytes of text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from neomag.hl7v2 import faults
from neomag.hl7v2.charsets import UTF_8, decoded
from neomag.hl7v2.escapes import Delimiters, delimiters, unescape

# Fewer than the events a case may have.
MOST_SEGMENTS = 9_000
_MOST_FIELDS = 80
_MOST_PARTS = 40
_NAME = re.compile(r"[A-Z][A-Z0-9]{2}")
# Two quotation marks: the field is to be emptied. Nothing is known, as when it is empty.
_NULL = '""'


@dataclass(frozen=True)
class Segment:
    """One segment. `sequence` counts those of its name from 1; fields, components and repetitions count from 1 as in HL7."""

    text: str
    sequence: int
    marks: Delimiters
    codec: str

    @property
    def name(self) -> str:
        """Its three letters."""
        return self.text[:3]

    @cached_property
    def _fields(self) -> list[str]:
        fields = self.text.split(self.marks.field, _MOST_FIELDS)
        # MSH-1 is the delimiter itself.
        return [fields[0], self.marks.field, *fields[1:]] if self.name == "MSH" else fields

    def raw(self, field: int) -> str:
        """A whole field as it is written, '' when it is not there."""
        return self._fields[field] if field < len(self._fields) else ""

    def repetitions(self, field: int) -> list[str]:
        """The repetitions of a field as they are written; none when it is empty."""
        raw = self.raw(field)
        return [part for part in _split(raw, self.marks.repetition) if part and part != _NULL]

    def parts(self, repetition: str) -> list[str]:
        """The components of a repetition, each by its first subcomponent, unescaped."""
        return [
            "" if part == _NULL else self.unescaped(_split(part, self.marks.subcomponent)[0])
            for part in _split(repetition, self.marks.component)
        ]

    def value(self, field: int, component: int = 1) -> str:
        """A component of the first repetition of a field, unescaped and trimmed; '' when it is not there."""
        for repetition in self.repetitions(field)[:1]:
            parts = self.parts(repetition)
            return parts[component - 1].strip() if component <= len(parts) else ""
        return ""

    def written(self, field: int) -> str:
        """The text of a field that has no components (ST, TX, FT): its repetitions, each a line, unescaped."""
        return "\n".join(self.unescaped(part) for part in self.repetitions(field))

    def unescaped(self, text: str) -> str:
        """`text` with its escape sequences carried out."""
        return unescape(text, self.marks, self.codec)

    def where(self, field: int | None = None) -> str:
        """The place of a field, such as `OBX[2]-6`."""
        return faults.place(self.name, self.sequence, field)


def _split(text: str, mark: str) -> list[str]:
    return text.split(mark, _MOST_PARTS) if mark else [text]


@dataclass(frozen=True, slots=True)
class Message:
    """A message: its header, and the segments after it in their order."""

    head: Segment
    segments: tuple[Segment, ...]


def head_of(raw: bytes) -> Segment | None:
    """The header of a message, whatever its character set; None when there is none.

    Its text holds each byte as one character (Latin-1), so that what is echoed is echoed to the byte.
    """
    start = raw.removeprefix(b"\xef\xbb\xbf").lstrip()[:10_000]
    line = re.split(rb"[\r\n]", start, maxsplit=1)[0].decode("latin-1")
    if line[:3] != "MSH":
        return None
    try:
        return Segment(line, 1, delimiters(line), "latin-1")
    except faults.MessageError:
        return None


def parse(raw: bytes, *, undeclared: str = UTF_8) -> Message:
    """The segments of a message. Raises MessageError for what is no message, or in no character set that can be read."""
    content = raw.removeprefix(b"\xef\xbb\xbf").lstrip()
    if content[:3] != b"MSH":
        raise faults.rejected(faults.SEQUENCE, "a message begins with the segment MSH", "MSH")
    head = head_of(raw)
    if head is None:
        raise faults.rejected(faults.DATA_TYPE, "no five different delimiters, such as |^~\\&", "MSH", 2)
    text, codec = decoded(content, head.value(18), undeclared)
    counts: dict[str, int] = {}
    found: list[Segment] = []
    for line in _lines(text, head.marks.field):
        if not (segment := line.strip()):
            continue
        name = segment[:3]
        if not _NAME.fullmatch(name) or segment[3:4] not in {"", head.marks.field}:
            raise faults.rejected(faults.SEQUENCE, f"line {len(found) + 1} is no segment")
        counts[name] = counts.get(name, 0) + 1
        if len(found) >= MOST_SEGMENTS:
            raise faults.rejected(faults.SEQUENCE, f"more than {MOST_SEGMENTS} segments")
        found.append(Segment(segment, counts[name], head.marks, codec))
    if counts["MSH"] > 1:
        raise faults.rejected(faults.SEQUENCE, "more than one message in a block; send each in a block of its own", "MSH")
    return Message(found[0], tuple(found[1:]))


def _lines(text: str, field: str) -> Iterator[str]:
    """The segments of a text. They end with a carriage return; a line feed ends one where another begins after it, and is
    else part of a note that was typed in lines.
    """
    start = 0
    for end in re.finditer(rf"\r|\n(?=[A-Z][A-Z0-9]{{2}}{re.escape(field)})", text):
        yield text[start : end.start()]
        start = end.end()
    yield text[start:]


def split(data: bytes) -> list[bytes]:
    """The messages of a file: one after the other, with or without MLLP's block characters or a batch's headers."""
    blocks = re.split(rb"(?:^|(?<=[\r\n\x0b\x1c]))(?=MSH[^A-Za-z0-9\s])", data.replace(b"\x1c", b"").replace(b"\x0b", b""))
    trailers = re.compile(rb"[\r\n]+(?:BTS|FTS|BHS|FHS)[^\r\n]*")
    return [trailers.sub(b"", block).strip() for block in blocks if block.lstrip().startswith(b"MSH")]
