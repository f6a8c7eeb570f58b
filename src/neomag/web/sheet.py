"""The sheet for the doctor: one page of what a parent saw, tried and counted. It names no disease and calms nobody."""

from __future__ import annotations

from typing import Any

from litestar import Request, Response, get, post

from neomag.knowledge.caregiver import load_caregiver
from neomag.web.film import form_page
from neomag.web.page import language_of, page
from neomag.web.parents import numbers
from neomag.web.sheet_form import fields_of, own_fields, read
from neomag.web.sheet_judged import judge


@get("/parents/sheet", include_in_schema=False)
async def blank(request: Request[Any, Any, Any]) -> Response[bytes]:
    """The sheet without answers, to print and fill in by hand."""
    return page(request, "parents/blank.html", keep=True, known=load_caregiver())


@post("/parents/sheet", status_code=200, include_in_schema=False)
async def sheet(request: Request[Any, Any, Any]) -> Response[bytes]:
    """The sheet of a form; the form again where something in it cannot be read. Nothing is kept."""
    given = read(await fields_of(request))
    if given.faults:
        return form_page(request, given, status=422)
    known = load_caregiver()
    return page(
        request, "parents/sheet.html", known=known, given=given, judged=judge(given), fields=own_fields(given),
        numbers=numbers(known, language_of(request).code),
    )  # fmt: skip
