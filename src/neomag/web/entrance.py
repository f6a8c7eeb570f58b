"""The entrance, with its two doors, and the page that says what neomag is and is not."""

from __future__ import annotations

from typing import Any

from litestar import Request, Response, get

from neomag.rules import rulebook
from neomag.web.page import page


@get("/", include_in_schema=False)
async def entrance(request: Request[Any, Any, Any]) -> Response[bytes]:
    """Two doors: for clinicians, for parents. What cannot wait stands above both."""
    return page(request, "entrance.html", keep=True)


@get("/about", include_in_schema=False)
async def about(request: Request[Any, Any, Any]) -> Response[bytes]:
    """What neomag is for, what it is not for, and what it stands on."""
    knowledge = rulebook().knowledge
    return page(request, "about.html", keep=True, knowledge=knowledge)
