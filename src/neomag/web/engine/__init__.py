"""What the browser needs to assess a case by itself: the rules and tables as a module of JavaScript, the words as JSON.

Both are made of the knowledge in force when they are asked for, and name its digest: they cannot be those of another. The
engine that runs on them stands in `web/static/engine`.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import cache

from neomag.rules import rulebook
from neomag.web.engine.logic import logic
from neomag.web.engine.words import words
from neomag.web.languages import DEFAULT, LANGUAGES


def rules_module(*, findings: Sequence[str] | None = None) -> str:
    """The module `rules.js`: the rules as trees and all the tables that findings and answers need, without any wording.

    `findings` names those that are made of a case, which must hold all that rules read (default: just these).
    """
    book = rulebook()
    head = f"// The rules of neomag, knowledge {book.knowledge.version}. Made by neomag.web.engine; not for editing.\n"
    return f"{head}export const logic = {_text(logic(book, findings or tuple(book.findings)))};\n"


def knowledge_json(language: str = DEFAULT.code) -> str:
    """All that the engine says in a language, by key, as JSON. Raises KeyError for a language that there is not."""
    return _text(words(rulebook(), LANGUAGES[language]))


@cache
def generated() -> dict[str, bytes]:
    """The generated files of the pages by name: `engine/rules.js`, `engine/words-en.json` and its like in other languages."""
    found = {"engine/rules.js": rules_module()}
    found |= {f"engine/words-{code}.json": knowledge_json(code) for code in LANGUAGES}
    return {name: text.encode() for name, text in found.items()}


def _text(data: object) -> str:
    return json.dumps(data, ensure_ascii=False, separators=(",", ":"))
