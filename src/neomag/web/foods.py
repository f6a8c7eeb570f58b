"""Foods by their magnesium for parents: those a plan may choose, in three ways to see it, beside what the article says."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from litestar import Request, Response, get

from neomag.feeding.article_foods import article_foods
from neomag.feeding.lenses import BY_PORTION, lenses
from neomag.feeding.rank import Ranked, rank, to_rank
from neomag.feeding.search import find
from neomag.knowledge.caregiver import load_caregiver
from neomag.knowledge.feeding import load_feeding
from neomag.knowledge.foods import load_foods
from neomag.service.limits import Workers
from neomag.web.languages import Language
from neomag.web.page import language_of, page

MOST_WORDS = 80


@get("/parents/foods", include_in_schema=False)
async def foods(request: Request[Any, Any, Any]) -> Response[bytes]:
    """The foods, ranked or found by a word; `by` is the way to see it, with `rare` also foods that few shops have."""
    query = request.query_params
    by = query.get("by", "")
    lens = by if by in lenses() else BY_PORTION
    words = " ".join(query.get("q", "").split())[:MOST_WORDS]
    workers: Workers = request.app.state.workers
    ranked = await workers.run(_ranked, lens, words, language_of(request))
    usual = load_feeding().plan["usual"]["everywhere"]
    found = ranked if words or "rare" in query else [food for food in ranked if food["name"] in usual]
    return page(
        request, "parents/foods.html", known=load_caregiver(), lens=lens, words=words, foods=found, of=len(found),
        rare="rare" in query, article=_article(), most_words=MOST_WORDS,
    )  # fmt: skip


def _ranked(lens: str, words: str, language: Language) -> list[dict[str, Any]]:
    """The foods of plans from the richest down, with their places; of them those that the words may mean."""
    candidates, _ = to_rank(load_foods(), chosen=True)
    ranked = [_shown(place, food, lens) for place, food in enumerate(rank(candidates, lens).foods, start=1)]
    if not words:
        return ranked
    meant = {food.id for food in find(words, {food.id: food for food in candidates}, len(candidates))}
    wanted = words.casefold().split()
    return [food for food in ranked if food["id"] in meant or _named(wanted, (food["name"], language.say(food["name"])))]


def _named(wanted: Iterable[str], names: Iterable[str]) -> bool:
    return any(all(word in name.casefold() for word in wanted) for name in names)


def _shown(place: int, found: Ranked, lens: str) -> dict[str, Any]:
    candidate = load_feeding().candidates[found.label]
    return {
        "id": found.food.id, "place": place, "name": found.label, "mg": found.seen.amounts[lens],
        "tier": found.seen.tiers[lens], "grams": found.portion.grams if found.portion else None,
        "note": load_caregiver().foods["note"].get(candidate.note, ""), "from_months": candidate.from_months,
    }  # fmt: skip


def _article() -> list[dict[str, Any]]:
    """The article's foods with the tier that it gives, and the tier of what a baby eats at a time."""
    plain = load_caregiver().foods
    return [
        {
            "name": plain["article"][food.food], "says": food.tier, "is": food.seen.tiers[BY_PORTION],
            "mg": food.seen.amounts[BY_PORTION], "per_100g": food.magnesium,
            "caution": plain["article_caution"].get(food.caution, ""),
        }
        for food in article_foods()
    ]  # fmt: skip
