"""The clinician's page as a response: the form as it stands, and the answer to it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from litestar import Request, Response

from neomag.answer import Answer
from neomag.assess import assess
from neomag.case import FLAGS, SETTINGS, SEXES
from neomag.knowledge import Knowledge
from neomag.rules import rulebook
from neomag.service.auth import ANONYMOUS
from neomag.service.auth.cookie import credential_in
from neomag.service.settings import Settings
from neomag.web.clinician import words
from neomag.web.clinician.away import away_words
from neomag.web.clinician.dose import choices
from neomag.web.clinician.examples import examples
from neomag.web.clinician.fields import Fields
from neomag.web.clinician.from_case import complete
from neomag.web.clinician.load import Reason
from neomag.web.clinician.scale import LAB
from neomag.web.clinician.sheet import cannot_set
from neomag.web.clinician.shown import Shown, facts, found, shown, sources
from neomag.web.clinician.shown import words as finding_words
from neomag.web.clinician.to_case import PENDING, Fault, Read, read
from neomag.web.clinician.view import View
from neomag.web.languages import Language
from neomag.web.page import language_of, page, rendered, written
from neomag.web.panel import panel_view

PATH = "/clinician"


@dataclass(frozen=True, slots=True)
class Loaded:
    """What was loaded into the form: its title, who it is, where it was published, and what of it was not used."""

    title: str
    who: Sequence[tuple[str, str]] = ()
    source: Mapping[str, Any] | None = None
    notes: Sequence[str] = ()


def scopes(request: Request[Any, Any, Any]) -> frozenset[str]:
    """What the reader may do."""
    scope: Any = request.scope
    return getattr(scope.get("user"), "scopes", ANONYMOUS.scopes)


def answered(request: Request[Any, Any, Any], fields: Fields, language: Language) -> tuple[Read, Shown | None]:
    """The form read, and its answer where it has no fault."""
    knowledge = rulebook().knowledge
    said = read(fields, language, knowledge)
    if said.case is None:
        return said, None
    return said, shown(said.case, assess(said.case), fields, language, doses="dose" in scopes(request))


def clinician_page(
    request: Request[Any, Any, Any], fields: Fields, *, language: Language | None = None, asked: bool = False,
    loaded: Loaded | None = None, note: str = "", kept: str = "", load_faults: Sequence[Reason] = (), fresh: str = "",
    fragment: bool = False,
) -> Response[bytes]:  # fmt: skip
    """The page with this form. `asked`: an answer is wanted; `fragment`: the answer alone, for a page that is there already.

    `note` is told above the form, with a way to what was kept under the id `kept`; `load_faults` say why a file was not read,
    `fresh` is the field that gets the focus.
    """
    language = language or language_of(request)
    knowledge = rulebook().knowledge
    said, answer = answered(request, fields, language) if asked else (None, None)
    faults: Sequence[Fault] = said.faults if said else ()
    complete(fields, knowledge)
    view = View(fields, language, knowledge, faults, said.cautions if said else {}, fresh)
    values: dict[str, Any] = {
        **_values(request, view, answer), "loaded": loaded, "note": note, "load_faults": load_faults, "faults": faults,
        "kept": kept if "read" in scopes(request) else "", "fragment": fragment,
        "summary": summary(answer.answer, language) if answer else "",
    }  # fmt: skip
    if fragment:
        text = rendered("clinician/answer.html", language, **values)
        return written(request, text, 200, {"Cache-Control": "no-store", "Content-Language": language.tag})
    status = 422 if faults or load_faults else 200
    return referring(page(request, "clinician/page.html", status=status, language=language, here=PATH, **values))


def referring(response: Response[bytes]) -> Response[bytes]:
    """Without a referrer a browser names no origin when a form is posted, and one of another site could not be told apart."""
    response.headers["Referrer-Policy"] = "same-origin"
    return response


def summary(answer: Answer, language: Language) -> str:
    """The answer in a line."""
    _ = language.gettext
    urgency, level = _(words.URGENCY[answer.urgency][0]), answer.magnesium
    status = _(words.STATUS[level.status])
    if level.value is None:
        return _("%(urgency)s · magnesium %(status)s") % {"urgency": urgency, "status": status}
    said = {"urgency": urgency, "status": status, "value": f"{language.number(round(level.value, 4))} {level.unit}"}
    return _("%(urgency)s · magnesium %(value)s, %(status)s") % said


def _values(request: Request[Any, Any, Any], view: View, answer: Shown | None) -> dict[str, Any]:
    language, knowledge = view.language, view.knowledge
    _ = language.gettext
    settings: Settings = request.app.state.settings
    flags = [(flag, _(words.FLAG[flag])) for flag in (*FLAGS, PENDING)]
    return {
        "form": view, "shown": answer, "named": words, "flags": flags, "most": settings.max_body,
        "ages": [(unit, _(said)) for unit, said in words.AGE_UNIT.items()],
        "sexes": [(sex, _(words.SEX[sex])) for sex in SEXES],
        "settings": [(setting, _(words.SETTING[setting])) for setting in SETTINGS],
        "routes": [(route, _(words.ROUTE[route])) for route in view.routes],
        "doses": "dose" in scopes(request), "dosing": _dosing(knowledge, language),
        "examples": examples(language), "keeps": settings.save and request.app.state.store is not None,
        "signed_in": credential_in(request.cookies) is not None,
        "pdf": cannot_set(language), "finding": partial(finding_words, knowledge=knowledge, language=language),
        "found": partial(found, language=language), "sources": partial(sources, knowledge=knowledge),
        "facts": partial(facts, answer=answer.answer) if answer else None,
        "all_intervals": [row for row in knowledge.intervals if row.analyte == LAB],
        "explore_age": _explored(answer), "away": away_words(knowledge, language),
        "panel": panel_view(),
    }  # fmt: skip


def _explored(answer: Shown | None) -> float:
    """The age of the level in days."""
    if answer is None:
        return 0
    at = answer.answer.magnesium.at
    return round((answer.case.now if at is None else at) / 86_400, 3)


def _dosing(knowledge: Knowledge, language: Language) -> dict[str, list[tuple[str, str]]]:
    """What may be asked of the dose calculator."""
    regimens, products, routes, _ = choices(knowledge)
    return {
        "regimens": [(regimen.id, language.say(regimen.says)) for regimen in regimens],
        "products": [(product.id, language.say(product.says)) for product in products],
        "routes": [(route, language.gettext(words.ROUTE[route])) for route in routes],
    }
