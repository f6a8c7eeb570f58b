"""The clinician's page with the infant of a SMART launch in it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from litestar import Request, Response

from neomag.answer import Answer
from neomag.rules import rulebook
from neomag.service.smart import Launched, who
from neomag.web.clinician.from_case import fill
from neomag.web.clinician.load import differs, notes
from neomag.web.clinician.page import Loaded, clinician_page
from neomag.web.languages import N_, preferred
from neomag.web.sign_in import cookies

if TYPE_CHECKING:
    from neomag.service.auth import Gate

_LABELS = {"Name": N_("Name"), "Born": N_("Born"), "Sex": N_("Sex"), "Patient": N_("Patient")}
# What the login of an EHR opens: the page, and doses on it.
_SCOPES = ("assess", "dose")


def launched(request: Request[Any, Any, Any], found: Launched, answer: Answer) -> Response[bytes]:
    """The page of the infant that was launched. Where callers need a key, the browser gets a session in its place."""
    language = preferred(request.headers.get("accept-language", ""))
    fields = fill(found.reading.case, language, rulebook().knowledge)
    told = notes(found.problems, language)
    loaded = Loaded(
        language.gettext("From the record, as of %(now)s") % {"now": found.reading.now},
        who=[(language.gettext(_LABELS[label]), text) for label, text in who(found.patient)],
        notes=[*told, *differs(answer, fields, language)],
    )  # fmt: skip
    response = clinician_page(request, fields, language=language, asked=True, loaded=loaded)
    gate: Gate | None = request.app.state.gate
    if gate is not None and gate.asks:
        secret = gate.sessions.begin(f"smart:{found.iss}"[:200], _SCOPES)
        response.cookies.extend(cookies(request, secret))
    return response
