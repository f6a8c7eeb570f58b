"""The service with its gate and its store: who may ask, what is kept, and what is asked twice."""

from __future__ import annotations

import asyncio
import json
import socket
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from litestar.testing import TestClient
from tests.cds_help import IV, SIGN, Clock, call, order, serving
from tests.service import Client, problem

from neomag.hl7v2.mllp import send
from neomag.hl7v2.queue import Queue
from neomag.service import fhir_routes
from neomag.service.auth.api_key import make_key
from neomag.service.settings import Settings
from neomag.service.store import Store
from neomag.service.whole import make_service
from neomag.terminology import SourceError

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


def test_who_waits_for_a_record_does_not_hold_up_who_computes(store: Store) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        server = f"http://127.0.0.1:{silent.getsockname()[1]}"
        settings = Settings(workers=1, smart_servers=(server,), smart_client_id="neomag")
        cases = [CASE, CASE]
        with TestClient(make_service(settings, store), base_url=LOOPBACK) as client:
            launch = threading.Thread(target=client.get, args=("/smart/start",), kwargs={"follow_redirects": False})
            launch.start()
            called, _ = silent.accept()
            assert client.post("/v1/assess", json=cases).status_code == 200
            assert launch.is_alive()
            called.close()
            launch.join(60)


def test_a_bundle_within_a_bundle_does_not_hold_up_the_others(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    threads: list[str] = []

    def answered(answer: Any, *_: Any, **__: Any) -> dict[str, Any]:
        threads.append(threading.current_thread().name)
        return {"resourceType": "Bundle", "type": "collection"}

    monkeypatch.setattr(fhir_routes, "to_bundle", answered)
    none = {"resourceType": "Bundle", "type": "collection", "entry": [{"resource": INFANT}] + [{"resource": OWN_CODE}] * 500}
    given = {"resourceType": "Bundle", "type": "collection", "entry": [{"resource": none}]}
    with TestClient(make_service(Settings(save=False), store), base_url=LOOPBACK) as client:
        assert client.post("/fhir/$assess", json=given).status_code == 200
    assert threads[0].startswith("neomag-worker")


SITE = "http://lab.example/codes"
OWN_CODE = {
    "resourceType": "Observation", "id": "m", "status": "final", "subject": {"reference": "Patient/infant"},
    "code": {"coding": [{"system": SITE, "code": "MG7"}]}, "effectiveDateTime": "2026-02-01T03:00:00",
    "valueQuantity": {"value": 0.41, "unit": "mmol/L", "system": "http://unitsofmeasure.org", "code": "mmol/L"},
}  # fmt: skip
INFANT = {"resourceType": "Patient", "id": "infant", "birthDate": "2026-01-01", "gender": "female"}


@pytest.fixture
def site(tmp_path: Path) -> Settings:
    table = tmp_path / "site.csv"
    table.write_text(f"system,code,kind,vocabulary\n{SITE},MG7,lab,magnesium\n", "utf-8")
    return Settings(site_codes=(table,), zone="Europe/Oslo")


def fhir_says(settings: Settings, store: Store) -> dict[str, Any]:
    given = {
        "resourceType": "Parameters",
        "parameter": [{"name": "now", "valueDateTime": "2026-02-01T02:30:00Z"}]
        + [{"name": "resource", "resource": one} for one in (INFANT, OWN_CODE)],
    }
    with TestClient(make_service(settings, store), base_url=LOOPBACK) as client:
        return client.post("/fhir/$assess", json=given).json()


def test_the_codes_and_the_zone_of_a_site_reach_fhir(site: Settings, store: Store) -> None:
    said = json.dumps(fhir_says(site, store))
    assert "DetectedIssue" in said
    # Without the zone the level lies in the future, without the table it is no magnesium.
    for lacking in (replace(site, zone=None), replace(site, site_codes=())):
        assert "DetectedIssue" not in json.dumps(fhir_says(lacking, store))


def test_the_codes_and_the_zone_of_a_site_reach_cds_hooks(site: Settings, store: Store) -> None:
    now = datetime(2026, 2, 1, 2, 30, tzinfo=UTC)
    none = {"resourceType": "Bundle", "type": "searchset", "total": 0, "entry": []}

    def cards(settings: Settings) -> str:
        with TestClient(make_service(settings, store, clock=lambda: now), base_url=LOOPBACK) as client:
            (view,) = [one for one in client.get("/cds-services").json()["services"] if one["hook"] == "patient-view"]
            assert (f"{SITE}|MG7" in view["prefetch"]["observations"]) == bool(settings.site_codes)
            had: dict[str, Any] = dict.fromkeys(view["prefetch"], none)
            had |= {"patient": INFANT, "observations": {**none, "total": 1, "entry": [{"resource": OWN_CODE}]}}
            call = {
                "hook": "patient-view", "hookInstance": "6bc883b2-b795-4dcb-b661-34884a31d472",
                "context": {"userId": "Practitioner/1", "patientId": "infant"}, "prefetch": had,
            }  # fmt: skip
            answer = client.post(f"/cds-services/{view['id']}", json=call)
            assert answer.status_code == 200, answer.text
            return answer.text

    assert cards(site) != cards(replace(site, zone=None))
    assert cards(site) != cards(replace(site, site_codes=()))


def test_an_order_in_the_codes_of_a_site_is_known(site: Settings) -> None:
    with site.site_codes[0].open("a", encoding="utf-8") as file:
        file.write(f"{SITE},D1,given,magnesium-sulfate\n")
    clock = Clock()
    clock.at("31 d")
    draft = order("o", "", "9000 mg", **IV)
    draft["medicationCodeableConcept"] = {"coding": [{"system": SITE, "code": "D1"}]}
    asked = call(SIGN, {"case": "a", "now": "31 d", "events": []}, [draft])
    with serving(clock, site) as client:
        known = client.post(f"/cds-services/{SIGN}", json=asked).json()
    with serving(clock, replace(site, site_codes=())) as client:
        assert client.post(f"/cds-services/{SIGN}", json=asked).json() != known
    assert known["cards"]


def test_a_table_of_codes_that_cannot_be_read_stops_the_start(tmp_path: Path, store: Store) -> None:
    table = tmp_path / "site.csv"
    table.write_text("system,code,kind,vocabulary\nx,y,lab,magnesum\n", "utf-8")
    with pytest.raises(SourceError, match=r"site.csv line 2: vocabulary `magnesum` is not accepted; is it `magnesium`"):
        make_service(Settings(site_codes=(table,)), store)


def test_the_codes_of_a_site_reach_the_hl7_listener(site: Settings, store: Store, tmp_path: Path) -> None:
    message = "\r".join(
        [
            r"MSH|^~\&|LAB|HOSPITAL|NEOMAG|HOSPITAL|20260301120000||ORU^R01|M1|P|2.5.1",
            "PID|1||made-up-1||Example^Made Up||20260101|F",
            "OBR|1|||MG7^panel^L|||20260301110000",
            f"OBX|1|NM|MG7^x^{SITE}||0.41|mmol/L|||||F|||20260301110000",
        ]
    ).encode()

    def waiting(settings: Settings) -> int:
        ports: list[int] = []
        file = tmp_path / f"queue-{len(settings.site_codes)}.db"
        heard = replace(settings, mllp_port=0, mllp_forward=("127.0.0.1", 9), mllp_queue=str(file))
        with TestClient(make_service(heard, store, listening=ports.append), base_url=LOOPBACK):
            assert asyncio.run(send("127.0.0.1", ports[0], message)).good
        queue = Queue(file)
        try:
            return queue.counts()[0]
        finally:
            queue.close()

    assert (waiting(site), waiting(replace(site, site_codes=()))) == (1, 0)
