"""Calls that cannot be answered: every one a problem, never a crash; who may call; and what browsers may."""

from __future__ import annotations

import json
import random
from collections import Counter
from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st
from litestar import Litestar
from litestar.testing import TestClient
from tests.auth_help import Issuer, issuing, public
from tests.cds_help import HOOKS, IV, SELECT, SIGN, VIEW, Clock, ask, call, magnesium_ordered, order, over, serving
from tests.service import problem, where

from neomag.service.auth import Gate
from neomag.service.auth.api_key import make_key
from neomag.service.settings import Settings
from neomag.service.store import Store

JSON = {"content-type": "application/json"}
BASE = "http://127.0.0.1:8080"
CASE: dict[str, Any] = {
    "case": "made-up", "now": "20 d", "infant": {"weight": "3000 g", "gestation": "38w0d"}, "events": [
        {"at": "19 d", "sign": "seizure"}, {"at": "20 d", "lab": "magnesium", "value": 0.45, "unit": "mmol/L", "specimen": ["haemolysed"]},
        {"at": "19 d", "given": "calcium-gluconate-10", "route": "iv", "dose": 2, "unit": "mL/kg"}, {"at": "2 d", "condition": "diarrhoea"},
    ],
}  # fmt: skip
DRAFTS = [
    order("m", "Magnesium sulfate 50 %", "150 mg", **IV, **over(60, frequency=1, period=6, periodUnit="h")),
    order("c", "Calcium gluconate 10 %", "6 mL", **IV), order("p", "Potassium chloride", "3 mmol"), magnesium_ordered("draft"),
]  # fmt: skip


@pytest.fixture(scope="module")
def client() -> Iterator[TestClient[Litestar]]:
    clock = Clock()
    clock.at("20 d")
    with serving(clock) as found:
        yield found


@pytest.mark.parametrize(
    ("change", "place"),
    [
        ({"hook": None}, "/hook"), ({"hook": 7}, "/hook"), ({"hookInstance": ""}, "/hookInstance"), ({"hookInstance": "x" * 201}, "/hookInstance"),
        ({"context": None}, "/context"), ({"context": []}, "/context"), ({"context": {}}, "/context/patientId"),
        ({"context": {"patientId": "Patient/1"}}, "/context/patientId"), ({"context": {"patientId": "a" * 65}}, "/context/patientId"),
        ({"context": {"patientId": "../1"}}, "/context/patientId"), ({"context": {"patientId": "infant", "encounterId": "a b"}}, "/context/encounterId"),
        ({"prefetch": []}, "/prefetch"), ({"prefetch": "none"}, "/prefetch"), ({"fhirServer": 7}, "/fhirServer"),
        ({"fhirAuthorization": "x"}, "/fhirAuthorization"), ({"fhirAuthorization": {}}, "/fhirAuthorization/access_token"),
        ({"fhirAuthorization": {"access_token": "a\nb"}}, "/fhirAuthorization/access_token"),
        ({"fhirAuthorization": {"access_token": "a", "token_type": "mac"}}, "/fhirAuthorization/token_type"),
    ],
)  # fmt: skip
def test_what_is_missing_or_of_another_kind(client: TestClient[Litestar], change: dict[str, Any], place: str) -> None:
    answer = client.post(f"/cds-services/{VIEW}", json=call(VIEW, CASE) | change)
    assert place in where(problem(answer, 422, "not-valid"))


@pytest.mark.parametrize(
    ("context", "place"),
    [
        ({"draftOrders": None}, "/context/draftOrders"), ({"draftOrders": []}, "/context/draftOrders"),
        ({"draftOrders": {"resourceType": "Patient"}}, "/context/draftOrders"),
        ({"draftOrders": {"resourceType": "Bundle", "entry": [1]}}, "/context/draftOrders/entry/0"),
        ({"draftOrders": {"resourceType": "Bundle", "entry": [{"resource": {"id": "x"}}]}}, "/context/draftOrders/entry/0/resource/resourceType"),
        ({"selections": None}, "/context/selections"), ({"selections": [1]}, "/context/selections"), ({"selections": "x"}, "/context/selections"),
    ],
)  # fmt: skip
def test_orders_that_are_none(client: TestClient[Litestar], context: dict[str, Any], place: str) -> None:
    body = call(SELECT, CASE, DRAFTS)
    body["context"] |= context
    assert place in where(problem(client.post(f"/cds-services/{SELECT}", json=body), 422, "not-valid"))


