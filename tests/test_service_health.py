"""Health, metrics, headers and the access log; and that no data of a patient is in any of them."""

from __future__ import annotations

import json
import logging
from pathlib import Path
from typing import Any

import pytest
from litestar.testing import TestClient
from prometheus_client.parser import text_string_to_metric_families
from tests.service import Client, problem

from neomag.service.access import LOG
from neomag.service.app import make_app
from neomag.service.logs import JsonLines
from neomag.service.settings import Settings
from neomag.service.store import Store


def test_live_and_ready(client: Client) -> None:
    assert client.get("/health/live").json() == {"status": "live"}
    assert client.get("/health/ready").json() == {"status": "ready", "checks": ["knowledge", "rules"]}


def test_not_ready_without_the_store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken() -> None:
        raise OSError("postgresql://name:password@host cannot be reached")

    with Store.open(f"sqlite:///{tmp_path / 'store.db'}") as store, TestClient(make_app(store=store)) as client:
        assert "store" in client.get("/health/ready").json()["checks"]
        monkeypatch.setitem(client.app.state.checks, "store", broken)
        answer = client.get("/health/ready")
        said = problem(answer, 503, "not-ready")
        assert [fault["where"] for fault in said["errors"]] == ["store"]
        assert "password" not in answer.text
        assert client.get("/health/live").status_code == 200


def samples(client: Client) -> dict[tuple[str, ...], float]:
    text = client.get("/metrics").text
    return {
        (sample.name, *sorted(sample.labels.values())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def test_metrics_count_by_route_and_never_by_path() -> None:
    with TestClient(make_app()) as client:
        for food in ("spinach", "Ann Example 2026-01-03", "spinach"):
            client.get(f"/v1/foods/{food}")
        client.get("/nothing/Ann")
        client.request("ANN", "/v1/rules")
        client.head("/v1/rules")
        found = samples(client)
        text = client.get("/metrics").text
    name = "neomag_http_requests_total"
    assert found[name, "/v1/foods/{food_id}", "200", "GET"] == 2
    assert found[name, "/v1/foods/{food_id}", "404", "GET"] == 1
    assert found[name, "(none)", "404", "GET"] == 1
    assert found[name, "(none)", "405", "other"] == 1
    assert found[name, "/v1/rules", "200", "HEAD"] == 1
    assert found["neomag_http_request_seconds_count", "/v1/foods/{food_id}", "GET"] == 3
    assert found["neomag_http_requests_in_progress",] == 1
    assert "Ann" not in text
    assert any(key[0] == "neomag_knowledge" for key in found)


SECRET = "Ann Example"


def test_the_access_log_holds_no_data_of_a_patient(caplog: pytest.LogCaptureFixture) -> None:
    with TestClient(make_app()) as client, caplog.at_level(logging.DEBUG, logger=LOG.name):
        answers = [
            client.post(
                "/v1/assess", json={"case": SECRET, "now": "3 d"}, headers={"x-request-id": SECRET, "user-agent": SECRET}
            ),
            client.post("/v1/assess", json={"case": SECRET, "now": SECRET}),
            client.get(f"/v1/foods/{SECRET}?q={SECRET}"),
            client.get(f"/{SECRET}"),
        ]
    lines = [json.loads(JsonLines().format(record)) for record in caplog.records if record.name == LOG.name]
    assert [line["status"] for line in lines] == [200, 422, 422, 404]
    assert [line["request_id"] for line in lines] == [answer.headers["x-request-id"] for answer in answers]
    assert [line["route"] for line in lines] == ["/v1/assess", "/v1/assess", "/v1/foods/{food_id}", "(none)"]
    assert not any(SECRET in str(vars(record)) for record in caplog.records if record.name == LOG.name)
    assert SECRET not in str([answer.headers for answer in answers])


@pytest.mark.parametrize("path", ["/health/live", "/v1/rules", "/nothing", "/docs"])
def test_security_headers(client: Client, path: str) -> None:
    headers = client.get(path).headers
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["x-frame-options"] == "DENY"
    assert headers["referrer-policy"] == "no-referrer"
    assert "default-src 'none'" in headers["content-security-policy"]
    assert "server" not in headers


def test_an_answer_about_a_patient_is_not_kept(client: Client) -> None:
    assert client.post("/v1/assess", json={"now": "3 d"}).headers["cache-control"] == "no-store"


@pytest.mark.parametrize("path", ["/v1/rules", "/v1/foods/spinach", "/v1/article", "/openapi.json"])
def test_what_has_not_changed_is_not_sent_again(client: Client, path: str) -> None:
    first = client.get(path)
    tag = first.headers["etag"]
    for wanted in (tag, f'"other", W/{tag}', "*"):
        again = client.get(path, headers={"if-none-match": wanted})
        assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag)
    assert client.get(path, headers={"if-none-match": '"other"'}).content == first.content


@pytest.mark.parametrize("path", ["/v1/rules", "/health/live", "/metrics", "/docs"])
def test_head_is_get_without_the_body(client: Client, path: str) -> None:
    head = client.head(path)
    assert (head.status_code, head.content) == (200, b"")
    if path != "/metrics":
        assert head.headers["content-length"] == str(len(client.get(path).content))


def preflight(client: Client, origin: str) -> Any:
    asked = {
        "origin": origin,
        "access-control-request-method": "POST",
        "access-control-request-headers": "content-type, x-api-key",
    }
    return client.options("/v1/assess", headers=asked)


def test_web_pages_may_call_only_where_set(client: Client) -> None:
    assert "access-control-allow-origin" not in preflight(client, "https://ehr.example").headers
    with TestClient(make_app(Settings(cors_origins=("https://ehr.example",)))) as other:
        allowed = preflight(other, "https://ehr.example")
        assert allowed.headers["access-control-allow-origin"] == "https://ehr.example"
        assert "x-api-key" in allowed.headers["access-control-allow-headers"].lower()
        answer = other.post("/v1/assess", json={"now": "3 d"}, headers={"origin": "https://ehr.example"})
        assert "Neomag-Assessment" in answer.headers["access-control-expose-headers"]
        assert answer.headers["access-control-allow-origin"] == "https://ehr.example"
        assert "access-control-allow-origin" not in preflight(other, "https://else.example").headers
        assert "access-control-allow-credentials" not in allowed.headers
