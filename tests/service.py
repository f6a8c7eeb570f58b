"""A client of the service for tests, and what the command line says for comparison."""

from __future__ import annotations

import json
from typing import Any

from click.testing import CliRunner
from litestar import Litestar
from litestar.testing import TestClient

from neomag.cli import main

PROBLEM = "application/problem+json"
Client = TestClient[Litestar]


def command(*arguments: str, status: int = 0, text: str | None = None) -> Any:
    """The JSON that a command prints."""
    done = CliRunner().invoke(main, [*arguments, "--format", "json"], input=text)
    assert done.exit_code == status, done.output
    return json.loads(done.stdout)


def problem(answer: Any, status: int, kind: str) -> dict[str, Any]:
    """The problem that an answer is, checked as every problem must be."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == PROBLEM
    said = answer.json()
    assert set(said) == {"type", "title", "status", "detail", "errors", "instance"}
    assert said["type"] == f"urn:neomag:problem:{kind}"
    assert said["status"] == status
    assert said["detail"]
    assert said["instance"] == f"urn:neomag:request:{answer.headers['x-request-id']}"
    assert "Traceback" not in answer.text
    return said


def where(said: dict[str, Any]) -> list[str]:
    """The places of a problem's faults."""
    return [fault["where"] for fault in said["errors"]]
