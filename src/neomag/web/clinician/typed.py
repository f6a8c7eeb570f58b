"""What people type into a field: numbers and spans of time, with the signs of their keyboard and language."""

from __future__ import annotations

import re
import unicodedata

from neomag import ages
from neomag.web.languages import Language

_NUMBER = re.compile(r"\d{1,12}(\.\d{1,12})?|\.\d{1,12}")
# 1.250 or 1,250: a thousand and more, or one and a quarter?
_TWO_WAYS = re.compile(r"[1-9]\d{0,2}[.,]\d{3}")
# One written with a point, alone or among other words.
_THOUSAND = re.compile(r"(?<![\d.,])[1-9]\d{0,2}\.\d{3}(?![\d.,])")
_AMONG_OTHERS = re.compile(rf"(?:^|[^\d.,]){_TWO_WAYS.pattern}(?:$|[^\d.,])")
LONGEST = 200


class TypedError(ValueError):
    """What was typed cannot be read; the text says, in the reader's language, what would be accepted."""


def plain(text: str) -> str:
    """The text without blanks around it, full-width digits and signs made plain."""
    return unicodedata.normalize("NFKC", text[:LONGEST]).strip()


def number(text: str, language: Language) -> str:
    """The number typed, written with a point. Raises TypedError.

    Where readers write a decimal comma as well as a point, either is read, and a number that could be a thousand is refused.
    """
    _ = language.gettext
    said = plain(text)
    if language.commas:
        _told_apart(said, language)
        said = said.replace(",", ".") if "." not in said else said
    if not _NUMBER.fullmatch(said):
        raise TypedError(_("Write a plain number, such as 0.45, without < or >."))
    return said


def shown(value: str, language: Language) -> str:
    """A number written with a point, or a text with such numbers, as `number` and `pointed` read it back in this language."""
    return _THOUSAND.sub(r"\g<0>0", value) if language.commas else value


def pointed(text: str, language: Language) -> str:
    """A text with numbers and words in it, each decimal comma a point. Raises TypedError for what could be a thousand."""
    said = plain(text)
    if not language.commas:
        return said
    _told_apart(said, language)
    return re.sub(r"(?<=\d),(?=\d)", ".", said)


def _told_apart(said: str, language: Language) -> None:
    if _AMONG_OTHERS.search(said):
        says = language.gettext("This can be read in two ways: write it without three digits after the sign.")
        raise TypedError(says)


def span(text: str, unit: str, language: Language) -> int:
    """A span of time in seconds: a number of `unit` (a key of ages.SECONDS), or written out. Raises TypedError."""
    _ = language.gettext
    said = plain(text)
    try:
        if re.fullmatch(r"[\d.,]+", said):
            return ages.seconds(f"{number(said, language)} {unit}")
        return ages.seconds(pointed(said, language))
    except TypedError:
        raise
    except ValueError:
        raise TypedError(_("Write a number, or a time such as 90 min, 36 h, 14 d, 8 wk or 5 mo.")) from None
