"""How to film an event, what to try, the counter to tap along, and the questions of the sheet for the doctor."""

from __future__ import annotations

from typing import Any

from litestar import Request, Response, get, post

from neomag.knowledge.caregiver import load_caregiver
from neomag.web.page import language_of, page
from neomag.web.parents import cited_in, numbers
from neomag.web.sheet_form import MOST_LINE, MOST_WORDS, ROWS, Given, fields_of, read
from neomag.web.sheet_judged import Judged, judge, judging

EMPTY = read({})


@get("/parents/film", include_in_schema=False)
async def film(request: Request[Any, Any, Any]) -> Response[bytes]:
    """The page with an empty form."""
    return form_page(request, EMPTY, keep=True)


@post("/parents/film", status_code=200, include_in_schema=False)
async def change(request: Request[Any, Any, Any]) -> Response[bytes]:
    """The page with the answers of a sheet, to change them, or of the page in another language."""
    given = read(await fields_of(request))
    # Whoever only changes the language has not said that nothing is known of the baby.
    return form_page(request, EMPTY if "tongue" in given.fields and not given.answered else given)


def form_page(request: Request[Any, Any, Any], given: Given, *, keep: bool = False, status: int = 200) -> Response[bytes]:
    """The page with a form. What was marked as an emergency stands above everything, also when the form has a fault."""
    judged = judge(given) if given.fields else None
    return page(
        request, "parents/film.html", keep=keep, status=status, known=load_caregiver(), given=given, judged=judged, rows=ROWS,
        most_line=MOST_LINE, most_words=MOST_WORDS, cited=cited_in("film", "sheet"), empty=EMPTY, unjudged=Judged((), False),
        judging=judging(), numbers=numbers(load_caregiver(), language_of(request).code),
    )  # fmt: skip
