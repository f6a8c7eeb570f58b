"""The OpenAPI 3.1 document: written from what each route says of itself.

A route handler carries an `Operation` in its `opt` under `operation`. Schemas are plain JSON Schema, and requests are checked
against the very ones that stand here (`neomag.asking.form`).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from neomag.asking.schemas import Schema
from neomag.service.problems import KINDS, MEDIA_TYPE

if TYPE_CHECKING:
    from litestar import Litestar
    from litestar.handlers import HTTPRouteHandler

JSON = "application/json"
# What any route may answer, whatever it is asked.
_ANY = ("bad-request", "too-large", "too-many-requests", "internal-error", "busy")


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter of the query or the path."""

    name: str
    says: str
    schema: Schema
    example: Any = None
    place: str = "query"
    required: bool = False

    def to_dict(self) -> dict[str, Any]:
        """As OpenAPI has it."""
        said: dict[str, Any] = {"name": self.name, "in": self.place, "description": self.says, "schema": dict(self.schema)}
        said["required"] = self.required or self.place == "path"
        if self.example is not None:
            said["example"] = self.example
        return said


@dataclass(frozen=True, slots=True)
class Content:
    """A body or an answer: its schema, and for a body examples by name, made when they are asked for."""

    says: str
    schema: Schema
    examples: Mapping[str, Callable[[], Any]] = field(default_factory=dict[str, Any])
    media_type: str = JSON

    def to_dict(self, examples: Mapping[str, Any]) -> dict[str, Any]:
        """As OpenAPI has it, with examples by name."""
        media: dict[str, Any] = {"schema": dict(self.schema)}
        if examples:
            media["examples"] = {name: {"value": value} for name, value in examples.items()}
        return {"description": self.says, "content": {self.media_type: media}}


@dataclass(frozen=True, slots=True)
class Operation:
    """What a route does. `problems` are the kinds of problem it may answer with, beyond those that any route may.

    `example` answers the example of a body (None where there is none) by doing the work, so that no example can be wrong.
    """

    summary: str
    says: str
    tag: str
    answer: Content
    parameters: tuple[Parameter, ...] = ()
    body: Content | None = None
    problems: tuple[str, ...] = ()
    answer_headers: Mapping[str, str] = field(default_factory=dict[str, str])
    also: Mapping[int, str] = field(default_factory=dict[int, str])
    example: Callable[[Any], Any] | None = None

    def to_dict(self, name: str, scope: str | None = None) -> dict[str, Any]:
        """As OpenAPI has it; `name` is the operation's id, `scope` what a caller must be allowed, where callers are asked."""
        known = ("not-authenticated", "not-allowed") if scope else ()
        kinds = dict.fromkeys((*self.problems, *_ANY, *known, *(("out-of-time", "slow-body") if self.body else ())))
        bodies = {name: make() for name, make in self.body.examples.items()} if self.body else {}
        answers = {name: self.example(given) for name, given in (bodies or {"an answer": None}).items()} if self.example else {}
        answer = self.answer.to_dict(answers)
        if self.answer_headers:
            answer["headers"] = {
                name: {"description": says, "schema": {"type": "string"}} for name, says in self.answer_headers.items()
            }
        said: dict[str, Any] = {
            "operationId": name,
            "summary": self.summary,
            "description": self.says,
            "tags": [self.tag],
            "responses": {"200": answer, **{str(status): {"description": says} for status, says in self.also.items()}},
        }
        for status in sorted({KINDS[kind][0] for kind in kinds}):
            titles = [KINDS[kind][1] for kind in kinds if KINDS[kind][0] == status]
            content = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
            said["responses"][str(status)] = {"description": "; ".join(titles), "content": content}
        if scope:
            said["security"] = [{"bearer": [scope]}, {"key": [scope]}]
        if self.parameters:
            said["parameters"] = [parameter.to_dict() for parameter in self.parameters]
        if self.body is not None:
            said["requestBody"] = {**self.body.to_dict(bodies), "required": True}
        return said


PROBLEM: Schema = {
    "type": "object",
    "description": "Problem details (RFC 9457). `errors` names each fault by its place: a JSON pointer into the body, "
    "?name for a parameter of the query, or the name of a header.",
    "required": ["type", "title", "status", "detail", "errors"],
    "properties": {
        "type": {"type": "string", "enum": [f"urn:neomag:problem:{kind}" for kind in KINDS]},
        "title": {"type": "string"},
        "status": {"type": "integer", "minimum": 400, "maximum": 599},
        "detail": {"type": "string"},
        "instance": {"type": "string", "description": "This one occurrence: the id in the server's log."},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["where", "says"],
                "properties": {"where": {"type": "string"}, "says": {"type": "string"}},
                "additionalProperties": False,
            },
        },
    },
}


# How a caller says who it is, where it is asked.
_SECURITY: Schema = {
    "bearer": {
        "type": "http",
        "scheme": "bearer",
        "description": "An API key, or a token of the site's OIDC issuer.",
    },
    "key": {"type": "apiKey", "in": "header", "name": "X-API-Key"},
}


def document(app: Litestar, schemas: Mapping[str, Schema], version: str, *, asks: bool = False) -> dict[str, Any]:
    """The document of an application; `schemas` are the components that its operations refer to.

    `asks` says whether callers are asked who they are: then each route that names a scope says that it needs one.
    """
    from litestar.routes import HTTPRoute

    paths: dict[str, dict[str, Any]] = {}
    for route in app.routes:
        if not isinstance(route, HTTPRoute):
            continue
        for handler in route.route_handlers:
            if not handler.resolve_include_in_schema():
                continue
            for method in sorted(handler.http_methods - {"OPTIONS", "HEAD"}):
                operation = _operation(handler, route.path_format)
                name, scope = _name(method, route.path_format), handler.opt.get("scope") if asks else None
                paths.setdefault(route.path_format, {})[method.lower()] = operation.to_dict(name, scope)
    components: dict[str, Any] = {
        "schemas": {**{name: dict(schema) for name, schema in schemas.items()}, "Problem": dict(PROBLEM)}
    }
    if asks:
        components["securitySchemes"] = dict(_SECURITY)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "neomag",
            "version": version,
            "description": "Decision support for magnesium deficiency in infants, birth to 24 months. "
            "Not a substitute for a clinician.",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": "/"}],
        "paths": dict(sorted(paths.items())),
        "components": components,
    }


def _operation(handler: HTTPRouteHandler, path: str) -> Operation:
    """What the handler says of itself; for one that says nothing, its docstring and the parameters of its path."""
    said = handler.opt.get("operation")
    if isinstance(said, Operation):
        return said
    says = " ".join((handler.fn.__doc__ or handler.handler_name).split())
    found = tuple(Parameter(name, name, {"type": "string"}, place="path") for name in re.findall(r"{([^}:]+)", path))
    return Operation(says.partition(". ")[0].rstrip("."), says, path.split("/")[1], Content("The answer.", {}), found)


def _name(method: str, path: str) -> str:
    words = [word for word in re.split(r"[^A-Za-z0-9]+", path) if word]
    return "-".join([method.lower(), *words])