def test_another_hook_and_another_service(client: TestClient[Litestar]) -> None:
    for service in HOOKS:
        wrong = call(VIEW, CASE) | {"hook": "order-dispatch"}
        assert where(problem(client.post(f"/cds-services/{service}", json=wrong), 400, "bad-request")) == ["/hook"]
    problem(client.post("/cds-services/nobody", json=call(VIEW, CASE)), 404, "not-found")
    problem(client.get(f"/cds-services/{VIEW}"), 405, "method-not-allowed")
    problem(client.post("/cds-services", json={}), 405, "method-not-allowed")


def test_bodies_that_cannot_be_read(client: TestClient[Litestar]) -> None:
    path = f"/cds-services/{VIEW}"
    problem(client.post(path, content=b"{", headers=JSON), 400, "unreadable-json")
    problem(client.post(path, content=b"", headers=JSON), 400, "unreadable-json")
    problem(client.post(path, content=b"<call/>", headers={"content-type": "application/xml"}), 415, "unsupported-media-type")
    problem(client.post(path, json=[], headers={"accept": "text/html"}), 406, "not-acceptable")
    for body in ([], "x", 1, True):
        problem(client.post(path, json=body), 422, "not-valid")


def places(value: Any, at: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """Every place within a JSON value."""
    inner: Any = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, one in inner:
        yield (*at, key)
        yield from places(one, (*at, key))


def spoilt(body: Any, at: tuple[str | int, ...], junk: Any, *, gone: bool = False) -> Any:
    """`body` with something else, or nothing, at a place."""
    found = deepcopy(body)
    holder = found
    for key in at[:-1]:
        holder = holder[key]
    if gone:
        del holder[at[-1]]
    else:
        holder[at[-1]] = junk
    return found


SOUND = {service: call(service, CASE, DRAFTS) for service in HOOKS}
PLACES = {service: list(places(body)) for service, body in SOUND.items()}
JUNK: list[Any] = [
    None, True, False, 0, -1, 1e308, 1e-308, 10**30, "", " ", "x", "\u0000", "\ud83d\ude00" * 50, "a" * 10_000, [], [[]], [None], {}, {"a": {}},
    {"resourceType": "Bundle"}, {"resourceType": "Bundle", "type": "searchset", "entry": [{}]}, {"resourceType": 7}, "2026-13-45", "9999-12-31",
    "0001-01-01", "2026-01-03T04:10:00+99:99", "mg/kg", "1e999", [{"resource": {"resourceType": "Patient"}}], "Patient/other",
]  # fmt: skip


def send(client: TestClient[Litestar], service: str, body: Any) -> int:
    answer = client.post(f"/cds-services/{service}", content=json.dumps(body), headers=JSON)
    assert answer.status_code in {200, 400, 412, 422}, (answer.text, json.dumps(body)[:2000])
    if answer.status_code == 200:
        assert sum(card["indicator"] == "critical" for card in answer.json()["cards"]) <= 1
    else:
        problem(answer, answer.status_code, answer.json()["type"].rpartition(":")[2])
    return answer.status_code


ANY = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner, max_size=3),
    max_leaves=8,
)


@given(st.data())
def test_no_spoilt_call_crashes(client: TestClient[Litestar], data: st.DataObject) -> None:
    service = data.draw(st.sampled_from(sorted(HOOKS)))
    body: Any = SOUND[service]
    for _ in range(data.draw(st.integers(1, 3))):
        found = list(places(body))
        if found:
            body = spoilt(body, data.draw(st.sampled_from(found)), data.draw(ANY), gone=data.draw(st.booleans()))
    send(client, service, body)


@pytest.mark.slow
def test_three_thousand_malformed_calls(client: TestClient[Litestar]) -> None:
    """Every place of every sound call, each with some junk, until there are as many."""
    rng = random.Random(7)
    statuses = Counter[int]()
    every = [(service, at) for service in HOOKS for at in PLACES[service]]
    rng.shuffle(every)
    for number in range(3_000):
        service, at = every[number % len(every)]
        statuses[send(client, service, spoilt(SOUND[service], at, rng.choice(JUNK), gone=rng.random() < 0.1))] += 1
    assert {200, 400, 412, 422} <= set(statuses)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.open(f"sqlite:///{tmp_path / 'a.db'}") as opened:
        yield opened


