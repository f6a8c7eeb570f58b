"""A form that was filled in one language, for the page of another: the numbers as that language writes them."""

from __future__ import annotations

import re

from neomag.web.clinician import typed
from neomag.web.clinician.fields import Fields
from neomag.web.languages import Language

# A name is no number, whatever stands in it.
_WORDS = "name"


def retold(fields: Fields, was: Language, language: Language) -> Fields:
    """The form that the page in `was` posted, as the page in `language` reads it: a number that was read there is the same
    here, and one that could be two numbers there stays refused."""
    if was.commas == language.commas:
        return fields
    return Fields((name, value if name == _WORDS else _again(value, was, language)) for name, value in fields.pairs())


def _again(text: str, was: Language, language: Language) -> str:
    try:
        return typed.shown(typed.number(text, was), language)
    except typed.TypedError:
        if not was.commas:
            return typed.shown(text, language)
    said = typed.plain(text)
    try:
        typed.pointed(text, was)
    except typed.TypedError:
        # What could be a thousand where it was typed: with a comma it stays refused where a point alone is a decimal sign.
        return said.replace(".", ",")
    return said.replace(".", ",") if re.fullmatch(r"[\d.,]+", said) else re.sub(r"(?<=\d),(?=\d)", ".", text)
