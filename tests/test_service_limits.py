"""The limits hold: size, slowness, nesting, time, and how much is done at once; and they leave nothing behind."""

from __future__ import annotations

import asyncio
import json
import threading
import time
from collections.abc import Sequence
from typing import Any

import pytest
from litestar import Litestar, Request, Response, Router, get

from neomag.feeding.errors import OutOfTimeError
from neomag.feeding.highs import HighsSession
from neomag.feeding.plan import Request as Asked
from neomag.feeding.plan import plan
from neomag.service.app import make_app
from neomag.service.limits import Workers
from neomag.service.problems import ProblemError
from neomag.service.settings import Settings

SMALL = Settings(max_body=1_000, body_timeout=0.2, timeout=0.5, max_requests=3, workers=1)


def scope(path: str, *headers: tuple[str, str], method: str = "POST") -> dict[str, Any]:
    return {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": method, "scheme": "http", "path": path,
        "raw_path": path.encode(), "query_string": b"", "root_path": "", "client": ("127.0.0.1", 1), "server": ("test", 80),
        "headers": [(name.encode(), value.encode()) for name, value in (("content-type", "application/json"), *headers)],
    }  # fmt: skip


async def ask(app: Litestar, asked: dict[str, Any], parts: Sequence[bytes] = (), *, wait: float = 0.0, end: bool = True) -> Any:
    """The status and the body of the answer to a body that comes in parts, each after a wait; how many were taken."""
    sent: list[Any] = []
    taken = 0

    async def receive() -> Any:
        nonlocal taken
        await asyncio.sleep(wait)
        if taken < len(parts):
            taken += 1
            return {"type": "http.request", "body": parts[taken - 1], "more_body": taken < len(parts) or not end}
        if not end:
            await asyncio.sleep(60)
        return {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        sent.append(message)

    await app(asked, receive, send)  # type: ignore[arg-type]
    body = b"".join(message.get("body", b"") for message in sent)
    return sent[0]["status"], json.loads(body), taken


CASE = b'{"now": "3 d"}'


def test_a_body_that_says_it_is_too_large_is_not_read() -> None:
    status, said, taken = asyncio.run(ask(make_app(SMALL), scope("/v1/assess", ("content-length", "1001")), [b" " * 1001]))
    assert (status, said["type"], taken) == (413, "urn:neomag:problem:too-large", 0)
    assert "1000 bytes" in said["detail"]


def test_a_body_without_a_length_is_read_to_the_limit_and_no_further() -> None:
    app, chunked = make_app(SMALL), ("transfer-encoding", "chunked")
    status, said, taken = asyncio.run(ask(app, scope("/v1/assess", chunked), [b" " * 300] * 100))
    assert (status, said["type"], taken) == (413, "urn:neomag:problem:too-large", 4)
    status, said, taken = asyncio.run(ask(app, scope("/v1/assess", chunked), [CASE[:5], CASE[5:]]))
    assert (status, taken) == (200, 2)


@pytest.mark.parametrize("length", ["x", "-1", "1e3", "9" * 30])
def test_a_length_that_is_none(length: str) -> None:
    status, _, taken = asyncio.run(ask(make_app(SMALL), scope("/v1/assess", ("content-length", length)), [CASE]))
    assert status in (400, 413)
    assert taken == 0


@pytest.mark.parametrize("end", [True, False])
def test_a_slow_body_is_not_waited_for(end: bool) -> None:
    start = time.monotonic()
    parts = [bytes([byte]) for byte in CASE] if end else [CASE]
    status, said, _ = asyncio.run(
        ask(make_app(SMALL), scope("/v1/assess", ("content-length", "14")), parts, wait=0.05, end=end)
    )
    assert (status, said["type"]) == (408, "urn:neomag:problem:slow-body")
    assert time.monotonic() - start < 10


def test_a_body_that_breaks_off() -> None:
    async def broken() -> Any:
        return await ask(make_app(SMALL), scope("/v1/assess", ("content-length", "14")), [])

    status, said, _ = asyncio.run(broken())
    assert (status, said["type"]) == (400, "urn:neomag:problem:bad-request")


@get("/sleep")
async def sleep(request: Request[Any, Any, Any]) -> Response[bytes]:
    await asyncio.sleep(0.3 if request.headers.get("short") else 30)
    return Response(b"{}", media_type="application/json")


def test_an_answer_that_takes_too_long_is_given_up() -> None:
    app = make_app(SMALL, routers=[Router("/x", route_handlers=[sleep])])
    status, said, _ = asyncio.run(ask(app, scope("/x/sleep", method="GET")))
    assert (status, said["type"]) == (503, "urn:neomag:problem:out-of-time")


def test_no_more_at_once_than_set_and_health_answers_all_the_same() -> None:
    app = make_app(SMALL, routers=[Router("/x", route_handlers=[sleep])])

    async def crowd() -> Any:
        asked = [ask(app, scope("/x/sleep", ("short", "1"), method="GET")) for _ in range(5)]
        waiting = [asyncio.create_task(one) for one in asked]
        await asyncio.sleep(0.1)
        health = await ask(app, scope("/health/live", method="GET"))
        found = await asyncio.gather(*waiting)
        return health[0], sorted(one[0] for one in found), (await ask(app, scope("/x/sleep", ("short", "1"), method="GET")))[0]

    assert asyncio.run(crowd()) == (200, [200, 200, 200, 503, 503], 200)


def test_work_in_threads_is_bounded_and_what_was_given_up_still_counts() -> None:
    workers = Workers(Settings(workers=1, timeout=1), 2)
    gate = threading.Event()

    async def crowd() -> None:
        jobs = [asyncio.create_task(workers.run(gate.wait, 20)) for _ in range(2)]
        await asyncio.sleep(0.05)
        with pytest.raises(ProblemError) as busy:
            await workers.run(lambda: 1)
        assert busy.value.problem.kind == "busy"
        jobs[0].cancel()
        await asyncio.sleep(0.05)
        with pytest.raises(ProblemError):
            await workers.run(lambda: 1)
        gate.set()
        await jobs[1]
        await asyncio.sleep(0.05)
        assert await workers.run(lambda: 1) == 1

    asyncio.run(crowd())
    workers.close()


def test_a_plan_is_whole_or_there_is_none() -> None:
    def until(seconds: float) -> Any:
        return lambda problem: HighsSession(problem, until=time.monotonic() + seconds)  # pyright: ignore[reportUnknownLambdaType]

    asked = Asked(age_months=8, ranges=False)
    assert plan(asked, make=until(600)) == plan(asked)
    for seconds in (-1.0, 0.0, 0.001):
        with pytest.raises(OutOfTimeError):
            plan(asked, make=until(seconds))


def test_a_plan_out_of_time_is_a_problem() -> None:
    app = make_app(Settings(timeout=0.02))
    body = b'{"age": "8mo"}'
    status, said, _ = asyncio.run(ask(app, scope("/v1/feed/plan", ("content-length", str(len(body)))), [body]))
    assert (status, said["type"]) == (503, "urn:neomag:problem:out-of-time")
