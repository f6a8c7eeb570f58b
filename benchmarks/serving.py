"""A server of neomag in a process of its own, with one more route that does nothing, to measure the others against."""

from __future__ import annotations

import atexit
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from tempfile import TemporaryDirectory
from typing import Any

from litestar import Litestar, Request, Response, Router, post

# When the hooks of CDS Hooks are called: the infants of the examples were born on 2026-01-01 (tests/fhir_cases.py).
NOW = datetime(2026, 2, 15, tzinfo=UTC)


@post("/empty", status_code=200)
async def empty(request: Request[Any, Any, Any]) -> Response[bytes]:
    """Read the body, and answer nothing."""
    await request.body()
    return Response(b"{}", media_type="application/json")


def make() -> Litestar:
    """The application, with the empty route."""
    from neomag.service import cds
    from neomag.service.app import make_app
    from neomag.service.settings import Settings
    from neomag.service.store import Store

    settings = Settings()
    # Feedback is kept; the folder goes with the process.
    folder = TemporaryDirectory()
    atexit.register(folder.cleanup)
    hooks = cds.router(settings, store=Store.open(f"sqlite:///{folder.name}/store.db"), clock=lambda: NOW)
    return make_app(settings, routers=[Router("/bench", route_handlers=[empty]), hooks])


@contextmanager
def server() -> Iterator[tuple[int, int]]:
    """The port and the process id of a server that is ready."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "uvicorn", "benchmarks.serving:make", "--factory", "--port", str(port)]
    process = subprocess.Popen([*command, "--no-access-log", "--log-level", "warning"])
    try:
        _wait(port, process)
        yield port, process.pid
    finally:
        process.terminate()
        process.wait(30)


def _wait(port: int, process: subprocess.Popen[bytes]) -> None:
    import time
    import urllib.error
    import urllib.request

    for _ in range(300):
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/health/ready", timeout=5).close()
            return
        except (urllib.error.URLError, ConnectionError):
            if process.poll() is not None:
                raise SystemExit("the server did not start") from None
            time.sleep(0.1)
    raise SystemExit("the server did not become ready")
