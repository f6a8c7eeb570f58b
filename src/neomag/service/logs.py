"""Logs in lines of JSON that hold no data of patients: what is not named here is not written.

The text of a message is written as the program has it, before any value is put into it; of an error, its kind and where it was
raised, not what it says. Values come only by `extra`, under the names of FIELDS.
"""

from __future__ import annotations

import json
import logging
import sys
from datetime import UTC, datetime
from pathlib import Path
from traceback import walk_tb
from typing import Any, TextIO

FIELDS = ("request_id", "method", "route", "status", "milliseconds", "bytes", "client", "reason", "count", "error")


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
