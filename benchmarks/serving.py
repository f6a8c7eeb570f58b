"""A server of neomag in a process of its own, with one more route that does nothing, to measure the others against."""

from __future__ import annotations

import atexit
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
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
    """The whole service, with the empty route. What is assessed is kept only when NEOMAG_SAVE says so."""
    from neomag.service.settings import Settings
    from neomag.service.store import Store
    from neomag.service.whole import make_service

    # The folder goes with the process. All clients of a measurement are one, and none is told to wait.
    folder = TemporaryDirectory()
    atexit.register(folder.cleanup)
    settings = Settings(save=os.environ.get("NEOMAG_SAVE") == "true", rate=1e6, burst=1_000_000)
    store = Store.open(f"sqlite:///{folder.name}/store.db")
    return make_service(settings, store, routers=[Router("/bench", route_handlers=[empty])], clock=lambda: NOW)


@contextmanager
def server(*, save: bool = False) -> Iterator[tuple[int, int]]:
    """The port and the process id of a server that is ready; with `save` it keeps what it assesses."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "uvicorn", "benchmarks.serving:make", "--factory", "--port", str(port)]
    environment = {**os.environ, "NEOMAG_SAVE": str(save).lower()}
    process = subprocess.Popen([*command, "--no-access-log", "--log-level", "warning"], env=environment)
    try:
        _wait(port, process)
        yield port, process.pid
    finally:
        process.terminate()
        process.wait(30)


def cpu_seconds(process: int) -> float:
    """The time of a processor that a process has used so far, in seconds."""
    fields = Path(f"/proc/{process}/stat").read_text("ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


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
