"""The service with its gate and its store: who may ask, what is kept, and what is asked twice."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from litestar.testing import TestClient
from tests.service import Client, problem

from neomag.service.auth.api_key import make_key
from neomag.service.settings import Settings
from neomag.service.store import Store
from neomag.service.whole import make_service

CASE = {"case": "made up", "now": "60 d", "events": [{"at": "60 d", "sign": "seizure"}]}
LOOPBACK = "http://127.0.0.1"


@pytest.fixture
def store(store_url: str) -> Iterator[Store]:
    with Store.open(store_url) as opened:
        yield opened


@pytest.fixture
def guarded(store: Store) -> Iterator[Client]:
    with TestClient(make_service(Settings(auth="required"), store), base_url=LOOPBACK) as client:
        yield client


def key(store: Store, *scopes: str, client: str = "ward") -> dict[str, str]:
    return {"authorization": f"Bearer {make_key(store, 'test', client, scopes)}"}


def test_a_route_asks_for_its_scope(guarded: Client, store: Store) -> None:
    problem(guarded.post("/v1/assess", json=CASE), 401, "not-authenticated")
    problem(guarded.post("/v1/assess", json=CASE, headers={"authorization": "Bearer nothing"}), 401, "not-authenticated")
    reader = key(store, "read")
    said = problem(guarded.post("/v1/assess", json=CASE, headers=reader), 403, "not-allowed")
    assert "`assess`" in said["detail"]
    assert guarded.get("/v1/rules", headers=reader).status_code == 200
    assert guarded.post("/v1/assess", json=CASE, headers=key(store, "assess")).json()["urgency"] == "emergency"
    problem(guarded.get("/metrics"), 401, "not-authenticated")
    assert guarded.get("/metrics", headers=key(store, "metrics")).status_code == 200
    for path in ("/health/live", "/health/ready", "/openapi.json", "/docs"):
        assert guarded.get(path).status_code == 200


def test_every_route_that_reads_or_computes_names_a_scope(guarded: Client) -> None:
    paths = guarded.get("/openapi.json").json()["paths"]
    # Open: what says that the service lives, what it can do, and the beginnings of a login.
    free = ("/health", "/openapi", "/docs", "/fhir/metadata", "/fhir/OperationDefinition", "/cds-services", "/smart")
    for path, operations in paths.items():
        for method in operations:
            answer = guarded.request(method, path.replace("{", "").replace("}", ""))
            assert path.startswith(free) or answer.status_code == 401, (method, path)


def test_too_many_requests_wait(store: Store) -> None:
    with TestClient(make_service(Settings(rate=0.01, burst=2), store), base_url=LOOPBACK) as client:
        assert [client.get("/v1/rules").status_code for _ in range(2)] == [200, 200]
        answer = client.get("/v1/rules")
        problem(answer, 429, "too-many-requests")
        assert int(answer.headers["retry-after"]) >= 1
        assert client.get("/health/live").status_code == 200


def test_an_assessment_is_kept_and_can_be_read_by_its_client(guarded: Client, store: Store) -> None:
    mine, others = key(store, "assess", "read"), key(store, "read", client="other")
    answer = guarded.post("/v1/assess", json=[CASE, CASE], headers=mine)
    first, second = answer.headers["neomag-assessment"].split(", ")
    assert first != second
    kept = guarded.get(f"/v1/assessments/{first}", headers=mine).json()
    assert kept["case"] == CASE
    assert kept["answer"] == answer.json()[0]
    assert kept["knowledge"] == answer.json()[0]["knowledge"]
    problem(guarded.get(f"/v1/assessments/{first}", headers=others), 404, "not-found")
    assert store.verify() == []
    assert [entry.subject for entry in store.entries() if entry.action == "assessment.save"] == [first, second]


def test_a_request_repeated_with_its_key_is_answered_as_before(guarded: Client, store: Store) -> None:
    asked = key(store, "assess") | {"idempotency-key": "7f3a"}
    first, again = (guarded.post("/v1/assess", json=CASE, headers=asked) for _ in range(2))
    assert again.content == first.content
    assert again.headers["idempotency-replayed"] == "true"
    problem(guarded.post("/v1/assess", json=CASE | {"case": "other"}, headers=asked), 409, "conflict")
    assert len([entry for entry in store.entries() if entry.action == "assessment.save"]) == 1
    problem(guarded.post("/v1/assess", json=CASE, headers=asked | {"idempotency-key": "x" * 300}), 400, "bad-request")


def test_nothing_is_kept_unless_it_is_to_be(store: Store) -> None:
    with TestClient(make_service(Settings(save=False), store), base_url=LOOPBACK) as client:
        asked = {"idempotency-key": "7f3a"}
        assert "neomag-assessment" not in client.post("/v1/assess", json=CASE).headers
        assert client.post("/v1/assess", json=CASE, headers=asked).status_code == 200
        assert client.post("/v1/assess", json=CASE, headers=asked).headers["idempotency-replayed"] == "true"
    assert not [entry for entry in store.entries() if entry.action == "assessment.save"]


def test_a_store_that_is_gone_is_a_problem_and_nothing_is_said_to_be_kept(store: Store) -> None:
    with TestClient(make_service(Settings(), store), base_url=LOOPBACK) as client:
        store.close()
        problem(client.post("/v1/assess", json=CASE), 503, "not-ready")


def test_a_proxy_or_a_foreign_host_does_not_stand_for_this_machine(store: Store) -> None:
    with TestClient(make_service(Settings(), store), base_url="http://neomag.test") as client:
        problem(client.post("/v1/assess", json=CASE), 401, "not-authenticated")
        local = {"host": "127.0.0.1"}
        problem(client.post("/v1/assess", json=CASE, headers=local | {"x-forwarded-for": "10.0.0.1"}), 401, "not-authenticated")
        assert client.post("/v1/assess", json=CASE, headers=local).status_code == 200
