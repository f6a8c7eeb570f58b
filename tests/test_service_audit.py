"""GET /v1/audit: the trail in pages that another program can check, and the verdict on all of it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from litestar.testing import TestClient
from tests.service import problem, where
from tests.store_help import tamper

from neomag.service.app import make_app
from neomag.service.auth import Gate
from neomag.service.auth.api_key import make_key
from neomag.service.settings import Settings
from neomag.service.store import Store
from neomag.service.store.canonical import digest

LOOPBACK = "http://127.0.0.1:8080"


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'store.db'}"


@pytest.fixture
def store(url: str) -> Iterator[Store]:
    with Store.open(url) as opened:
        for number in range(5):
            opened.record("assessment.read", "ward", f"a{number % 2}")
        yield opened


@pytest.fixture
def client(store: Store) -> Iterator[TestClient[Any]]:
    with TestClient(make_app(store=store), base_url=LOOPBACK) as made:
        yield made


def test_pages_hold_every_entry_once_and_their_chain_can_be_checked(client: TestClient[Any]) -> None:
    entries: list[dict[str, Any]] = []
    page: dict[str, Any] = {}
    after: int | None = 0
    while after is not None:
        page = client.get("/v1/audit", params={"after": after, "limit": 2}).json()
        entries += page["entries"]
        after = page["next"]
    assert [entry["sequence"] for entry in entries] == [1, 2, 3, 4, 5]
    previous = "0" * 64
    for entry in entries:
        told = entry.pop("hash")
        assert entry["previous"] == previous
        assert digest(entry) == told
        previous = told
    assert page["head"] == f"5:{previous}"
    assert [e["sequence"] for e in client.get("/v1/audit", params={"subject": "a1"}).json()["entries"]] == [2, 4]
    assert client.get("/v1/audit", params={"after": 5}).json() == {"entries": [], "next": None, "head": page["head"]}


def test_the_verdict_names_what_was_changed(client: TestClient[Any], url: str) -> None:
    head = client.get("/v1/audit").json()["head"]
    assert client.get("/v1/audit/verify", params={"anchor": head}).json() == {
        "whole": True,
        "entries": 5,
        "head": head,
        "breaks": [],
    }
    tamper(url, "UPDATE audit SET actor = 'nobody' WHERE sequence = 3")
    said = client.get("/v1/audit/verify").json()
    assert (said["whole"], [(one["kind"], one["sequence"]) for one in said["breaks"]]) == (False, [("changed", 3)])


def test_what_is_no_anchor_or_number_is_refused(client: TestClient[Any]) -> None:
    assert where(problem(client.get("/v1/audit/verify", params={"anchor": "x" * 70}), 422, "not-valid")) == ["?anchor"]
    assert where(problem(client.get("/v1/audit?after=-1"), 422, "not-valid")) == ["?after"]


def test_the_scope_audit_opens_the_trail_and_no_other_does(store: Store) -> None:
    keys = {scope: make_key(store, "test", "someone", [scope]) for scope in ("audit", "read")}
    settings = Settings(auth="required")
    with TestClient(make_app(settings, gate=Gate(settings, store), store=store), base_url=LOOPBACK) as asking:
        for path in ("/v1/audit", "/v1/audit/verify"):
            assert asking.get(path, headers={"X-API-Key": keys["audit"]}).status_code == 200
            problem(asking.get(path, headers={"X-API-Key": keys["read"]}), 403, "not-allowed")
            problem(asking.get(path), 401, "not-authenticated")


def test_without_a_store_there_is_no_trail() -> None:
    with TestClient(make_app(), base_url=LOOPBACK) as without:
        problem(without.get("/v1/audit"), 404, "not-found")
