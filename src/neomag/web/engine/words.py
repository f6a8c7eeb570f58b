"""All that the engine in the browser says in one language, by key. In English it is what `neomag` says on a computer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from neomag.intervals import DEFAULT
from neomag.knowledge import Entry, Term
from neomag.rules import Rulebook
from neomag.web.engine.messages import MESSAGES
from neomag.web.languages import Language


def words(book: Rulebook, language: Language) -> dict[str, Any]:
    """The words of `language` that go with the rules of `book`."""
    known, say = book.knowledge, language.say
    # Why a unit is refused is asked for by analyte and unit.
    refused = {f"{a.code} {unit}": say(reason) for a in known.analytes.values() for unit, reason in a.refused.items()}
    return {
        "language": language.code,
        "digest": known.digest,
        "list_mark": language.list_mark,
        "rules": {entry.id: say(entry.says) for entry in book.entries},
        **{name: _entries(entries, language) for name, entries in known.lists().items()},
        "problems": {code: say(entry.says) for code, entry in known.problems.items()},
        "contradictions": {name: say(pair["says"]) for name, pair in known.tables.get("contradictions", {}).items()},
        "populations": {i.id: say(i.population) for i in known.intervals if i.authority == DEFAULT},
        "terms": {
            kind: {code: _term(term, language) for code, term in terms.items()} for kind, terms in known.vocabulary.items()
        },
        "messages": {code: language.gettext(text) for code, text in MESSAGES.items()} | refused,
    }


def _entries(entries: Mapping[str, Entry], language: Language) -> dict[str, dict[str, str]]:
    return {
        code: {"says": language.say(entry.says)} | ({} if entry.test is None else {"test": language.say(entry.test)})
        for code, entry in entries.items()
    }


def _term(term: Term, language: Language) -> list[str]:
    """What a code means, then what people call it."""
    return [language.say(term.meaning), *term.also_said]
