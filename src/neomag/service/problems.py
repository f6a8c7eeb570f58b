"""Problem details for HTTP (RFC 9457): every error of the service is one of these, and says what would be accepted.

The type of a problem is a stable URN, `urn:neomag:problem:<slug>`; `docs/rest.md` lists them. `errors` names each fault by its
place: a JSON pointer into the body (`/events/3/at`, the empty text for all of it), `?name` for a parameter of the query, or
the name of a header.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Self

import msgspec

from neomag.asking import Fault

if TYPE_CHECKING:
    from litestar.types import ASGIApp, Message, Receive, Scope, Send

MEDIA_TYPE = "application/problem+json"
_MOST_ERRORS = 100

# slug: status and title.
KINDS: Mapping[str, tuple[int, str]] = {
    "bad-request": (400, "The request cannot be read"),
    "unreadable-json": (400, "The body is not JSON that can be read"),
    "not-authenticated": (401, "Who calls is not known"),
    "not-allowed": (403, "The caller may not do this"),
    "not-found": (404, "There is nothing here"),
    "method-not-allowed": (405, "This method is not answered here"),
    "not-acceptable": (406, "No answer is to be had in the form asked for"),
    "slow-body": (408, "The body did not arrive in time"),
    "conflict": (409, "The request contradicts another one"),
    "data-missing": (412, "Data that the answer needs cannot be had"),
    "too-large": (413, "The body is too large"),
    "unsupported-media-type": (415, "A body of this type is not read"),
    "not-valid": (422, "The request was read, and cannot be answered as it stands"),
    "too-many-requests": (429, "Too many requests"),
    "internal-error": (500, "Something went wrong here"),
    "busy": (503, "Too much is being worked on"),
    "out-of-time": (503, "The answer took too long"),
    "not-ready": (503, "The service is not ready"),
}


@dataclass(frozen=True, slots=True)
class Problem:
    """One problem. `kind` is its slug; `status` and `title` follow from it; `headers` go with the response."""

    kind: str
    detail: str
    errors: tuple[Fault, ...] = ()
    headers: Mapping[str, str] = field(default_factory=dict[str, str])

    @property
    def status(self) -> int:
        """The status of the response."""
        return KINDS[self.kind][0]

    @property
    def type(self) -> str:
        """The stable name of the kind of problem."""
        return f"urn:neomag:problem:{self.kind}"

    def to_dict(self, instance: str | None = None) -> dict[str, Any]:
        """As JSON has it; `instance` names this one occurrence."""
        said: dict[str, Any] = {
            "type": self.type,
            "title": KINDS[self.kind][1],
            "status": self.status,
            "detail": self.detail,
            "errors": [{"where": fault.where, "says": fault.says} for fault in self.errors[:_MOST_ERRORS]],
        }
        if instance is not None:
            said["instance"] = instance
        return said

    def encoded(self, instance: str | None = None) -> bytes:
        """As bytes of JSON. A text that quotes half a character of the request is written with a question mark for it."""
        said = self.to_dict(instance)
        try:
            return msgspec.json.encode(said)
        except UnicodeEncodeError:
            import json

            return json.dumps(said, ensure_ascii=False).encode("utf-8", "replace")


class ProblemError(Exception):
    """Carries a problem to the response."""

    def __init__(self, problem: Problem):
        self.problem = problem
        super().__init__(problem.kind)

    @classmethod
    def of(cls, kind: str, detail: str, errors: Iterable[Fault] = (), **headers: str) -> Self:
        """A problem of a kind; headers are named with underscores (`Retry_After="1"`)."""
        return cls(Problem(kind, detail, tuple(errors), {name.replace("_", "-"): value for name, value in headers.items()}))

    @classmethod
    def not_valid(cls, errors: Sequence[Fault]) -> Self:
        """Faults of a request that could be read."""
        one = errors[0]
        detail = f"{one.where}: {one.says}" if one.where else one.says
        return cls(Problem("not-valid", detail if len(errors) == 1 else f"{len(errors)} faults; see errors", tuple(errors)))


def kind_of(status: int) -> str:
    """The kind of problem that a bare status stands for."""
    first = next((kind for kind, (of, _) in KINDS.items() if of == status), None)
    return first or ("bad-request" if status < 500 else "internal-error")


def _is_problem(headers: Iterable[tuple[bytes, bytes]]) -> bool:
    return dict(headers).get(b"content-type", b"").startswith(MEDIA_TYPE.encode())


async def rewritten(
    app: ASGIApp, scope: Scope, receive: Receive, send: Send, headers: Mapping[str, str], write: Callable[[Any], bytes]
) -> None:
    """Let a request through; where its answer is a problem send what `write` makes of it, under `headers` in place of its own.

    An answer to HEAD, which has no body, has the headers alone.
    """
    held: Any = None
    body = b""

    async def noted(message: Message) -> None:
        nonlocal held, body
        if message["type"] == "http.response.start" and _is_problem(message["headers"]):
            held = message
        elif held is None or message["type"] != "http.response.body":
            await send(message)
        else:
            body += message.get("body", b"")
            if not message.get("more_body", False):
                said = write(json.loads(body)) if body else b""
                own = {name.lower().encode(): value.encode() for name, value in headers.items()}
                own |= {b"content-length": str(len(said)).encode()} if said else {}
                others = [pair for pair in held["headers"] if pair[0] not in {*own, b"content-length"}]
                await send(held | {"headers": [*others, *own.items()]})
                await send({"type": "http.response.body", "body": said, "more_body": False})

    await app(scope, receive, noted)


async def send_problem(problem: Problem, send: Send, instance: str | None = None) -> None:
    """Send a problem as a whole ASGI response."""
    body = problem.encoded(instance)
    headers = [(b"content-type", MEDIA_TYPE.encode()), (b"content-length", str(len(body)).encode())]
    headers += [(name.lower().encode(), value.encode("latin-1", "replace")) for name, value in problem.headers.items()]
    start: Message = {"type": "http.response.start", "status": problem.status, "headers": headers}
    await send(start)
    await send({"type": "http.response.body", "body": body, "more_body": False})
