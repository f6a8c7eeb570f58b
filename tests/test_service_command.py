"""neomag serve: starts, says where, answers, logs plain lines, and stops without breaking off what it is doing."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import pytest
from click.testing import CliRunner

from neomag.cli import main


@contextmanager
def serving(*arguments: str) -> Iterator[tuple[str, subprocess.Popen[str], list[str]]]:
    """The address of a running `neomag serve`, its process, and the lines it writes."""
    command = [sys.executable, "-m", "neomag", "serve", "--port", "0", *arguments]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env={**os.environ, "PYTHONWARNINGS": "error"})
    assert process.stderr is not None
    first = process.stderr.readline()
    found = re.search(r"http://\S+", first)
    lines: list[str] = []
    reader = threading.Thread(target=lambda: lines.extend(process.stderr or ()))
    reader.start()
    try:
        assert found, first
        yield found[0], process, lines
    finally:
        process.kill()
        process.wait(30)
        reader.join(30)
        process.stderr.close()


def test_it_serves_and_stops_in_peace() -> None:
    with serving() as (address, process, lines):
        with httpx.Client(base_url=address, transport=httpx.HTTPTransport(retries=3)) as client:
            assert client.get("/health/ready").json()["status"] == "ready"
            case = {"case": "Ann Example", "now": "60 d", "events": [{"at": "60 d", "sign": "seizure"}]}
            assert client.post("/v1/assess", json=case).json()["urgency"] == "emergency"
            late: list[httpx.Response] = []
            plan = threading.Thread(
                target=lambda: late.append(httpx.post(f"{address}/v1/feed/plan", json={"age": "8mo"}, timeout=60))
            )
            plan.start()
            while client.get("/metrics").text.count('route="/v1/feed/plan"') == 0 and not late:
                if "neomag_http_requests_in_progress 2.0" in client.get("/metrics").text:
                    break
        process.send_signal(signal.SIGTERM)
        plan.join(60)
        assert process.wait(60) == 0
        assert [answer.status_code for answer in late] == [200]
    logged = [json.loads(line) for line in lines]
    assert {"/health/ready", "/v1/assess", "/v1/feed/plan"} <= {line["route"] for line in logged}
    assert not any("Ann" in line for line in lines)


def test_quiet_writes_no_line_for_a_request() -> None:
    with serving("--quiet") as (address, process, lines):
        assert httpx.get(f"{address}/health/live").status_code == 200
        process.send_signal(signal.SIGINT)
        assert process.wait(60) == 0
    assert lines == []


def test_a_port_that_is_taken() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        done = subprocess.run(
            [sys.executable, "-m", "neomag", "serve", "--port", str(taken.getsockname()[1])],
            capture_output=True, text=True, timeout=120,
        )  # fmt: skip
    assert done.returncode == 2
    assert "is something else listening there?" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("host", ["0.0.0.0", "192.0.2.1", "::", "example.org"])
def test_it_does_not_listen_beyond_this_machine_unasked(host: str) -> None:
    done = CliRunner().invoke(main, ["serve", "--host", host])
    assert done.exit_code == 2
    assert "--insecure-public" in done.stderr


def test_the_library_does_not_need_the_service() -> None:
    code = "import neomag, neomag.cli, sys; print([m for m in ('litestar', 'uvicorn', 'msgspec', 'httpx') if m in sys.modules])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"