def token(issuer: Issuer, path: str = f"/cds-services/{VIEW}", **more: Any) -> dict[str, str]:
    claims: dict[str, Any] = {"aud": f"{BASE}{path}", "jti": str(uuid4())} | more
    return {"Authorization": f"Bearer {issuer.token(**claims)}"}


@pytest.mark.parametrize(("algorithm", "kind"), [("RS384", "RSA"), ("ES384", "EC384")])
def test_clients_show_who_they_are(store: Store, algorithm: str, kind: str) -> None:
    clock = Clock()
    clock.at("20 d")
    with issuing() as issuer:
        issuer.keys = [public("k1", kind)]
        settings = Settings(cds_clients={issuer.url: issuer.jku})
        with serving(clock, settings, store=store, gate=Gate(settings, store)) as client:
            path, body = f"/cds-services/{VIEW}", call(VIEW, CASE)
            how: dict[str, Any] = {"alg": algorithm, "kind": kind}
            assert client.get("/cds-services").status_code == 200
            assert problem(client.post(path, json=body), 401, "not-authenticated")
            good = token(issuer, **how)
            assert client.post(path, json=body, headers=good).status_code == 200
            problem(client.post(path, json=body, headers=good), 401, "not-authenticated")
            for bad in (
                token(issuer, f"/cds-services/{SIGN}", **how), token(issuer, jti=None, **how), token(issuer, exp=1, **how),
                token(issuer, alg="RS256"), token(issuer, iss="https://evil.example", **how),
                token(issuer, headers={"jku": "https://evil.example/keys"}, **how),
            ):  # fmt: skip
                problem(client.post(path, json=body, headers=bad), 401, "not-authenticated")
            told = {"feedback": [{"card": str(uuid4()), "outcome": "overridden", "outcomeTimestamp": "2026-02-02T10:05:31Z"}]}
            problem(client.post(f"{path}/feedback", json=told), 401, "not-authenticated")
            answer = client.post(f"{path}/feedback", json=told, headers=token(issuer, f"{path}/feedback", **how))
            assert answer.status_code == 200
            (kept,) = [entry for entry in store.entries() if entry.action == "feedback.save"]
            assert kept.actor == issuer.url


def test_keys_need_the_scope(store: Store) -> None:
    settings = Settings(auth="required")
    with serving(Clock(), settings, gate=Gate(settings, store)) as client:
        path, body = f"/cds-services/{VIEW}", call(VIEW, CASE)
        problem(client.post(path, json=body), 401, "not-authenticated")
        for scope, status in (("cds", 200), ("assess", 403)):
            headers = {"X-API-Key": make_key(store, "admin", scope, [scope])}
            assert client.post(path, json=body, headers=headers).status_code == status


def test_browsers_of_the_origins_that_are_named_may_call(store: Store) -> None:
    origin = "https://ehr.example"
    settings = Settings(cors_origins=(origin,), auth="required")
    with serving(Clock(), settings, gate=Gate(settings, store)) as client:
        asked = {
            "Origin": origin,
            "Access-Control-Request-Method": "POST",
            "Access-Control-Request-Headers": "authorization,content-type",
        }
        for path in (f"/cds-services/{VIEW}", "/cds-services", f"/cds-services/{VIEW}/feedback"):
            answer = client.options(path, headers=asked)
            assert answer.status_code < 300
            assert answer.headers["access-control-allow-origin"] == origin
            assert "authorization" in answer.headers["access-control-allow-headers"].lower()
        other = client.options(f"/cds-services/{VIEW}", headers=asked | {"Origin": "https://evil.example"})
        assert "access-control-allow-origin" not in other.headers
        assert client.get("/cds-services", headers={"Origin": origin}).headers["access-control-allow-origin"] == origin


def test_one_large_record_is_answered_too(client: TestClient[Litestar]) -> None:
    events = [{"at": f"{n % 19 + 1} d", "lab": "sodium", "value": 130 + n % 10, "unit": "mmol/L"} for n in range(600)]
    assert ask(client, VIEW, call(VIEW, CASE | {"events": CASE["events"] + events}))
