"""Finding a food by what people call it.

`find` gives the likely foods, best first: those that have every word, plain forms before dishes, short names before long ones.
`named` gives the one food that a text names outright, and otherwise says which are near.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from neomag.feeding.errors import FeedingInputError
from neomag.feeding.name_match import matcher
from neomag.knowledge.foods import Food
from neomag.knowledge.tables import feeding_file, read_csv, read_toml

_SYNONYM_COST, _SHORT_COST = 1.0, 2.0
_NEAR = 3


def find(text: str, foods: Mapping[str, Food], limit: int = 10) -> tuple[Food, ...]:
    """The foods that `text` may mean, best first, at most `limit`; empty when no name has its words."""
    scores: dict[str, float] = {}
    for cost, words in _asked(text):
        for food, score in (*_scored(words, foods.values()), *_by_short_name(words, foods)):
            scores[food.id] = max(scores.get(food.id, -1e9), score - cost)
    best = sorted(scores, key=lambda x: (-scores[x], len(foods[x].name), x))
    return tuple(foods[x] for x in best[:limit])


def named(text: str, foods: Mapping[str, Food]) -> Food:
    """The food whose id, whole name or short name `text` is. Raises FeedingInputError with the nearest names."""
    wanted = " ".join(text.split())
    folded = wanted.casefold()
    said = _search()["names"].get(folded, folded)
    for name in (wanted, said):
        if name in foods:
            return foods[name]
    short = short_names().get(folded)
    for food in foods.values():
        if food.name.casefold() == folded or (food.name, food.dataset) == short:
            return food
    raise FeedingInputError(f"no food `{wanted[:60]}`; {nearest_foods(wanted, foods)}")


def everyday_names() -> Mapping[str, str]:
    """What an everyday name is taken for in a diary: a short name of plans, or the id of a food."""
    return _search().get("everyday", {})


def short_names() -> Mapping[str, tuple[str, str]]:
    """Name and dataset of each candidate food by its short name, case folded; empty where there are no candidates."""
    return {short.casefold(): food for food, short in _short_names(feeding_file("candidates.csv")).items()}


def short_name(food: Food) -> str | None:
    """The short name of a candidate food; None for another."""
    return _short_names(feeding_file("candidates.csv")).get((food.name, food.dataset))


@cache
def _short_names(path: Path) -> Mapping[tuple[str, str], str]:
    return {(row["name"], row["dataset"]): row["short"] for row in read_csv(path) if row.get("short")}


def nearest_foods(text: str, foods: Mapping[str, Food]) -> str:
    """What is near `text`, as the end of a message."""
    near: Sequence[Food] = find(text, foods, _NEAR)
    if not near:
        from difflib import get_close_matches  # only a mistake needs it

        match, heads = matcher(), dict[str, Food]()
        for food in sorted(foods.values(), key=lambda x: len(x.name)):
            for word in match.words(food.name):
                heads.setdefault(word, food)
        words = get_close_matches(text.lower()[:60], list(heads), 1, cutoff=0.6)
        near = find(words[0], foods, _NEAR) if words else []
    if not near:
        return "try fewer or other words with `neomag food search`"
    return "the nearest are " + ", ".join(f"`{x.id}` ({x.name})" for x in near)


def _asked(text: str) -> list[tuple[float, tuple[str, ...]]]:
    """The words asked for, then those of each synonym with what it costs."""
    folded = " ".join(text.lower().split())
    match = matcher()
    asked = [(0.0, match.words(folded))]
    for said, others in _search()["synonyms"].items():
        also = rf"\b{re.escape(said)}(?:s|es)?\b"
        if said in folded and re.search(also, folded):
            asked += [(_SYNONYM_COST, match.words(re.sub(also, other, folded))) for other in others]
    return [(cost, words) for cost, words in asked if words]


def _search() -> Mapping[str, Any]:
    return read_toml(feeding_file("search.toml"))


def _scored(words: tuple[str, ...], foods: Iterable[Food]) -> Iterator[tuple[Food, float]]:
    match = matcher()
    for food in foods:
        if _may_have(words, food.name):
            score = match.score(words, food.name, food.category, food.dataset)
            if score is not None:
                yield food, score


def _by_short_name(words: tuple[str, ...], foods: Mapping[str, Food]) -> Iterator[tuple[Food, float]]:
    match, found = matcher(), dict[tuple[str, str], float]()
    for short, food in short_names().items():
        if _may_have(words, short):
            score = match.score(words, short, "", food[1])
            if score is not None:
                found[food] = score - _SHORT_COST
    if found:
        for food in foods.values():
            if (food.name, food.dataset) in found:
                yield food, found[food.name, food.dataset]


def _may_have(words: tuple[str, ...], name: str) -> bool:
    """Whether a name may have all words: a look at the text, which is fast, before the name is taken apart."""
    lower = name.lower()
    return all(x.removesuffix("y") in lower for x in words)
