"""The article that neomag began with, for parents: each claim, whether it is so, and why in a sentence."""

from __future__ import annotations

from typing import Any

from litestar import Request, Response, get

from neomag.knowledge.caregiver import load_caregiver
from neomag.rules import rulebook
from neomag.web.page import page

# The order in which verdicts are counted above the list: what harms first.
_ORDER = ("dangerous", "wrong", "corrupted", "outdated", "omission", "partly", "agrees")


@get("/parents/article", include_in_schema=False)
async def article(request: Request[Any, Any, Any]) -> Response[bytes]:
    """Every claim with its verdict."""
    knowledge, plain = rulebook().knowledge, load_caregiver().article
    claims = [
        {
            "id": claim.id, "verdict": claim.verdict, "says": plain[claim.id]["says"], "plain": plain[claim.id]["plain"],
            "sources": [knowledge.sources[key] for key in claim.sources],
        }
        for claim in knowledge.claims.values()
    ]  # fmt: skip
    counts = {verdict: sum(claim["verdict"] == verdict for claim in claims) for verdict in _ORDER}
    return page(request, "parents/article.html", keep=True, claims=claims, counts=counts, verdicts=plain["verdict"])
