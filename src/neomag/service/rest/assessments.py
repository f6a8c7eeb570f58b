"""GET /v1/assessments/{id}: an answer that was kept, with the case it answered."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from litestar import Request, Response, get
from litestar.concurrency import sync_to_thread

from neomag.service.openapi import Content, Operation, Parameter
from neomag.service.problems import ProblemError
from neomag.service.rest.answers import computed
from neomag.service.rest.keeping import client_of
from neomag.service.rest.reading import read_query
from neomag.service.rest.schemas import ref

if TYPE_CHECKING:
    from neomag.service.store import Store

_KEPT = {
    "type": "object",
    "required": ["id", "at", "knowledge", "knowledge_digest", "case", "answer"],
    "properties": {
        "id": {"type": "string"},
        "at": {"type": "string", "format": "date-time"},
        "knowledge": {"type": "string"},
        "knowledge_digest": {"type": "string"},
        "case": ref("Case"),
        "answer": ref("Answer"),
    },
}


@get(
    "/assessments/{assessment_id:str}",
    opt={
        "scope": "read",
        "operation": Operation(
            "An assessment that was kept",
            "The case, the answer, and the knowledge it was given by. A client reads its own alone.",
            "assess",
            Content("The assessment.", _KEPT),
            parameters=(
                Parameter("assessment_id", "As the header Neomag-Assessment gave it.", {"type": "string"}, place="path"),
            ),
            problems=("not-found", "not-acceptable", "not-valid", "not-ready"),
        ),
    },
)
async def assessment(request: Request[Any, Any, Any]) -> Response[bytes]:
    """Show one assessment."""
    read_query(request, ())
    store: Store = request.app.state.store
    found = await sync_to_thread(store.assessment, request.path_params["assessment_id"], client_of(request))
    if found is None:
        raise ProblemError.of("not-found", "no assessment of this id is kept for this client")
    return computed(
        {
            "id": found.id, "at": found.at, "knowledge": found.knowledge, "knowledge_digest": found.knowledge_digest,
            "case": json.loads(found.case), "answer": json.loads(found.answer),
        }
    )  # fmt: skip
