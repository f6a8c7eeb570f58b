"""GET /openapi.json, and /docs: a plain page of every route. Nothing is fetched from elsewhere."""

from __future__ import annotations

import json
from html import escape
from typing import TYPE_CHECKING, Any

from litestar import Request, Response, Router, get

from neomag.service.openapi import Content, Operation
from neomag.service.rest.answers import fixed

if TYPE_CHECKING:
    from collections.abc import Iterator

_STYLE = (
    "body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}"
    "code,pre{font:14px/1.4 ui-monospace,monospace}pre{background:#f3f3f3;padding:.7rem;overflow:auto;max-height:20rem}"
    "h2{margin:2rem 0 0}@media(prefers-color-scheme:dark){body{background:#111;color:#ddd}pre{background:#222}a{color:#8cf}}"
)
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"


def _document(request: Request[Any, Any, Any]) -> dict[str, Any]:
    """The OpenAPI document, made once: its examples are worked out."""
    state = request.app.state
    if "document" not in state:
        state.document = state.make_document()
    return state.document


@get(
    "/openapi.json",
    opt={
        "operation": Operation(
            "This description", "OpenAPI 3.1.", "about", Content("The document.", {"type": "object", "required": ["openapi"]}),
            also={304: "Not changed: the ETag sent in If-None-Match is that of the answer."},
        )
    },
)  # fmt: skip
async def openapi(request: Request[Any, Any, Any]) -> Response[bytes]:
    """Describe the routes."""
    return fixed(request, await request.app.state.workers.run(_document, request))


@get("/docs", include_in_schema=False)
async def page(request: Request[Any, Any, Any]) -> Response[bytes]:
    """Describe the routes to people."""
    text = "\n".join(_lines(await request.app.state.workers.run(_document, request)))
    return Response(text.encode(), media_type="text/html", headers={"Content-Security-Policy": _POLICY})


def _lines(document: dict[str, Any]) -> Iterator[str]:
    info = document["info"]
    yield f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>neomag {escape(info["version"])}</title>'
    yield f'<meta name="viewport" content="width=device-width, initial-scale=1"><style>{_STYLE}</style></head><body>'
    yield f"<h1>neomag {escape(info['version'])}</h1><p>{escape(info['description'])}</p>"
    yield '<p>For programs: <a href="/openapi.json">openapi.json</a> (OpenAPI 3.1).</p>'
    for path, methods in document["paths"].items():
        for method, said in methods.items():
            yield f"<h2><code>{method.upper()} {escape(path)}</code></h2><p><b>{escape(said['summary'])}.</b> "
            yield f"{escape(said['description'])}</p>"
            yield from _parameters(said.get("parameters", []))
            body: dict[str, Any] = said.get("requestBody", {"content": {}})
            for media in body["content"].values():
                yield from _examples(media.get("examples", {}))
    yield "</body></html>"


def _examples(examples: dict[str, Any]) -> Iterator[str]:
    for name, example in examples.items():
        yield f"<p>Body, {escape(name)}:</p><pre>{escape(json.dumps(example['value'], ensure_ascii=False, indent=2))}</pre>"


def _parameters(parameters: list[dict[str, Any]]) -> Iterator[str]:
    if parameters:
        yield "<ul>"
        for one in parameters:
            yield f"<li><code>{escape(one['name'])}</code> ({escape(one['in'])}): {escape(one['description'])}</li>"
        yield "</ul>"


def router() -> Router:
    """The routes that describe the others."""
    return Router("/", route_handlers=[openapi, page])
