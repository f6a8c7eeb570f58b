"""The food that an everyday name is taken for in a diary: `egg` is a boiled one. What was taken is said."""

from __future__ import annotations

from collections.abc import Mapping

from neomag.feeding.article_foods import article_foods
from neomag.feeding.errors import FeedingInputError
from neomag.feeding.search import everyday_names, named
from neomag.feeding.words import stems
from neomag.knowledge.feeding import load_feeding
from neomag.knowledge.foods import Food

_NEAR = 4


def everyday_food(text: str, foods: Mapping[str, Food]) -> tuple[Food, str]:
    """The food of a name, and what the name was taken for (empty: it is the food's own).

    After the names of foods come everyday names, a food of plans that alone is called so, and the foods of the article.
    Raises FeedingInputError with the plain foods that have the words, or the nearest.
    """
    try:
        return named(text, foods), ""
    except FeedingInputError as error:
        for name in _taken_for(text):
            try:
                food = named(name, foods)
            except FeedingInputError:
                continue  # a table of its own need not have it
            return food, name
        refused = error
    near = _with_words(text)
    if not near:
        raise refused
    listed = ", ".join(f"`{short}`" for short in near[:_NEAR])
    raise FeedingInputError(f"no food `{text[:60]}`; write one of {listed}, or a name of `neomag food search`") from None


def _taken_for(text: str) -> list[str]:
    """The names of foods that a text may be taken for, the surest first."""
    wanted = stems(text)
    if not wanted:
        return []
    found = [name for said, name in everyday_names().items() if stems(said) == wanted]
    near = _with_words(text)
    found += [short for short in near if sorted(stems(short)) == sorted(wanted)]
    plain = [short for short in near if _head(short, set(wanted))]
    found += plain if len(near) == 1 else []
    return [*found, *(of.food_id for of in article_foods() if stems(of.food) == wanted)]


def _with_words(text: str) -> list[str]:
    """The short names of the foods of plans that have every word, those that begin with one of them first."""
    wanted = set(stems(text))
    near = [c.short for c in load_feeding().candidates.values() if wanted <= set(stems(c.short))] if wanted else []
    return sorted(near, key=lambda short: (stems(short)[0] not in wanted, len(short)))


def _head(short: str, wanted: set[str]) -> bool:
    """Whether the words asked for are the food itself: its first word, or its name in brackets. Juice is no orange juice."""
    _, _, other = short.partition("(")
    return stems(short)[0] in wanted or wanted <= set(stems(other))
