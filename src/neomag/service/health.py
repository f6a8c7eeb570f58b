"""Whether the service lives, and whether it is ready: GET /health/live, /health/ready and /metrics."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import msgspec
from litestar import Request, Response, Router, get

from neomag.rules import rulebook
from neomag.service.metrics import Metrics
from neomag.service.openapi import JSON, Content, Operation
from neomag.service.problems import Fault, ProblemError

if TYPE_CHECKING:
    from collections.abc import Mapping

Check = Callable[[], object]
_CHECK_SECONDS = 5.0
_STATE = {"type": "object", "required": ["status"], "properties": {"status": {"type": "string"}}}


def checks_of(store: Any) -> Mapping[str, Check]:
    """What must hold before requests are sent here, by name; each raises when it does not."""
    checks: dict[str, Check] = {"knowledge": lambda: rulebook().knowledge.version, "rules": _rules}
    if store is not None:
        checks["store"] = store.head
    return checks


def _rules() -> None:
    """The compiled rules answer the smallest case."""
    from neomag.assess import assess
    from neomag.case import Case

    assess(Case.from_dict({"now": "1 d"}))


@get(
    "/health/live",
    opt={
        "operation": Operation(
            "Whether the process lives", "Nothing is checked: who answers, lives.", "health", Content("It does.", _STATE)
        )
    },
)
async def live() -> Response[bytes]:
    """Answer."""
    return Response(b'{"status":"live"}', media_type=JSON)


@get(
    "/health/ready",
    opt={
        "operation": Operation(
            "Whether requests can be answered",
            "The knowledge is loaded, the rules are compiled, the store can be reached.",
            "health",
            Content("They can.", _STATE),
            problems=("not-ready",),
        )
    },
)
async def ready(request: Request[Any, Any, Any]) -> Response[bytes]:
    """Try each check."""
    checks: Mapping[str, Check] = request.app.state.checks
    failed: list[Fault] = []
    for name, check in checks.items():
        try:
            async with asyncio.timeout(_CHECK_SECONDS):
                await asyncio.to_thread(check)
        except Exception as error:  # noqa: BLE001 - whatever it was, the service is not ready
            failed.append(Fault(name, f"cannot be used ({type(error).__name__})"))
    if failed:
        raise ProblemError.of("not-ready", "; ".join(f"{fault.where}: {fault.says}" for fault in failed), failed)
    return Response(msgspec.json.encode({"status": "ready", "checks": list(checks)}), media_type=JSON)


@get(
    "/metrics",
    opt={
        "scope": "metrics",
        "operation": Operation(
            "Metrics",
            "Requests by method, route and status, and times, in the text format of Prometheus. No data of patients.",
            "health",
            Content("The metrics.", {"type": "string"}, media_type="text/plain"),
        ),
    },
)
async def metrics(request: Request[Any, Any, Any]) -> Response[bytes]:
    """Give the metrics."""
    found: Metrics = request.app.state.metrics
    return Response(found.text(), media_type=found.content_type)


def router() -> Router:
    """The routes of health."""
    return Router("/", route_handlers=[live, ready, metrics])
