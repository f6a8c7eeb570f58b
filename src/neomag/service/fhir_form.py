"""FHIR over HTTP: what forms an answer can have, and every problem as an OperationOutcome."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from email.message import Message as Header
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import parse_qsl

import msgspec
from litestar import Response

from neomag.fhir.elements import plain
from neomag.nearest import hint
from neomag.service.openapi import JSON
from neomag.service.problems import Fault, Problem, ProblemError, rewritten

if TYPE_CHECKING:
    from litestar import Request
    from litestar.types import ASGIApp, Receive, Scope, Send

FHIR = "application/fhir+json"
PREFIX = "/fhir"
_TYPE = f"{FHIR}; charset=utf-8"
_VERSIONS = ("4.0", "4.0.1")
_FORMATS = {"json": FHIR, FHIR: FHIR, JSON: JSON, "text/json": JSON}
_PARAMETERS = ("_format", "_pretty")
_encoder = msgspec.json.Encoder(decimal_format="number")

# The issue type of FHIR that each kind of problem is.
_TYPES: Mapping[str, str] = {
    "bad-request": "invalid",
    "unreadable-json": "structure",
    "not-authenticated": "login",
    "not-allowed": "forbidden",
    "not-found": "not-found",
    "method-not-allowed": "not-supported",
    "not-acceptable": "not-supported",
    "slow-body": "timeout",
    "conflict": "conflict",
    "too-large": "too-long",
    "unsupported-media-type": "not-supported",
    "not-valid": "invalid",
    "too-many-requests": "throttled",
    "internal-error": "exception",
    "busy": "transient",
    "out-of-time": "timeout",
    "not-ready": "transient",
}


@dataclass(frozen=True, slots=True)
class Form:
    """How an answer is written: its media type, with indents or without, and the preference that was applied, if any."""

    media_type: str = FHIR
    pretty: bool = False
    applied: str | None = None

    @property
    def content_type(self) -> str:
        """The media type with its charset."""
        return f"{self.media_type}; charset=utf-8"

    def response(self, resource: Mapping[str, Any], status: int = 200, **headers: str) -> Response[bytes]:
        """The resource as a response; headers are named with underscores."""
        body = _encoder.encode(resource)
        if self.pretty:
            body = msgspec.json.format(body, indent=2)
        more = {name.replace("_", "-"): value for name, value in headers.items()}
        if self.applied:
            more["Preference-Applied"] = self.applied
        return Response(body, status_code=status, media_type=self.content_type, headers=more)


def form_of(request: Request[Any, Any, Any]) -> Form:
    """The form asked for by `_format`, else by Accept. Raises ProblemError: 406 for one that is not written, 422 for a
    parameter that is not known, unless `Prefer: handling=lenient` says to pass over it."""
    handling = _handling(request)
    query = request.scope["query_string"].decode("latin-1")
    try:
        pairs = parse_qsl(query, keep_blank_values=True, errors="strict", max_num_fields=50)
    except (UnicodeDecodeError, ValueError):
        raise ProblemError.of("bad-request", "the query cannot be read; write name=value pairs in UTF-8, at most 50") from None
    given = dict(pairs)
    faults = [
        Fault(f"?{name[:60]}", f"there is no such parameter{hint(name, _PARAMETERS)}; accepted: {', '.join(_PARAMETERS)}")
        for name in given
        if name not in _PARAMETERS and handling != "lenient"
    ]
    if given.get("_pretty", "false") not in {"true", "false"}:
        faults.append(Fault("?_pretty", "write true or false"))
    if faults:
        raise ProblemError.not_valid(faults)
    applied = f"handling={handling}" if handling else None
    return Form(_media_type(request, given.get("_format")), given.get("_pretty") == "true", applied)


def _handling(request: Request[Any, Any, Any]) -> str | None:
    """How parameters that are not known are taken; other preferences change nothing here."""
    said = request.headers.get("prefer", "").replace(";", ",").lower().split(",")
    found = [part.strip().removeprefix("handling=") for part in said if part.strip().startswith("handling=")]
    return next((word for word in found if word in {"strict", "lenient"}), None)


def _media_type(request: Request[Any, Any, Any], asked: str | None) -> str:
    where, said = ("?_format", asked) if asked is not None else ("Accept", request.headers.get("accept", ""))
    for part in said.split(",") if said.strip() else ["*/*"]:
        # A + of an address means a space, and many clients write it all the same.
        media, version = _parsed(part.replace("fhir json", "fhir+json") if asked is not None else part)
        if media in {"*/*", "application/*"} and asked is None:
            return FHIR
        if media in _FORMATS and (asked is not None or media != "json") and (version is None or version in _VERSIONS):
            return _FORMATS[media]
    says = f"`{said[:60]}`: answers are {FHIR} of FHIR 4.0"
    raise ProblemError.of("not-acceptable", says, [Fault(where, says)])


def check_version(request: Request[Any, Any, Any]) -> None:
    """Raises ProblemError (415) for a body that says it is of another version of FHIR."""
    said = request.headers.get("content-type", "")
    version = _parsed(said)[1]
    if version is not None and version not in _VERSIONS:
        says = f"FHIR {version[:10]} is not read; send FHIR 4.0"
        raise ProblemError.of("unsupported-media-type", says, [Fault("Content-Type", says)], Accept=FHIR)


def _parsed(said: str) -> tuple[str, str | None]:
    header = Header()
    header["content-type"] = said.replace("\r", " ").replace("\n", " ").strip()
    version = header.get_param("fhirversion")
    media = said.partition(";")[0].strip().lower()
    return media, version.strip() if isinstance(version, str) else None


def problem_outcome(said: Mapping[str, Any]) -> dict[str, Any]:
    """The OperationOutcome of a problem as JSON has it: an issue for each fault, else one for the whole."""
    kind = str(said["type"]).rpartition(":")[2]
    faults = cast("list[dict[str, str]]", said.get("errors")) or [{"where": "", "says": said["detail"]}]
    issues: list[dict[str, Any]] = []
    for fault in faults:
        issue: dict[str, Any] = {
            "severity": "fatal" if kind == "internal-error" else "error",
            "code": _TYPES.get(kind, "processing"),
            "details": {"text": plain(f"{said['title']}: {fault['says']}")},
        }
        if "instance" in said:
            issue["diagnostics"] = said["instance"]
        # Of a header or parameter, as FHIR R4 writes their places.
        where = fault["where"].lstrip("?")
        if where and not where.startswith("/"):
            issue["location"] = [f"http.{plain(where)}"]
        issues.append(issue)
    return {"resourceType": "OperationOutcome", "issue": issues}


def fhir_response(problem: Problem, instance: str) -> Response[bytes]:
    """A problem as the response of a route of FHIR."""
    body = _encoded(problem_outcome(problem.to_dict(instance)))
    return Response(body, status_code=problem.status, media_type=_TYPE, headers=dict(problem.headers))


def _encoded(resource: Mapping[str, Any]) -> bytes:
    """As bytes of JSON; half a character of the request that is quoted becomes a question mark."""
    return json.dumps(resource, ensure_ascii=False).encode("utf-8", "replace")


class Outcomes:
    """ASGI middleware: the problems of the frame (limits, addresses, methods, who calls) under /fhir as OperationOutcome."""

    def __init__(self, app: ASGIApp):
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let the request through; rewrite its answer where that is a problem."""
        if scope["type"] != "http" or not (scope["path"] == PREFIX or scope["path"].startswith(f"{PREFIX}/")):
            await self._app(scope, receive, send)
            return
        await rewritten(self._app, scope, receive, send, {"Content-Type": _TYPE}, lambda said: _encoded(problem_outcome(said)))
