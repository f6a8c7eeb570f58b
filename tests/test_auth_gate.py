"""The gate over HTTP: who is let in to what, how often, and where the service may listen."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st
from litestar import Litestar, Request, get
from litestar.middleware import DefineMiddleware
from litestar.testing import TestClient
from tests.auth_help import AUDIENCE, Issuer, issuing, public

from neomag.service.auth import Authenticate, Gate, identity_of, require
from neomag.service.auth.api_key import make_key
from neomag.service.auth.buckets import Buckets, Recent
from neomag.service.auth.identity import SCOPES
from neomag.service.loopback import authenticates, is_loopback, may_listen
from neomag.service.settings import Settings
from neomag.service.store import Store

BASE = "http://127.0.0.1:8000"


@get("/assess", guards=[require("assess")])
async def assess(request: Request[Any, Any, Any]) -> dict[str, Any]:
    who = identity_of(request)
    return {"client": who.client, "actor": who.actor, "how": who.how}


@get("/audit", guards=[require("audit")])
async def audit() -> str:
    return "the trail"


@get("/cds-services/view", guards=[require("cds")])
async def card() -> str:
    return "a card"


@get("/health/live", exclude_from_auth=True)
async def live() -> str:
    return "alive"


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.open(f"sqlite:///{tmp_path / 'a.db'}") as opened:
        yield opened


@contextmanager
def serving(store: Store, base: str = BASE, **settings: Any) -> Iterator[TestClient[Litestar]]:
    told: dict[str, Any] = {"auth": "required"} | settings
    gate = Gate(Settings(**told), store)
    app = Litestar([assess, audit, card, live], middleware=[DefineMiddleware(Authenticate, gate=gate)], openapi_config=None)
    with TestClient(app, base_url=base) as client:
        yield client


def bearer(credential: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {credential}"}


def test_nobody_is_let_in_without_a_credential(store: Store):
    with serving(store) as client:
        response = client.get("/assess")
        assert response.status_code == 401
        assert response.headers["WWW-Authenticate"] == 'Bearer realm="neomag"'
        assert client.get("/health/live").text == "alive"
        for headers in (
            {"Authorization": "Basic dTpw"}, {"Authorization": "Bearer"}, {"Authorization": "Bearer x"}, {"X-API-Key": "x"},
            bearer("nmg_x"),
        ):  # fmt: skip
            response = client.get("/assess", headers=headers)
            assert response.status_code == 401, headers
            assert 'error="invalid_token"' in response.headers["WWW-Authenticate"]


def test_a_key_opens_what_its_scopes_say(store: Store):
    key = make_key(store, "admin", "ward", ["assess"])
    with serving(store) as client:
        for headers in (bearer(key), {"Authorization": f"bearer  {key}"}, {"X-API-Key": key}):
            assert client.get("/assess", headers=headers).json() == {"client": "ward", "actor": "ward", "how": "key"}
        response = client.get("/audit", headers=bearer(key))
        assert response.status_code == 403
        assert 'error="insufficient_scope", scope="audit"' in response.headers["WWW-Authenticate"]


def test_a_bearer_token_opens_what_its_scopes_say(store: Store):
    with issuing() as issuer, serving(store, oidc_issuer=issuer.url, oidc_audience=AUDIENCE) as client:
        token = issuer.token(scope="audit")
        assert client.get("/audit", headers=bearer(token)).status_code == 200
        assert client.get("/assess", headers=bearer(token)).status_code == 403
        assert client.get("/audit", headers=bearer(issuer.token(aud="x"))).status_code == 401


def test_a_client_token_opens_the_address_it_names_once(store: Store):
    def token(issuer: Issuer, **more: Any) -> str:
        return issuer.token(**({"aud": f"{BASE}/cds-services/view", "jti": str(uuid4())} | more))

    with issuing() as issuer, serving(store, cds_clients={issuer.url: issuer.jku}) as client:
        issuer.keys = [public("k1")]
        first = token(issuer)
        assert client.get("/cds-services/view", headers=bearer(first)).status_code == 200
        response = client.get("/cds-services/view", headers=bearer(first))
        assert (response.status_code, response.json()["extra"]["reason"]) == (401, "replayed")
        # It opens nothing else, whatever it says of its scopes and its audience.
        assert client.get("/assess", headers=bearer(token(issuer, aud=f"{BASE}/assess"))).status_code == 403
    with (
        issuing() as issuer,
        serving(store, cds_clients={issuer.url: issuer.jku}, public_url="https://neomag.test/x") as client,
    ):
        good = token(issuer, aud="https://neomag.test/x/cds-services/view")
        assert client.get("/cds-services/view", headers=bearer(good)).status_code == 200
        # The address that clients call is the one that was set, not what a request says of the host.
        assert client.get("/cds-services/view", headers=bearer(token(issuer))).status_code == 401


def test_a_token_of_an_issuer_nobody_trusts(store: Store):
    with issuing() as issuer, serving(store) as client:
        response = client.get("/assess", headers=bearer(issuer.token()))
        assert (response.status_code, response.json()["extra"]["reason"]) == (401, "issuer")
        assert issuer.asked == []


def test_a_guard_without_a_gate_lets_nobody_in():
    with TestClient(Litestar([assess], openapi_config=None)) as client:
        assert client.get("/assess").status_code == 401


def test_a_guard_for_a_scope_that_there_is_not():
    with pytest.raises(ValueError, match="no scope `everything`"):
        require("everything")


def test_a_store_that_cannot_be_asked_lets_nobody_in(store: Store):
    key = make_key(store, "admin", "ward", ["assess"])
    with serving(store) as client:
        from tests.store_help import tamper

        tamper(f"sqlite:///{store._engine.url.database}", "DROP TABLE api_key")  # type: ignore[reportPrivateUsage]
        response = client.get("/assess", headers=bearer(key))
        assert response.status_code == 503
        assert "api_key" not in response.text


# Without authentication


def test_on_loopback_nobody_is_asked(store: Store):
    with serving(store, auth="auto") as client:
        assert client.get("/assess").json()["client"] == "anonymous"
        assert client.get("/audit").status_code == 200
        # A credential that is sent is looked at all the same.
        assert client.get("/assess", headers=bearer("nmg_x")).status_code == 401


@pytest.mark.parametrize("base", ["http://evil.example", "http://neomag.test:8000", "http://127.0.0.1.evil.example"])
def test_a_page_of_a_browser_cannot_reach_loopback_under_its_own_name(store: Store, base: str):
    """DNS rebinding: a page whose name is made to mean 127.0.0.1 would read what is kept here."""
    with serving(store, base, auth="auto") as client:
        response = client.get("/assess")
        assert (response.status_code, response.json()["extra"]["reason"]) == (401, "foreign-host")
    with serving(store, base, auth="off") as client:
        assert client.get("/assess").status_code == 200


@pytest.mark.parametrize("header", ["X-Forwarded-For", "Forwarded", "X-Real-IP", "Via"])
def test_what_a_proxy_forwards_does_not_come_from_this_machine(store: Store, header: str):
    with serving(store, auth="auto") as client:
        response = client.get("/assess", headers={header: "10.0.0.1"})
        assert (response.status_code, response.json()["extra"]["reason"]) == (401, "proxied")


@pytest.mark.parametrize(
    ("host", "local"),
    [
        ("127.0.0.1", True), ("127.9.9.9", True), ("::1", True), ("[::1]", True), ("::ffff:127.0.0.1", True), ("localhost", True),
        ("LOCALHOST.", True), ("0.0.0.0", False), ("::", False), ("10.0.0.1", False), ("", False), ("localhost.evil", False),
        ("127.0.0.1.evil", False), ("::ffff:10.0.0.1", False), ("0x7f000001", False), ("neomag", False),
    ],
)  # fmt: skip
def test_what_is_loopback(host: str, local: bool):
    assert is_loopback(host) is local


@pytest.mark.parametrize(
    ("settings", "asks", "listens"),
    [
        ({}, False, True),
        ({"host": "0.0.0.0"}, True, True),
        ({"host": "0.0.0.0", "auth": "required"}, True, True),
        ({"host": "0.0.0.0", "auth": "off"}, False, False),
        ({"host": "neomag.hospital.test", "auth": "off"}, False, False),
        ({"host": "0.0.0.0", "auth": "off", "insecure_public": True}, False, True),
        ({"host": "0.0.0.0", "insecure_public": True}, False, True),
        ({"auth": "required"}, True, True),
        ({"auth": "off"}, False, True),
        ({"mllp_host": "0.0.0.0", "mllp_port": 2575, "mllp_forward": ("127.0.0.1", 6661)}, False, False),
        ({"mllp_host": "0.0.0.0", "mllp_port": 2575, "mllp_forward": ("127.0.0.1", 6661), "auth": "required"}, True, False),
        (
            {"mllp_host": "0.0.0.0", "mllp_port": 2575, "mllp_forward": ("127.0.0.1", 6661), "insecure_public": True},
            False,
            True,
        ),
        ({"mllp_host": "0.0.0.0"}, False, True),
        ({"mllp_port": 2575, "mllp_forward": ("127.0.0.1", 6661)}, False, True),
    ],
)
def test_nothing_listens_beyond_loopback_without_authentication(settings: dict[str, Any], asks: bool, listens: bool):
    made = Settings(**settings)
    assert authenticates(made) is asks
    refusal = may_listen(made)
    assert (refusal is None) is listens
    assert refusal is None or "insecure_public" in refusal


def test_interpretations_do_not_cross_the_network_in_the_clear():
    forwarded: dict[str, Any] = {"mllp_port": 2575, "mllp_forward": ("ehr.example", 2576)}
    assert "in the clear" in (may_listen(Settings(**forwarded)) or "")
    assert may_listen(Settings(**forwarded, insecure_public=True)) is None
    assert may_listen(Settings(mllp_port=2575, mllp_forward=("127.0.0.1", 2576))) is None


def test_an_issuer_that_is_away_is_no_wrong_token_and_no_failed_attempt(store: Store):
    with issuing() as issuer:
        token = issuer.token()
        issuer.answers["/jwks"] = (500, b"")
        with serving(store, oidc_issuer=issuer.url, oidc_audience=AUDIENCE, failed_attempts=1) as client:
            for _ in range(3):
                response = client.get("/assess", headers=bearer(token))
                assert (response.status_code, response.headers["Retry-After"]) == (503, "30")
                assert "WWW-Authenticate" not in response.headers


# Limits


def test_a_client_that_asks_too_often_waits(store: Store):
    one, other = (make_key(store, "admin", name, ["assess"]) for name in ("one", "other"))
    with serving(store, rate=0.5, burst=3) as client:
        assert [client.get("/assess", headers=bearer(one)).status_code for _ in range(4)] == [200, 200, 200, 429]
        response = client.get("/assess", headers=bearer(one))
        assert 1 <= int(response.headers["Retry-After"]) <= 2
        assert client.get("/assess", headers=bearer(other)).status_code == 200


def test_two_keys_of_a_client_share_its_limit(store: Store):
    keys = [make_key(store, "admin", "one", ["assess"]) for _ in range(2)]
    with serving(store, rate=0.5, burst=2) as client:
        found = [client.get("/assess", headers=bearer(key)).status_code for key in (*keys, *keys)]
    assert found == [200, 200, 429, 429]


def test_failed_attempts_are_limited(store: Store):
    key = make_key(store, "admin", "ward", ["assess"])
    with serving(store, failed_attempts=3) as client:
        wrong = bearer(key[:-2] + ("AA" if not key.endswith("AA") else "BB"))
        assert [client.get("/assess", headers=wrong).status_code for _ in range(5)] == [401, 401, 401, 429, 429]
        # Not even looked at, from an address where nobody was ever let in.
        response = client.get("/assess", headers=bearer(key))
        assert response.status_code == 429
        assert int(response.headers["Retry-After"]) <= 20


def test_failures_of_one_do_not_lock_out_the_others_of_its_address(store: Store):
    key = make_key(store, "admin", "ward", ["assess"])
    with serving(store, failed_attempts=3) as client:
        assert client.get("/assess", headers=bearer(key)).status_code == 200
        assert [client.get("/assess", headers=bearer("nmg_wrong")).status_code for _ in range(5)] == [401, 401, 401, 429, 429]
        assert client.get("/assess", headers=bearer(key)).status_code == 200


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@given(st.floats(0.1, 100), st.integers(1, 20), st.lists(st.floats(0, 5), max_size=60))
def test_no_bucket_gives_more_than_its_size_and_its_rate(rate: float, size: int, waits: list[float]):
    clock = Clock()
    buckets, taken = Buckets(rate, size, clock=clock), 0
    for wait in waits:
        clock.now += wait
        left = buckets.take("one")
        taken += not left
        assert taken <= size + rate * clock.now + 1e-6
        if left:
            clock.now += left + 1e-6
            assert not buckets.wait("one")


@given(st.lists(st.text(max_size=5), max_size=200))
def test_the_memory_of_the_limits_is_bounded(names: list[str]):
    buckets, recent = Buckets(1, 1, most=10), Recent(60, most=10)
    for name in names:
        buckets.take(name)
        recent.add(name)
        assert recent.holds(name)
        assert len(buckets) <= 10
    assert sum(recent.holds(name) for name in set(names)) <= 10


def test_names_are_forgotten_after_their_time():
    clock = Clock()
    recent = Recent(60, clock=clock)
    recent.add("a")
    clock.now += 59
    assert recent.holds("a")
    clock.now += 1
    assert not recent.holds("a")


def test_every_scope_has_a_guard():
    assert all(callable(require(scope)) for scope in SCOPES)


def test_a_key_with_an_end(store: Store):
    key = make_key(store, "admin", "ward", ["assess"], datetime.now(UTC) - timedelta(days=1))
    with serving(store) as client:
        response = client.get("/assess", headers=bearer(key))
        assert (response.status_code, response.json()["extra"]["reason"]) == (401, "expired")
