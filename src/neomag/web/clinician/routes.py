"""The routes of the clinician's page: the form, its answer, what is loaded into it and what is taken from it."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl

from litestar import Request, Response, get, post
from litestar.datastructures import UploadFile
from litestar.exceptions import NotFoundException
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath

from neomag.case import Case
from neomag.rules import rulebook
from neomag.service.limits import Workers
from neomag.service.settings import Settings
from neomag.web.clinician.examples import cases
from neomag.web.clinician.fields import MOST, Fields
from neomag.web.clinician.from_case import empty, fill
from neomag.web.clinician.keep import keep, kept
from neomag.web.clinician.load import LoadError, Reason, load
from neomag.web.clinician.page import PATH, Loaded, clinician_page
from neomag.web.clinician.retold import retold
from neomag.web.clinician.take import taken
from neomag.web.clinician.typed import plain
from neomag.web.languages import LANGUAGES
from neomag.web.page import language_of

OPT = {"scope": "assess", "page": True}


async def posted(request: Request[Any, Any, Any]) -> Fields:
    """The form that was posted."""
    body = await request.body()
    try:
        return Fields(parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True, max_num_fields=MOST))
    except ValueError:
        return Fields()


@get(PATH, opt=OPT)
async def form(request: Request[Any, Any, Any]) -> Response[bytes]:
    """The empty form, or a published example."""
    workers: Workers = request.app.state.workers
    language, knowledge = language_of(request), rulebook().knowledge
    example = cases().get(request.query_params.get("example", ""))
    if example is None:
        return await workers.run(clinician_page, request, empty(knowledge))
    case = Case.from_dict(example, knowledge=knowledge)
    loaded = Loaded(language.gettext("A published infant: %(name)s") % {"name": case.name}, source=example["source"])
    fields = fill(case, language, knowledge, example.get("infant"))
    return await workers.run(clinician_page, request, fields, asked=True, loaded=loaded)


@post(PATH, opt=OPT, status_code=200)
async def answer(request: Request[Any, Any, Any]) -> Response[bytes]:
    """The form as it was filled, with its answer; or the form with a row more or less, or from the page of another language."""
    workers: Workers = request.app.state.workers
    fields, language = await posted(request), language_of(request)
    was = LANGUAGES.get(fields.get("language"), language)
    if was is not language:
        fields = retold(fields, was, language)
        # A form without an age was not to be answered yet, and is not blamed for it.
        return await workers.run(clinician_page, request, fields, asked=bool(plain(fields.get("age"))))
    # An answer that follows the form adds no row, whichever button was pressed last.
    fragment = request.headers.get("hx-target") == "answer"
    fresh = None if fragment else changed(fields)
    if fresh is not None:
        return await workers.run(clinician_page, request, fields, fresh=fresh)
    return await workers.run(clinician_page, request, fields, asked=True, fragment=fragment)


def changed(fields: Fields) -> str | None:
    """Add or take away the row that a button asks for. The field that gets the focus; None where no button was pressed."""
    if row := fields.get("remove"):
        fields.drop(row)
        return ""
    what = fields.get("add")
    if not what:
        return None
    key = {"signs": "sign", "given": "given", "conditions": "condition"}.get(what, "lab")
    row = f"{what}.{fields.next(what)}"
    if what == "samples":
        fields.add(f"{row}.results.0.lab", "magnesium")
        return f"{row}.at"
    code = fields.get(f"new.{what}")
    if not code:
        return f"new.{what}"
    fields.add(f"{row}.{key}", code)
    return f"{row}.value" if key == "lab" else f"{row}.at"


@post(f"{PATH}/load", opt=OPT, status_code=200)
async def load_file(request: Request[Any, Any, Any]) -> Response[bytes]:
    """The form of a case or a FHIR record that was given as a file."""
    workers: Workers = request.app.state.workers
    language, knowledge = language_of(request), rulebook().knowledge
    given = (await request.form()).get("file")
    data, name = (await given.read(), given.filename) if isinstance(given, UploadFile) else (b"", "")
    try:
        if not data:
            raise LoadError([Reason(language.gettext("Choose a file first."))])
        found = await workers.run(load, data, name, request.app.state.settings, language, knowledge)
    except LoadError as error:
        return await workers.run(clinician_page, request, empty(knowledge), load_faults=error.reasons)
    loaded = Loaded(language.gettext("The file was read. It is not kept."), notes=found.notes)
    return await workers.run(clinician_page, request, found.fields, asked=True, loaded=loaded)


def _take(name: str, what: str) -> HTTPRouteHandler:
    @post(f"{PATH}/{name}", opt=OPT, status_code=200)
    async def take(request: Request[Any, Any, Any]) -> Response[bytes]:
        workers: Workers = request.app.state.workers
        return await workers.run(taken, request, await posted(request), what)

    return take


def _keeps(request: Request[Any, Any, Any]) -> None:
    """Raises NotFoundException where nothing may be kept."""
    settings: Settings = request.app.state.settings
    if not settings.save or request.app.state.store is None:
        raise NotFoundException


@post(f"{PATH}/keep", opt=OPT, status_code=200)
async def keep_form(request: Request[Any, Any, Any]) -> Response[bytes]:
    """Keep what was assessed, because it was asked for."""
    _keeps(request)
    workers: Workers = request.app.state.workers
    return await workers.run(keep, request, await posted(request))


@get(f"{PATH}/kept/{{name:str}}", opt={"scope": "read", "page": True})
async def show_kept(request: Request[Any, Any, Any], name: FromPath[str]) -> Response[bytes]:
    """What was kept."""
    _keeps(request)
    workers: Workers = request.app.state.workers
    return await workers.run(kept, request, name)


HANDLERS = [
    form, answer, load_file, keep_form, show_kept, _take("case.json", "case"), _take("answer.json", "answer"),
    _take("bundle.json", "bundle"), _take("sheet.pdf", "sheet"),
]  # fmt: skip
