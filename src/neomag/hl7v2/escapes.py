"""The delimiters of a message, and the escape sequences that stand for them, for line breaks and for bytes."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from neomag.hl7v2 import faults

_BREAKS = re.compile(r"\.(br|sp|ce|in|ti|sk|fi|nf)([+-]?\d*)")
# Formatting commands: those that begin a line, and those that only move on it.
_FORMATS = {"br": "\n", "sp": "\n", "ce": "\n", "in": " ", "ti": " ", "sk": " ", "fi": "", "nf": ""}


@dataclass(frozen=True, slots=True)
class Delimiters:
    """What divides fields, components, repetitions and subcomponents, and what begins and ends an escape; '' where none."""

    field: str = "|"
    component: str = "^"
    repetition: str = "~"
    escape: str = "\\"
    subcomponent: str = "&"

    @property
    def encoding(self) -> str:
        """MSH-2."""
        return self.component + self.repetition + self.escape + self.subcomponent


STANDARD = Delimiters()


def delimiters(msh: str) -> Delimiters:
    """The delimiters that a header segment declares. Raises MessageError when they are none."""
    field = msh[3:4]
    encoding = msh[4:].split(field, 1)[0] if field else ""
    given = field + encoding
    sound = all("!" <= sign <= "~" and not sign.isalnum() for sign in given)
    # The fifth of MSH-2 is the truncation sign of 2.7.
    if not sound or not 1 <= len(encoding) <= 5 or len(set(given)) < len(given):
        raise faults.rejected(faults.DATA_TYPE, "no five different delimiters, such as |^~\\&", "MSH", 2)
    return Delimiters(*given[:5], *("",) * (5 - len(given)))


def unescape(text: str, marks: Delimiters, codec: str) -> str:
    """`text` with its escape sequences carried out; one that is not known, or cannot be, stays as it is written.

    Formatting counts (`.sp999999999`) are one line break: what a message asks for never grows it.
    """
    if not marks.escape or marks.escape not in text:
        return text
    sign = re.escape(marks.escape)
    plain = {"F": marks.field, "S": marks.component, "R": marks.repetition, "E": marks.escape, "T": marks.subcomponent}

    def one(match: re.Match[str]) -> str:
        inner = match[1]
        if inner in plain:
            return plain[inner]
        if inner in {"H", "N"}:  # highlighting begins and ends
            return ""
        if breaks := _BREAKS.fullmatch(inner):
            return _FORMATS[breaks[1]]
        if inner[:1] == "X":
            try:
                return bytes.fromhex(inner[1:]).decode(codec)
            except ValueError:
                return match[0]
        return match[0]

    return re.sub(f"{sign}([^{sign}]*){sign}", one, text)


def escape(text: str, marks: Delimiters = STANDARD) -> str:
    """`text` as a field may hold it: delimiters and line breaks as escape sequences, other control characters dropped."""
    return text.replace("\r\n", "\n").replace("\r", "\n").translate(_signs(marks))


@lru_cache(maxsize=64)  # a sender may declare any delimiters
def _signs(marks: Delimiters) -> dict[int, str]:
    signs = {chr(code): "" for code in (*range(0x20), *range(0x7F, 0xA0))}
    names = {
        "\n": ".br", marks.field: "F", marks.component: "S", marks.repetition: "R", marks.subcomponent: "T", marks.escape: "E",
    }  # fmt: skip
    signs |= {sign: f"{marks.escape}{name}{marks.escape}" if marks.escape else "" for sign, name in names.items() if sign}
    return str.maketrans(signs)
