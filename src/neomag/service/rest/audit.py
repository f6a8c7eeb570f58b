"""GET /v1/audit: the audit trail a page at a time, and GET /v1/audit/verify: whether it is whole."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from litestar import Request, Response, get
from litestar.concurrency import sync_to_thread

from neomag.service.openapi import Content, Operation, Parameter
from neomag.service.problems import Fault, ProblemError
from neomag.service.rest.answers import computed
from neomag.service.rest.reading import read_query
from neomag.service.store import Anchor
from neomag.service.store.audit import content

if TYPE_CHECKING:
    from neomag.service.limits import Workers
    from neomag.service.store import Store

_PAGE = (
    Parameter("after", "Entries after the one of this number; `next` of the page before.",
              {"type": "integer", "minimum": 0, "maximum": 10**15 - 1, "default": 0}),
    Parameter("limit", "At most so many.", {"type": "integer", "minimum": 1, "maximum": 1000, "default": 100}),
    Parameter("subject", "Only what was done to the record of this id.", {"type": "string", "minLength": 1, "maxLength": 128}),
)  # fmt: skip
_ANCHOR = Parameter(
    "anchor", "A `head` from before, kept outside the database: whether the trail still holds it.",
    {"type": "string", "minLength": 66, "maxLength": 90},
)  # fmt: skip
_TEXT, _HASH = {"type": "string"}, {"type": "string", "pattern": "^[0-9a-f]{64}$"}
_HEAD = {"type": "string", "pattern": "^[0-9]+:[0-9a-f]{64}$"}
_ENTRY = {
    "type": "object",
    "required": ["sequence", "at", "actor", "action", "subject", "record", "detail", "previous", "hash"],
    "properties": {
        "sequence": {"type": "integer"}, "at": {"type": "string", "format": "date-time"}, "actor": _TEXT, "action": _TEXT,
        "subject": _TEXT, "record": {"type": ["string", "null"]}, "detail": _TEXT, "previous": _HASH, "hash": _HASH,
    },
}  # fmt: skip
_TRAIL = {
    "type": "object",
    "required": ["entries", "next", "head"],
    "properties": {
        "entries": {"type": "array", "items": _ENTRY}, "next": {"type": ["integer", "null"]}, "head": _HEAD,
    },
}  # fmt: skip
_VERDICT = {
    "type": "object",
    "required": ["whole", "entries", "head", "breaks"],
    "properties": {
        "whole": {"type": "boolean"},
        "entries": {"type": "integer"},
        "head": _HEAD,
        "breaks": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["kind", "sequence", "says"],
                "properties": {"kind": _TEXT, "sequence": {"type": "integer"}, "says": _TEXT},
            },
        },
    },
}


@get(
    "/audit",
    opt={
        "scope": "audit",
        "operation": Operation(
            "The audit trail",
            "Who did what to which record and when, in order, each entry with its hash and that of the one before, so that a "
            "program of yours can check the chain. Nothing in it is about a patient. `head` is where the trail ends.",
            "audit",
            Content("Entries, the number to go on after (null: there are no more), and the head.", _TRAIL),
            parameters=_PAGE,
            problems=("not-acceptable", "not-valid", "not-ready"),
        ),
    },
)
async def audit(request: Request[Any, Any, Any]) -> Response[bytes]:
    """Show a page of the trail."""
    query = read_query(request, _PAGE)
    store: Store = request.app.state.store
    limit: int = query["limit"]

    def page() -> dict[str, Any]:
        found = store.entries(query["after"], limit + 1, query["subject"])
        shown = found[:limit]
        return {
            "entries": [content(entry) | {"hash": entry.hash} for entry in shown],
            "next": shown[-1].sequence if len(found) > limit else None,
            "head": str(store.head()),
        }

    return computed(await sync_to_thread(page))


@get(
    "/audit/verify",
    opt={
        "scope": "audit",
        "operation": Operation(
            "Whether the audit trail is whole",
            "As `neomag audit verify`: the chain from its first entry, the records that it tells of, and the anchor where one "
            "is given. Reads all of it, and takes as long.",
            "audit",
            Content("The verdict, with each break.", _VERDICT),
            parameters=(_ANCHOR,),
            problems=("not-acceptable", "not-valid", "not-ready"),
        ),
    },
)
async def verify(request: Request[Any, Any, Any]) -> Response[bytes]:
    """Check the trail."""
    said = read_query(request, (_ANCHOR,))["anchor"]
    try:
        anchor = None if said is None else Anchor.parse(said)
    except ValueError as error:
        raise ProblemError.not_valid([Fault("?anchor", str(error))]) from None
    store: Store = request.app.state.store
    workers: Workers = request.app.state.planners

    def verdict() -> dict[str, Any]:
        # The head first: what is appended meanwhile is verified too, and is not said to be.
        end, breaks = store.head(), store.verify(anchor)
        return {"whole": not breaks, "entries": end.sequence, "head": str(end), "breaks": [asdict(one) for one in breaks]}

    return computed(await workers.run(verdict))
