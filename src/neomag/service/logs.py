"""Logs in lines of JSON that hold no data of patients: what is not named here is not written.

The text of a message is written as the program has it, before any value is put into it; of an error, its kind and where it was
raised, not what it says. Values come only by `extra`, under the names of FIELDS.
"""

from __future__ import annotations

import json
import logging
import re
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from traceback import walk_tb
from typing import TYPE_CHECKING, Any, TextIO
from uuid import uuid4

if TYPE_CHECKING:
    from litestar.types import ASGIApp, Message, Receive, Scope, Send

FIELDS = ("request_id", "method", "route", "status", "milliseconds", "client", "reason", "count")
# An id of a request that came with it is kept when it cannot be a name or a number of a patient in disguise.
_REQUEST_ID = re.compile(r"[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}", re.IGNORECASE)
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_log = logging.getLogger("neomag.access")


class JsonLines(logging.Formatter):
    """Writes a record as one line of JSON."""

    def format(self, record: logging.LogRecord) -> str:
        """The line."""
        said: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "level": record.levelname.lower(),
            "logger": record.name,
            # Only a text that stands in a program: other libraries put values into theirs before they log them.
            "says": str(record.msg) if record.name.startswith("neomag") else "",
        }
        said |= {name: getattr(record, name) for name in FIELDS if hasattr(record, name)}
        if record.exc_info and record.exc_info[1] is not None:
            said["error"] = error_of(record.exc_info[1])
        return json.dumps(said)


def error_of(error: BaseException) -> dict[str, Any]:
    """The kind of an error and the lines that led to it; never its text, which may hold a value."""
    places = [
        f"{Path(frame.f_code.co_filename).name}:{line} {frame.f_code.co_name}" for frame, line in walk_tb(error.__traceback__)
    ]
    return {"kind": type(error).__name__, "at": places[-20:]}


def configure(level: str = "info", stream: TextIO | None = None) -> None:
    """Send the logs of the process to `stream` (standard error), each in a line of JSON; other libraries' from warnings on.

    Litestar and uvicorn bring settings of their own that undo this: give them `logging_config=None` and `log_config=None`.
    """
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(JsonLines())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)
    logging.getLogger("neomag").setLevel(level.upper())
    for name in list(logging.root.manager.loggerDict):
        # A library that brings its own handlers would write past the rules above, as uvicorn does with paths.
        logging.getLogger(name).handlers.clear()
        logging.getLogger(name).propagate = True


class AccessLog:
    """A line for each request: its id, method, route (as written in the program, not as called), status, duration and client.

    Outermost around the application, so that what no route answers is seen too. Gives the id back as X-Request-ID.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer the request and log it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        start, status = time.perf_counter(), 500
        given = dict(scope["headers"]).get(b"x-request-id", b"").decode("latin-1")
        request_id = given.lower() if _REQUEST_ID.fullmatch(given) else str(uuid4())

        async def noting(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [*message.get("headers", []), (b"x-request-id", request_id.encode())]
            await send(message)

        error: BaseException | None = None
        try:
            await self._app(scope, receive, noting)
        except BaseException as raised:
            error = raised
            raise
        finally:
            any_scope: Any = scope
            told = {
                "request_id": request_id,
                "method": scope["method"] if scope["method"] in _METHODS else "other",
                "route": any_scope.get("path_template") or "none",
                "status": status,
                "milliseconds": round((time.perf_counter() - start) * 1000, 2),
                "client": getattr(any_scope.get("user"), "client", None),
            }
            level = logging.ERROR if status >= 500 else logging.INFO
            _log.log(
                level, "request", extra=told, exc_info=None if error is None else (type(error), error, error.__traceback__)
            )
