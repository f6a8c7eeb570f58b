"""GET /v1/knowledge, /v1/rules, /v1/sources and /v1/article: what neomag knows, and where it has it from."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from litestar import Request, Response, get

from neomag import knowledge_list as known
from neomag.asking import Fault
from neomag.asking import knowledge as asked
from neomag.rules import rulebook
from neomag.service.openapi import Content, Operation, Parameter
from neomag.service.problems import ProblemError
from neomag.service.rest.answers import example_of, fixed
from neomag.service.rest.reading import read_query
from neomag.service.rest.schemas import ref

_LIST = Parameter("list", "Only one list.", {"type": "string", "enum": list(known.LISTS)})
_ID = Parameter(
    "entry_id", "The id of any entry: a rule, a finding, an interval …", {"type": "string"}, "calcium-failed", "path"
)


def _claims() -> list[dict[str, Any]]:
    return known.claims(rulebook().knowledge)


def _opt(
    summary: str, says: str, schema: str, example: Callable[[], Any], *parameters: Parameter, one: bool = False
) -> dict[str, Any]:
    """What a route says of itself; `one` is asked for by its id, and may not be there."""
    operation = Operation(
        summary, says, "knowledge", Content("What there is.", ref(schema)), parameters,
        problems=("not-acceptable", "not-valid", *(("not-found",) if one else ())),
        also={304: "Not changed: the ETag sent in If-None-Match is that of the answer."},
        example=lambda _: example_of(example),
    )  # fmt: skip
    return {"scope": "read", "operation": operation}


_ENTRIES = _opt("The knowledge in force", "Its version, and its lists.", "Entries", lambda: asked.entries("causes"), _LIST)
_ENTRY = _opt(
    "One entry",
    "An entry as it stands in its file, its sources in full.",
    "Entry",
    lambda: asked.entry(_ID.example),
    _ID,
    one=True,
)
_RULES = _opt("Every rule", "Each rule's text, what it says, and its sources.", "Rules", lambda: asked.rules(2))
_SOURCES = _opt("The bibliography", "Each source, and how far it was read.", "Sources", lambda: asked.sources(2))
_ARTICLE = _opt("The article, checked", "Each of its claims, held against the evidence.", "Claims", lambda: _claims()[:2])


@get("/knowledge", opt=_ENTRIES)
async def entries(request: Request[Any, Any, Any]) -> Response[bytes]:
    """List the knowledge."""
    return fixed(request, asked.entries(read_query(request, (_LIST,))["list"]))


@get("/knowledge/{entry_id:str}", opt=_ENTRY)
async def entry(request: Request[Any, Any, Any]) -> Response[bytes]:
    """Show one entry."""
    read_query(request, ())
    try:
        return fixed(request, asked.entry(request.path_params["entry_id"]))
    except asked.NoEntryError as error:
        raise ProblemError.of("not-found", str(error), [Fault("", str(error))]) from None


@get("/rules", opt=_RULES)
async def rules(request: Request[Any, Any, Any]) -> Response[bytes]:
    """List the rules."""
    read_query(request, ())
    return fixed(request, asked.rules())


@get("/sources", opt=_SOURCES)
async def sources(request: Request[Any, Any, Any]) -> Response[bytes]:
    """List the sources."""
    read_query(request, ())
    return fixed(request, asked.sources())


@get("/article", opt=_ARTICLE)
async def article(request: Request[Any, Any, Any]) -> Response[bytes]:
    """List the claims of the article."""
    read_query(request, ())
    return fixed(request, _claims())
