"""What is taken from the page: the case, the answer, FHIR, a sheet of paper."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import msgspec
from litestar import Request, Response

from neomag.fhir import Reading, to_bundle
from neomag.fhir.times import written
from neomag.rules import rulebook
from neomag.service.rest.assess import said as rest_answer
from neomag.web.clinician.fields import Fields
from neomag.web.clinician.page import answered, clinician_page
from neomag.web.clinician.sheet import sheet
from neomag.web.clinician.view import View
from neomag.web.page import language_of

# Numbers stay as they were typed.
encode = msgspec.json.Encoder(decimal_format="number").encode
JSON, FHIR, PDF = "application/json", "application/fhir+json", "application/pdf"


def taken(request: Request[Any, Any, Any], fields: Fields, what: str) -> Response[bytes]:
    """`case`, `answer`, `bundle` or `sheet` as a file; the page with its faults where the form cannot be answered."""
    language = language_of(request)
    said, shown = answered(request, fields, language)
    if said.case is None or shown is None:
        return clinician_page(request, fields, asked=True)
    if what == "sheet":
        return _file(sheet(shown, View(fields, language, rulebook().knowledge)), "neomag.pdf", PDF)
    if what == "case":
        return _file(encode(said.document()), "neomag-case.json", JSON)
    if what == "answer":
        return _file(encode(rest_answer(said.case)), "neomag-answer.json", JSON)
    reading = Reading(case=said.case, problems=(), patient=None, now=written(datetime.now(UTC)))
    return _file(encode(to_bundle(shown.answer, reading)), "neomag-bundle.json", FHIR)


def _file(body: bytes, name: str, media_type: str) -> Response[bytes]:
    # The name holds nothing that was typed.
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
    return Response(body, media_type=media_type, headers=headers)
