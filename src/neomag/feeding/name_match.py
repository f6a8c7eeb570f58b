"""How well the name of a food fits the words somebody looks for: every word must be there, and what was not asked for costs."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path

from neomag.knowledge.foods import MILKS
from neomag.knowledge.tables import feeding_file, read_toml

_WORD = re.compile(r"[a-z0-9]+")
_DATASET = {MILKS: 3.0, "site": 1.5, "sr-legacy": 0.6, "fndds": 0.5}
# What a match is worth, and what each word that was not asked for costs. Such a word before the first comma is often another
# thing: "Rice crackers" for rice.
_EXACT, _PREFIX, _HEAD = 10.0, 3.0, 6.0
_PLAIN_COST, _WORD_COST, _HEAD_COST, _OTHER_COST, _BRAND_COST = 0.3, 1.5, 3.0, 4.0, 5.0


@dataclass(frozen=True, slots=True)
class Matcher:
    """The words of search.toml that weigh the words of a name."""

    small: frozenset[str]
    plain: frozenset[str]
    other: frozenset[str]
    kinds: frozenset[str]
    last_categories: frozenset[str]

    def words(self, text: str) -> tuple[str, ...]:
        """The words of `text` that are looked for, each in the singular."""
        return tuple(map(stem, self._raw(text)))

    def score(self, words: tuple[str, ...], name: str, category: str, dataset: str) -> float | None:
        """How well a food fits `words`, more is better; None when one of them is not in its name."""
        raw = self._raw(name)
        names = [stem(x) for x in raw]
        total, used = 0.0, set[int]()
        first = 1 if raw[:1] and raw[0] in self.kinds else 0
        for word in words:
            exact = next((i for i, x in enumerate(names) if x == word), None)
            place = exact if exact is not None else next((i for i, x in enumerate(names) if x.startswith(word)), None)
            if place is None:
                return None
            used.add(place)
            total += (_EXACT if exact is not None else _PREFIX) + (_HEAD if place in (0, first) else 0.0)
        total /= len(words)
        head = len(_WORD.findall(name.lower().partition(",")[0].partition("(")[0]))
        total -= sum(self._cost(raw[i], names[i], i < head) for i in range(len(raw)) if i not in used)
        if category in self.last_categories:
            total -= _OTHER_COST
        if any(len(x) > 3 and x.isupper() for x in re.findall(r"[A-Za-z']+", name)):
            total -= _BRAND_COST
        return total + _DATASET.get(dataset, 0.0)

    def _raw(self, text: str) -> list[str]:
        return [x for x in _WORD.findall(text.lower().replace("'", "")) if x not in self.small]

    def _cost(self, word: str, singular: str, in_head: bool) -> float:
        if word in self.plain:
            return _PLAIN_COST
        if word in self.other or singular in self.other:
            return _OTHER_COST
        return _HEAD_COST if in_head else _WORD_COST


def matcher() -> Matcher:
    """The matcher of the knowledge in force."""
    return _matcher(feeding_file("search.toml"))


@cache
def _matcher(path: Path) -> Matcher:
    lists = read_toml(path)
    return Matcher(*(frozenset(lists[x]) for x in ("small", "plain", "other", "kinds", "last_categories")))


@lru_cache(maxsize=20_000)
def stem(word: str) -> str:
    """A word in the singular, nearly: `berries` as `berry`, `tomatoes` as `tomato`."""
    if len(word) > 4 and word.endswith("ies"):
        return f"{word[:-3]}y"
    if len(word) > 4 and word.endswith(("oes", "ches", "shes", "xes")):
        return word[:-2]
    return word[:-1] if len(word) > 3 and word.endswith("s") and not word.endswith("ss") else word
