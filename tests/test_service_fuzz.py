"""Malformed requests of every kind are refused in problem details; none is answered with 500, and the server lives on."""

from __future__ import annotations

import socket
from collections import Counter
from itertools import islice

import httpx
import pytest
from benchmarks.serving import server
from tests.service import PROBLEM, Client
from tools.fuzz_http import Asked, no_http, requests


def send(client: Client, asked: Asked) -> int:
    headers = {name.encode(): value.encode("latin-1", "replace") for name, value in asked.headers.items()}
    try:
        answer = client.request(asked.method, asked.path, content=asked.body, headers=headers)  # type: ignore[arg-type]
    except httpx.InvalidURL:
        return 0
    assert answer.status_code < 500, (asked, answer.text)
    if answer.status_code >= 400 and asked.method != "HEAD":
        assert answer.headers["content-type"] == PROBLEM, asked
        said = answer.json()
        assert said["status"] == answer.status_code, asked
        assert said["detail"], asked
    return answer.status_code


def refuse(client: Client, count: int, seed: int) -> Counter[tuple[str, int]]:
    return Counter((asked.kind, send(client, asked)) for asked in islice(requests(seed), count))


def told(found: Counter[tuple[str, int]], count: int) -> None:
    by_status = Counter[int]()
    for (_, status), number in found.items():
        by_status[status] += number
    assert sum(by_status.values()) == count
    assert {400, 404, 405, 415, 422} <= set(by_status)
    assert sum(number for status, number in by_status.items() if status >= 400) > count / 2


def test_a_few_hundred(client: Client) -> None:
    told(refuse(client, 600, seed=1), 600)


@pytest.mark.slow
def test_ten_thousand(client: Client) -> None:
    found = refuse(client, 10_000, seed=2)
    told(found, 10_000)
    assert len({kind for kind, _ in found}) >= 15


@pytest.mark.slow
def test_what_is_no_http_at_all() -> None:
    """uvicorn refuses it before the application sees it: with 400, or by closing the connection."""
    statuses = Counter[bytes]()
    with server() as (port, _):
        for data in islice(no_http(seed=3), 400):
            with socket.create_connection(("127.0.0.1", port), timeout=20) as connection:
                connection.sendall(data)
                connection.shutdown(socket.SHUT_WR)
                try:
                    statuses[connection.recv(65536)[9:12]] += 1
                except ConnectionError:
                    statuses[b"reset"] += 1
        assert httpx.get(f"http://127.0.0.1:{port}/health/ready").status_code == 200
    assert b"500" not in statuses
    assert statuses[b"400"] > 100
