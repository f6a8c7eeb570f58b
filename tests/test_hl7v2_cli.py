"""neomag hl7 read and listen, as people run them."""

from __future__ import annotations

import asyncio
import contextlib
import json
import signal
import socket
import sys
from collections.abc import AsyncGenerator, Sequence
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from tests.hl7v2_made_up import CA, MG, NAMES, lab, message, obx

from neomag import Case
from neomag.cli import main
from neomag.hl7v2.ack import ACCEPTED, Outcome, acknowledge
from neomag.hl7v2.message import head_of
from neomag.hl7v2.mllp import Server, send, serve


def ran(*arguments: str, input: bytes | None = None) -> Any:  # noqa: A002
    return CliRunner().invoke(main, ["hl7", *arguments], input=input)


def test_reading_a_file(tmp_path: Path) -> None:
    file = tmp_path / "message.hl7"
    file.write_bytes(message(obx(MG, "0.41"), obx("2532-0^Magnesium^LN", "0.5"), obx(CA, "1.7", "")))
    found = ran("read", str(file))
    assert found.exit_code == 0
    assert "lab: magnesium" in found.output
    assert "# OBX[2]-3: a name that contradicts its code" in found.output
    assert "# OBX[3]-6: a value without a unit" in found.output
    assert "DEFICIENT" in ran("read", "--assess", str(file)).output


def test_what_is_printed_is_a_case() -> None:
    found = ran("read", "-", "--format", "json", "--assess", input=message(obx(MG, "0.41"), obx(CA, "1.7", "")))
    said = json.loads(found.output)
    case = Case.from_dict(said["case"])
    assert [(e.code, e.value) for e in case.events] == [("magnesium", 0.41)]
    assert said["answer"]["magnesium"]["status"] == "deficient"
    import yaml

    text = ran("read", "-", input=lab()).output
    assert Case.from_dict(yaml.safe_load(text)).events == case.events


def test_several_messages_of_which_one_cannot_be_used(tmp_path: Path) -> None:
    file = tmp_path / "many.hl7"
    file.write_bytes(b"\x0b" + lab() + b"\x1c\r\x0b" + lab("0.4", "") + b"\x1c\r\x0b" + lab("0.6") + b"\x1c\r")
    found = ran("read", str(file), str(tmp_path / "none"), "--format", "json")
    assert found.exit_code == 2
    assert len(found.stdout.splitlines()) == 2
    assert f"neomag: {file} message 2: OBX[1]-6: a value without a unit" in found.stderr
    assert "none: No such file or directory" in found.stderr


@pytest.mark.parametrize("text", [b"", b"nothing", b"\xff\xfe\x00", b"MSH|^~\\&"])
def test_reading_what_is_no_message(text: bytes) -> None:
    found = ran("read", "-", input=text)
    assert found.exit_code == 2
    assert found.stderr.startswith("neomag: standard input: ")
    assert found.exception is None or isinstance(found.exception, SystemExit)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--zone", "Middle/Earth"], "--zone Middle/Earth is no zone"), (["--charset", "EBCDIC"], "--charset EBCDIC is not read"),
        (["--site-codes", "/none.csv"], "cannot be read as a table of codes"),
    ],
)  # fmt: skip
def test_options_that_cannot_be(arguments: list[str], says: str) -> None:
    found = ran("read", "-", *arguments, input=lab())
    assert found.exit_code == 2
    assert says in found.stderr


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ([], "an interpretation would go nowhere"), (["--forward", "nowhere"], "write HOST:PORT"),
        (["--forward", "localhost:99999"], "write HOST:PORT"), (["--webhook", "ftp://x"], "write https://"),
        (["--webhook", "https://u:p@x/"], "--webhook-token-file"), (["--webhook", "http://hook.example/"], "in the clear"),
        (["--forward", "10.0.0.1:2575"], "--forward 10.0.0.1 is beyond this machine"),
        (["--host", "0.0.0.0", "--forward", "localhost:1"], "--host 0.0.0.0 is beyond this machine"),
        (["--host", "::", "--forward", "[::1]:1"], "--host :: is beyond this machine"),
        (["--forward", "localhost:1", "--tls-client-ca", __file__], "need --tls-cert"),
        (["--forward", "localhost:1", "--tls-cert", __file__], "no certificate with its key"),
        (["--forward", "10.0.0.1:2575", "--forward-ca", __file__], "no certificates in PEM"),
        (["--forward", "localhost:1", "--queue", "/none/queue"], "no queue can be kept there"),
    ],
)  # fmt: skip
def test_listening_that_is_refused(arguments: list[str], says: str) -> None:
    found = ran("listen", "--port", "0", *arguments)
    assert found.exit_code == 2
    assert says in found.stderr


