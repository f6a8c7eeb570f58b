"""Keeping what was assessed, and answering a request that is repeated with its idempotency key as before."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, cast

from litestar import Response
from litestar.concurrency import sync_to_thread

from neomag.rules import rulebook
from neomag.service.auth import ANONYMOUS
from neomag.service.openapi import JSON
from neomag.service.problems import Fault, ProblemError
from neomag.service.store import Reply, RequestKey
from neomag.service.store.once import recall, remember
from neomag.service.store.records import save_assessment

if TYPE_CHECKING:
    from litestar import Request
    from sqlalchemy.orm import Session

    from neomag.service.settings import Settings
    from neomag.service.store import Store

KEY_HEADER = "Idempotency-Key"
ID_HEADER = "Neomag-Assessment"
ID_SAYS = "The ids under which the answers are kept, in their order; /v1/assessments/{id} gives one again."


def client_of(request: Request[Any, Any, Any]) -> str:
    """The name of the client that calls; where nobody is asked, all are one."""
    scope: Any = request.scope
    return getattr(scope.get("user"), "client", ANONYMOUS.client)


async def key_of(request: Request[Any, Any, Any]) -> RequestKey | None:
    """The idempotency key of a request, where one was sent and there is a store. Raises ProblemError for one that is none."""
    key = request.headers.get(KEY_HEADER)
    if key is None or request.app.state.store is None:
        return None
    try:
        return RequestKey.of(client_of(request), key, request.scope["path"], json.loads(await request.body()))
    except ValueError as error:
        raise ProblemError.of("bad-request", str(error), [Fault(KEY_HEADER, str(error))]) from None


async def answered_before(
    request: Request[Any, Any, Any], key: RequestKey | None, media_type: str = JSON
) -> Response[bytes] | None:
    """The answer to the same request before. Raises ConflictError when the key stands for another request, StoreError."""
    if key is None:
        return None
    store: Store = request.app.state.store
    before = await sync_to_thread(store.recall, key)
    return None if before is None else _again(before, media_type)


async def kept(request: Request[Any, Any, Any], key: RequestKey | None, response: Response[bytes]) -> Response[bytes]:
    """The answer to `request`, once it is kept where answers are: each case with its own, and the reply to its key, at once.

    Raises ConflictError, StoreError.
    """
    store: Store | None = request.app.state.store
    settings: Settings = request.app.state.settings
    if store is None or not (settings.save or key):
        return response
    client, asked = client_of(request), await request.body()

    def keep() -> tuple[Reply | None, list[str]]:
        save = _saving(client, asked, response.content) if settings.save else None

        def work(session: Session) -> tuple[Reply | None, list[str]]:
            before = None if key is None else recall(session, key)
            if before is not None:
                return before, []
            ids = [] if save is None else save(session)
            if key is not None:
                remember(session, key, Reply(200, response.content.decode()))
            return None, ids

        return store.write(work)

    # A large body takes a while to read again: no other request waits for that.
    before, ids = await sync_to_thread(keep)
    if before is not None:
        return _again(before, response.media_type or JSON)
    if ids:
        response.headers[ID_HEADER] = ", ".join(ids)
    return response


def _saving(client: str, asked: bytes, answered: bytes) -> Callable[[Session], list[str]]:
    """Keeps each case of a body with its answer; gives their ids."""
    knowledge = rulebook().knowledge
    bodies: list[Any] = [json.loads(asked), json.loads(answered)]
    cases, answers = (cast(list[Any], body) if isinstance(body, list) else [body] for body in bodies)

    def save(session: Session) -> list[str]:
        return [
            save_assessment(
                session, client=client, case=case, answer=answer, knowledge=knowledge.version, knowledge_digest=knowledge.digest
            ).id
            for case, answer in zip(cases, answers, strict=True)
        ]

    return save


def _again(before: Reply, media_type: str) -> Response[bytes]:
    more = {"Idempotency-Replayed": "true"}
    return Response(before.body.encode(), status_code=before.status, media_type=media_type, headers=more)
