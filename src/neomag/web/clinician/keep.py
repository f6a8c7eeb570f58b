"""An assessment that is kept because it was asked for, once however often the button is pressed, and looked at again."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import msgspec
from babel.dates import format_datetime
from litestar import Request, Response
from litestar.exceptions import NotFoundException

from neomag.assess import assess
from neomag.case import Case
from neomag.rules import rulebook
from neomag.service.rest.keeping import client_of
from neomag.service.store import Reply, RequestKey, Store
from neomag.service.store.canonical import digest
from neomag.web.clinician.fields import Fields
from neomag.web.clinician.from_case import empty
from neomag.web.clinician.load import LoadError, load
from neomag.web.clinician.page import PATH, Loaded, clinician_page
from neomag.web.clinician.take import encode
from neomag.web.clinician.to_case import read
from neomag.web.page import language_of

_LISTS = ("actions", "blocked", "consider", "causes")


def keep(request: Request[Any, Any, Any], fields: Fields) -> Response[bytes]:
    """Keep the assessment, with its entry in the audit trail, and say under which id. One that was kept with the same answer
    within the hours that a repeated request is known for is not kept again. Raises StoreError."""
    _, knowledge = language_of(request).gettext, rulebook().knowledge
    said = read(fields, language_of(request), knowledge)
    if said.case is None:
        return clinician_page(request, fields, asked=True)
    store: Store = request.app.state.store
    client = client_of(request)
    document: dict[str, Any] = msgspec.json.decode(encode(said.document()))
    # What is kept can be answered again as it stands.
    answer = assess(Case.from_dict(document, knowledge=knowledge)).to_dict()
    what: dict[str, Any] = {
        "case": document, "answer": answer, "knowledge": knowledge.version, "knowledge_digest": knowledge.digest,
    }  # fmt: skip
    key = RequestKey.of(client, f"page {digest(what)}", f"{PATH}/keep", what)
    while (before := store.recall(key)) is not None and store.assessment(before.body, client) is None:
        # Retention took away what was kept: it is kept anew, once.
        key = RequestKey.of(client, f"page {digest([what, before.body])}", f"{PATH}/keep", what)
    saved = store.save_assessment(client=client, **what, key=key, reply=lambda name: Reply(200, name))
    if saved.id is None and saved.reply is not None:
        note = _("This was kept already, under the id %(id)s. It is not kept twice.") % {"id": saved.reply.body}
        return clinician_page(request, fields, asked=True, note=note, kept=saved.reply.body)
    note = _("Kept, with an entry in the audit trail, under the id %(id)s.") % {"id": saved.id}
    return clinician_page(request, fields, asked=True, note=note, kept=saved.id or "")


def kept(request: Request[Any, Any, Any], name: str) -> Response[bytes]:
    """The form and answer of what this client kept under the id `name`. Raises NotFoundException, also for what was kept of a
    FHIR record, whose moment the form does not hold; StoreError."""
    language, knowledge = language_of(request), rulebook().knowledge
    store: Store = request.app.state.store
    found = store.assessment(name, client_of(request))
    answer: dict[str, Any] = {} if found is None else json.loads(found.answer)
    if found is None or "magnesium" not in answer:
        raise NotFoundException
    try:
        file = load(found.case.encode(), "kept.json", request.app.state.settings, language, knowledge)
    except LoadError as error:
        return clinician_page(request, empty(knowledge), load_faults=error.reasons)
    at = format_datetime(datetime.fromisoformat(found.at), "long", locale=language.locale)
    title = language.gettext("Kept on %(at)s, under the id %(id)s.") % {"at": at, "id": found.id}
    notes, case = list(file.notes), read(file.fields, language, knowledge).case
    if case is None or _gist(assess(case).to_dict()) != _gist(answer):
        said = language.gettext(
            "By knowledge %(version)s it was answered otherwise when it was kept. This is the answer of today."
        )
        notes.append(said % {"version": found.knowledge})
    return clinician_page(request, file.fields, asked=True, loaded=Loaded(title, notes=notes))


def _gist(answer: Mapping[str, Any]) -> list[Any]:
    """What an answer comes to, whichever outlet wrote it."""
    level = answer["magnesium"]
    lines = [[line["code"] for line in answer[name]] for name in _LISTS]
    return [answer["urgency"], answer["suspicion"], level["status"], level["grade"], *lines]
