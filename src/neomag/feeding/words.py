"""Words and phrases in names, as whole words: case and punctuation are ignored."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache

from neomag.knowledge.feeding import SafetyRule

_TOKEN = re.compile(r"[^\W_]+(?:%)?", re.UNICODE)


@lru_cache(maxsize=20_000)
def tokens(text: str) -> tuple[str, ...]:
    """The words of a text, in lower case, apostrophes dropped."""
    return tuple(_TOKEN.findall(text.casefold().replace("'", "").replace("’", "")))


def found(phrases: Iterable[str], text: str) -> str | None:
    """The longest of `phrases` that stands in `text` word for word; None when none does."""
    have = tokens(text)
    hits = [phrase for phrase in phrases if _inside(tokens(phrase), have)]
    return max(hits, key=len, default=None)


def meant(words: Iterable[str], but: Iterable[str], *texts: str) -> str | None:
    """The word of `words` found in one of `texts`, unless one of `but` is in any of them."""
    if any(found(but, text) for text in texts):
        return None
    return next((hit for text in texts if (hit := found(words, text))), None)


def touches(rule: SafetyRule, tags: frozenset[str], *names: str) -> bool:
    """Whether a rule of safety is about a food: by its tags where it has any, else by the words of its names."""
    if tags:
        return not tags.isdisjoint(rule.tags)
    return meant(rule.words, rule.but, *names) is not None


def _inside(phrase: tuple[str, ...], have: tuple[str, ...]) -> bool:
    return bool(phrase) and any(have[i : i + len(phrase)] == phrase for i in range(len(have) - len(phrase) + 1))
