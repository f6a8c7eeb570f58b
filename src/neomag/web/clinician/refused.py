"""Why something is refused, in the language of the page.

Readers of cases, files, records and doses say it in English. A refusal is known by its text, whose words stand in the
catalogues; of one that is not known the page says that much, and holds the English ready.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from neomag.knowledge import Knowledge
from neomag.web.clinician.refusals import ALSO, DOSES, FILES, RECORDS
from neomag.web.clinician.words import ROUTE
from neomag.web.engine.messages import MESSAGES
from neomag.web.languages import Language

_HOLE = re.compile(r"\{(\w+)\}")
# Holes that hold a refusal or a part of one; lists; and routes.
_WITHIN = {"why", "form"}
_LISTS = {"accepted", "amounts", "flags", "kinds", "per", "units"}
_ROUTES = re.compile(r", | or |/")
# No reader says more in one refusal, nor refusals deeper within one another.
_LONGEST, _DEEPEST = 1_000, 4


@dataclass(frozen=True, slots=True)
class Told:
    """What is said of a refusal; `english` holds the reader's own words where the language has not all of them."""

    says: str
    english: str = ""


def told(reason: str, language: Language, knowledge: Knowledge) -> Told:
    """A reader's refusal in the language of the page."""
    if language.code == "en":
        return Told(reason)
    unknown = language.gettext("This cannot be used as it stands: correct it, or leave it out.")
    says, whole = _told(reason, language, knowledge) or (unknown, False)
    return Told(says, "" if whole else reason)


def _told(reason: str, language: Language, knowledge: Knowledge, depth: int = 0) -> tuple[str, bool] | None:
    """What is said of a refusal and whether that is all of it; None where its words are not known."""
    for pattern, template in _known() if len(reason) <= _LONGEST and depth <= _DEEPEST else ():
        found = pattern.fullmatch(reason)
        if found and (said := _said(template, found.groupdict(), language, knowledge, depth)):
            return said
    return None


def _said(
    template: str, holes: dict[str, str], language: Language, knowledge: Knowledge, depth: int
) -> tuple[str, bool] | None:
    said: dict[str, str] = {}
    whole = "english" not in holes
    for name, value in holes.items():
        if name in _WITHIN:
            within = _told(value, language, knowledge, depth + 1)
            if within is None:
                return None
            said[name], whole = within[0], whole and within[1]
        else:
            said[name] = _filled(name, value, language, knowledge)
    return _HOLE.sub(lambda hole: said.get(hole[1], hole[0]), language.gettext(template)), whole


def _filled(name: str, value: str, language: Language, knowledge: Knowledge) -> str:
    if name == "reason":
        return language.say(value)
    if name in _LISTS:
        return language.listed(value.split(", "))
    if name in ("route", "routes"):
        routes = (ROUTE.get(route) for route in _ROUTES.split(value))
        return language.listed(language.gettext(route) for route in routes if route) or value
    if name == "product" and value in knowledge.dosing.products:
        return language.say(knowledge.dosing.products[value].says)
    if name == "regimen" and value in knowledge.dosing.regimens:
        return language.say(knowledge.dosing.regimens[value].says)
    return value


@cache
def _known() -> tuple[tuple[re.Pattern[str], str], ...]:
    """What refusals look like, those of most words first, and the text by which each stands in the catalogues."""
    found = sorted(dict(_worded()).items(), key=lambda one: len(_HOLE.sub("", one[0])), reverse=True)
    return tuple((_pattern(text), template) for text, template in found)


def _worded() -> Iterator[tuple[str, str]]:
    yield from ((text, text) for text in (*MESSAGES.values(), *FILES, *RECORDS, *DOSES))
    yield from ALSO.items()


def _pattern(text: str) -> re.Pattern[str]:
    parts: list[str] = []
    seen: set[str] = set()
    end = 0
    for hole in _HOLE.finditer(text):
        name = hole[1]
        # What was refused stands between backquotes, so that no word of it is taken for one of the sentence.
        what = f"(?P={name})" if name in seen else f"(?P<{name}>{'`.*`' if name == 'shown' else '.+?'})"
        seen.add(name)
        parts += [re.escape(text[end : hole.start()]), what]
        end = hole.end()
    return re.compile("".join(parts) + re.escape(text[end:]), re.DOTALL)
