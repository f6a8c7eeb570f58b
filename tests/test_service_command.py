"""neomag serve: starts, says where, answers, logs plain lines, and stops without breaking off what it is doing."""

from __future__ import annotations

import asyncio
import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from click.testing import CliRunner

from neomag.cli import main


@pytest.fixture(autouse=True)
def _own_store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NEOMAG_STORE", f"sqlite:///{tmp_path / 'store.db'}")


@contextmanager
def serving(*arguments: str) -> Iterator[tuple[str, subprocess.Popen[str], list[str]]]:
    """The address of a running `neomag serve`, its process, and the lines it writes."""
    command = [sys.executable, "-m", "neomag", "serve", "--port", "0", *arguments]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env={**os.environ, "PYTHONWARNINGS": "error"})
    assert process.stderr is not None
    lines: list[str] = []
    while not (found := re.search(r"http://\S+", first := process.stderr.readline())) and first:
        lines.append(first)
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
def test_it_does_not_listen_beyond_this_machine_and_ask_nobody(host: str) -> None:
    done = CliRunner().invoke(main, ["serve", "--host", host], env={"NEOMAG_AUTH": "off"})
    assert done.exit_code == 2
    assert "insecure_public" in done.stderr


def test_beyond_this_machine_it_asks_who_calls() -> None:
    with serving("--host", "0.0.0.0") as (address, _, _):
        local = address.replace("0.0.0.0", "127.0.0.1")
        assert httpx.get(f"{local}/health/live").status_code == 200
        assert httpx.get(f"{local}/v1/rules").status_code == 401
        made = CliRunner().invoke(main, ["key", "add", "--client", "ward", "--scope", "read"])
        secret = made.stdout.split()[-1]
        assert httpx.get(f"{local}/v1/rules", headers={"authorization": f"Bearer {secret}"}).status_code == 200


def test_settings_that_cannot_be_used_are_named(tmp_path: Path) -> None:
    file = tmp_path / "settings.toml"
    file.write_text('hots = "127.0.0.1"\ntimeout = "soon"\n', "utf-8")
    done = CliRunner().invoke(main, ["serve", "--settings", str(file)])
    assert done.exit_code == 2
    assert "no setting `hots`" in done.stderr
    assert "timeout `soon`: write a number" in done.stderr
    wrong = CliRunner().invoke(main, ["serve"], env={"NEOMAG_STORE": f"sqlite:///{tmp_path / 'nowhere' / 'store.db'}"})
    assert wrong.exit_code == 2
    assert "No such file or directory" in wrong.stderr
    file.write_text(f'site_codes = ["{tmp_path / "none.csv"}"]\n', "utf-8")
    codes = CliRunner().invoke(main, ["serve", "--settings", str(file)])
    assert codes.exit_code == 2
    assert "none.csv: cannot be read as a table of codes (FileNotFoundError)" in codes.stderr


def test_hl7_messages_are_taken_by_the_same_process(tmp_path: Path) -> None:
    from neomag.hl7v2.mllp import send

    lines = [
        r"MSH|^~\&|LAB|HOSPITAL|NEOMAG|HOSPITAL|20260301120000||ORU^R01|M1|P|2.5.1",
        "PID|1||made-up-1||Example^Made Up||20260101|F",
        "OBR|1|||24321-2^panel^LN|||20260301110000",
        "OBX|1|NM|2601-3^Magnesium^LN||0.41|mmol/L|||||F|||20260301110000",
    ]
    settings = tmp_path / "settings.toml"
    settings.write_text(f'mllp_port = 0\nmllp_forward = "127.0.0.1:9"\nmllp_queue = "{tmp_path / "queue.db"}"\n', "utf-8")
    with serving("--settings", str(settings)) as (_, process, said):
        while not (found := re.search(r"port (\d+) for HL7 v2", " ".join(said))):
            assert process.poll() is None
            time.sleep(0.05)
        answer = asyncio.run(send("127.0.0.1", int(found[1]), "\r".join(lines).encode()))
        assert answer.good
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) == 0


def test_an_hl7_listener_that_cannot_begin_says_why(tmp_path: Path) -> None:
    settings = tmp_path / "settings.toml"
    with socket.create_server(("127.0.0.1", 0)) as taken:
        for given, says in (
            (f"mllp_port = {taken.getsockname()[1]}\nmllp_queue = '{tmp_path / 'q.db'}'", "for HL7 v2: "),
            (f"mllp_port = 0\nmllp_queue = '{tmp_path / 'nowhere' / 'q.db'}'", "no queue can be kept there"),
        ):
            settings.write_text(f'{given}\nmllp_forward = "127.0.0.1:9"\n', "utf-8")
            command = [sys.executable, "-m", "neomag", "serve", "--port", "0", "--settings", str(settings)]
            done = subprocess.run(command, capture_output=True, text=True, timeout=120)
            assert done.returncode == 2
            assert says in done.stderr.splitlines()[-1]
            assert "Traceback" not in done.stderr


def test_the_library_does_not_need_the_service() -> None:
    code = "import neomag, neomag.cli, sys; print([m for m in ('litestar', 'uvicorn', 'msgspec', 'httpx') if m in sys.modules])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"


def test_ctrl_c_before_it_serves_shows_no_traceback(tmp_path: Path) -> None:
    """Whenever it comes once neomag itself is being imported: Python's own first moments are not ours."""
    begun = tmp_path / "begun"
    # Called from within the import of the package, of the command and of the service, as a slow disk would let Ctrl-C fall there.
    for module in ("neomag.answer", "neomag.cli.serve", "litestar", "uvicorn"):
        begin = (
            "import sys, importlib.abc, pathlib, time\n"
            "class Slow(importlib.abc.MetaPathFinder):\n"
            "    def find_spec(self, name, path=None, target=None):\n"
            f"        if name == {module!r}:\n"
            f"            pathlib.Path({str(begun)!r}).touch()\n"
            "            time.sleep(60)\n"
            "sys.meta_path.insert(0, Slow())\n"
            "sys.argv = ['neomag', 'serve', '--port', '0']\n"
            "from neomag.cli import main\n"
            "main()\n"
        )
        begun.unlink(missing_ok=True)
        process = subprocess.Popen([sys.executable, "-c", begin], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        while not begun.exists() and process.poll() is None:
            time.sleep(0.01)
        process.send_signal(signal.SIGINT)
        said, wrong = process.communicate(timeout=60)
        assert process.returncode != 0
        assert (said, wrong.replace("Aborted!", "").strip()) == ("", ""), module
