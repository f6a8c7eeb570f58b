"""Words and phrases in names, as whole words: case and punctuation are ignored."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache

from neomag.feeding.name_match import stem
from neomag.knowledge.feeding import SafetyRule

_TOKEN = re.compile(r"[^\W_]+(?:%)?", re.UNICODE)


@lru_cache(maxsize=20_000)
def tokens(text: str) -> tuple[str, ...]:
    """The words of a text, in lower case, apostrophes dropped."""
    return tuple(_TOKEN.findall(text.casefold().replace("'", "").replace("’", "")))


def found(phrases: Iterable[str], text: str) -> str | None:
    """The longest of `phrases` that stands in `text` word for word; None when none does."""
    return _longest(_by_first(_kept(phrases)), tokens(text))


def meant(words: Iterable[str], but: Iterable[str], *texts: str) -> str | None:
    """The word of `words` found in one of `texts`, unless one of `but` is in any of them."""
    if any(found(but, text) for text in texts):
        return None
    return next((hit for text in texts if (hit := found(words, text))), None)


def outside(words: Iterable[str], but: Iterable[str], text: str) -> str | None:
    """The word of `words` found in `text` outside every phrase of `but`: in `peanut butter, milk` that is not `butter`."""
    have = tokens(text)
    for at, phrase, _ in list(_hits(_by_first(_kept(but)), have)):
        # Blanked and not cut out, so that what stood beside it does not come to stand together.
        have = (*have[:at], *("",) * len(phrase), *have[at + len(phrase) :])
    return _longest(_by_first(_kept(words)), have)


@lru_cache(maxsize=20_000)
def stems(text: str) -> tuple[str, ...]:
    """The words of a text in the singular, nearly."""
    return tuple(stem(word) for word in tokens(text))


def scattered(phrases: Iterable[str], but: Iterable[str], *texts: str) -> str | None:
    """The first of `phrases` all of whose words stand in one of `texts`, in any order; None when one of `but` is in any."""
    every = [frozenset(stems(text)) for text in texts]
    hit = next((phrase for phrase, words in _sets(_kept(phrases)) if any(words <= have for have in every)), None)
    if hit is None or any(_inside(stems(phrase), stems(text)) for phrase in but for text in texts):
        return None
    return hit


def touches(rule: SafetyRule, tags: frozenset[str], *names: str, own: bool = False) -> bool:
    """Whether a rule of safety is about a food: by its tags where it has any, else by the words of its names.

    Tags of a food that is the site's `own` were told by its name, and say only what was found there: its words count too.
    """
    if not tags.isdisjoint(rule.tags):
        return True
    return (own or not tags) and named_by(rule, *names) is not None


def named_by(rule: SafetyRule, *names: str) -> str | None:
    """The words by which one of `names` is what a rule of safety is about; None when it is not."""
    return (
        meant(rule.words, rule.but, *names) or meant(rule.always, (), *names) or scattered(rule.apart, rule.apart_but, *names)
    )


def _kept(phrases: Iterable[str]) -> tuple[str, ...] | frozenset[str]:
    """Phrases as something that an index can be kept of."""
    return phrases if isinstance(phrases, tuple | frozenset) else frozenset(phrases)


@lru_cache(maxsize=2_000)
def _by_first(phrases: tuple[str, ...] | frozenset[str]) -> Mapping[str, list[tuple[tuple[str, ...], str]]]:
    """Phrases by their first word: a table of thousands of names is held against all of them."""
    index: dict[str, list[tuple[tuple[str, ...], str]]] = {}
    for phrase in phrases:
        if words := tokens(phrase):
            index.setdefault(words[0], []).append((words, phrase))
    return index


@lru_cache(maxsize=2_000)
def _sets(phrases: tuple[str, ...] | frozenset[str]) -> tuple[tuple[str, frozenset[str]], ...]:
    return tuple((phrase, frozenset(stems(phrase))) for phrase in phrases)


def _hits(
    index: Mapping[str, list[tuple[tuple[str, ...], str]]], have: tuple[str, ...]
) -> Iterator[tuple[int, tuple[str, ...], str]]:
    """Every phrase that stands in `have`: its place, its words, and the phrase as written."""
    for at, word in enumerate(have):
        for words, phrase in index.get(word, ()):
            if have[at : at + len(words)] == words:
                yield at, words, phrase


def _longest(index: Mapping[str, list[tuple[tuple[str, ...], str]]], have: tuple[str, ...]) -> str | None:
    return max((phrase for _, _, phrase in _hits(index, have)), key=lambda phrase: (len(phrase), phrase), default=None)


def _inside(phrase: tuple[str, ...], have: tuple[str, ...]) -> bool:
    return bool(phrase) and any(have[i : i + len(phrase)] == phrase for i in range(len(have) - len(phrase) + 1))
