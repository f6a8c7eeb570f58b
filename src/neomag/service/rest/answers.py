"""Answers as responses: JSON that any client takes, named by its content so that it need not be sent twice."""

from __future__ import annotations

from collections.abc import Callable
from hashlib import blake2b
from typing import TYPE_CHECKING, Any

import msgspec
from litestar import Response

from neomag.service.openapi import JSON
from neomag.service.problems import Fault, ProblemError

if TYPE_CHECKING:
    from litestar import Request

# What the command would exit with: 0, or 3 when the answer is a refusal.
STATUS_HEADER = "Neomag-Exit-Status"
STATUS_SAYS = (
    "What the command of the same name would exit with: 0, or 3 when the answer is a refusal (or no plan is possible)."
)
encode = msgspec.json.Encoder().encode


async def accepts_json(request: Request[Any, Any, Any]) -> None:
    """Raises ProblemError (406) when the caller takes nothing that could be answered."""
    accept = request.headers.get("accept")
    if accept and "*/*" not in accept and JSON not in accept and request.accept.best_match([JSON]) is None:
        says = f"`{accept[:60]}`: answers are {JSON}"
        raise ProblemError.of("not-acceptable", says, [Fault("Accept", says)])


def computed(data: Any, *, refused: bool | None = None) -> Response[bytes]:
    """The answer to a POST. `refused` says whether it is a refusal, where an answer can be one."""
    headers = {} if refused is None else {STATUS_HEADER: "3" if refused else "0"}
    return Response(encode(data), media_type=JSON, headers=headers)


def fixed(request: Request[Any, Any, Any], data: Any, **headers: str) -> Response[bytes]:
    """The answer to a GET, which changes only with the knowledge: it may be kept, and asked for again by its ETag."""
    body = encode(data)
    tag = tag_of(body)
    more = {"ETag": tag, "Cache-Control": "no-cache", **{name.replace("_", "-"): value for name, value in headers.items()}}
    if has_already(request, tag):
        return Response(b"", status_code=304, media_type=JSON, headers=more)
    return Response(body, media_type=JSON, headers=more)


def tag_of(body: bytes) -> str:
    """The ETag that names a body by its content."""
    return f'"{blake2b(body, digest_size=12).hexdigest()}"'


def has_already(request: Request[Any, Any, Any], tag: str) -> bool:
    """Whether the caller says that it has what `tag` names."""
    said = {one.strip().removeprefix("W/") for one in request.headers.get("if-none-match", "").split(",")}
    return bool(said & {tag, "*"})


def example_of(compute: Callable[[], Any]) -> Any:
    """What `compute` answers, as a client would get it."""
    return msgspec.json.decode(encode(compute()))