def test_an_address_that_is_taken(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        found = ran("listen", "--port", port, "--forward", "localhost:1", "--queue", str(tmp_path / "q"))
    assert found.exit_code == 2
    assert f"port {port} cannot be listened at" in found.stderr


@contextlib.asynccontextmanager
async def listening(folder: Path, *arguments: str) -> AsyncGenerator[tuple[asyncio.subprocess.Process, int], None]:
    """The command in a process of its own, and its port."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "neomag", "hl7", "listen", "--port", "0", "--queue", str(folder / "queue.sqlite"), *arguments,
        stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    try:
        assert process.stderr is not None
        async with asyncio.timeout(60):
            while b"listening at" not in (line := await process.stderr.readline()):
                assert line, "it ended before it listened"
        yield process, int(line.split(b"port ")[1].split(b";")[0])
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


class Receiver:
    """Another system, which takes every message."""

    def __init__(self) -> None:
        self.got: list[bytes] = []
        self.server: Server | None = None

    async def __call__(self, raw: bytes) -> Sequence[bytes]:
        self.got.append(raw)
        return acknowledge(head_of(raw), Outcome(ACCEPTED))

    async def have(self, count: int) -> None:
        async with asyncio.timeout(60):
            while len(self.got) < count:
                await asyncio.sleep(0.02)


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as found:
        return found.getsockname()[1]


@pytest.mark.parametrize("sign", [signal.SIGTERM, signal.SIGINT])
def test_a_result_goes_through_and_a_signal_stops_quietly(tmp_path: Path, sign: signal.Signals) -> None:
    async def run() -> bytes:
        receiver = Receiver()
        server = await serve("127.0.0.1", 0, receiver)
        async with listening(tmp_path, "--forward", f"127.0.0.1:{server.port}") as (process, port):
            assert (await send("127.0.0.1", port, lab())).good
            assert (await send("127.0.0.1", port, lab("0.4", ""))).code == "AE"
            await receiver.have(1)
            process.send_signal(sign)
            assert process.stderr is not None
            rest = await process.stderr.read()
            assert await process.wait() == 0
        await server.stop()
        assert b"deficient" in receiver.got[0]
        return rest

    logged = asyncio.run(run()).decode()
    assert "ORU A" in logged
    assert not any(name in logged for name in (*NAMES, "0.41"))
    assert "Traceback" not in logged


def test_what_was_acknowledged_survives_a_kill(tmp_path: Path) -> None:
    async def run() -> None:
        port = free_port()  # where nobody listens yet
        async with listening(tmp_path, "--forward", f"127.0.0.1:{port}") as (process, at):
            taken = [(await send("127.0.0.1", at, lab(f"0.4{n}").replace(b"|42|", b"|%d|" % n))).good for n in range(10)]
            assert all(taken)
            process.kill()
            await process.wait()
        receiver = Receiver()
        server = await serve("127.0.0.1", port, receiver)
        async with listening(tmp_path, "--forward", f"127.0.0.1:{port}") as (_, at):
            await receiver.have(10)
            assert [f"0.4{n} mmol/L".encode() in raw for n, raw in enumerate(receiver.got)] == [True] * 10
            # Sent once more, it is known.
            assert (await send("127.0.0.1", at, lab("0.43").replace(b"|42|", b"|3|"))).good
        assert len(receiver.got) == 10
        await server.stop()

    asyncio.run(run())


def test_a_card_is_posted(tmp_path: Path) -> None:
    async def run() -> None:
        posted: asyncio.Queue[tuple[bytes, bytes]] = asyncio.Queue()

        async def hook(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            head = await reader.readuntil(b"\r\n\r\n")
            length = int(
                next(line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length")).split(b":")[1]
            )
            posted.put_nowait((head, await reader.readexactly(length)))
            writer.write(b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n")
            await writer.drain()
            writer.close()

        token = tmp_path / "token"
        token.write_text("secret\n", "utf-8")
        async with await asyncio.start_server(hook, "127.0.0.1", 0) as server:
            url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/card"
            async with listening(tmp_path, "--webhook", url, "--webhook-token-file", str(token)) as (_, port):
                assert (await send("127.0.0.1", port, lab())).good
                async with asyncio.timeout(60):
                    head, body = await posted.get()
        assert b"authorization: bearer secret" in head.lower()
        assert json.loads(body)["cards"][0]["indicator"] == "warning"

    asyncio.run(run())
