"""The signed tokens of CDS Hooks clients: one call each, from those who were agreed on, for the address that was called."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from tests.auth_help import Issuer, by_hand, issuing, public

from neomag.service.auth.client_jwt import LONGEST_LIFE, ClientJwts
from neomag.service.auth.refused import Refused
from neomag.service.auth.signed import LEEWAY
from neomag.service.store import Store

CALLED = "https://neomag.test/cds-services/patient-view"


@pytest.fixture
def issuer() -> Iterator[Issuer]:
    with issuing() as found:
        found.keys = [public("k1"), public("e3", "EC384")]
        yield found


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.open(f"sqlite:///{tmp_path / 'a.db'}") as opened:
        yield opened


def made(issuer: Issuer, **more: Any) -> str:
    claims = {"aud": CALLED, "jti": str(uuid4()), "scope": None, "azp": None, "sub": None}
    return issuer.token(**(claims | more))


def clients(issuer: Issuer, store: Store) -> ClientJwts:
    return ClientJwts({issuer.url: issuer.jku}, store)


@pytest.mark.parametrize(
    "more",
    [
        {},
        {"headers": {"jku": "JKU"}},
        {"kid": "e3", "kind": "EC384", "alg": "ES384"},
        {"aud": f"{CALLED}/"},
        {"aud": ["https://other", CALLED]},
        {"tenant": "t1"},
    ],
)
def test_a_good_token_says_which_client_calls(issuer: Issuer, store: Store, more: dict[str, Any]):
    if "headers" in more:
        more = {"headers": {"jku": issuer.jku}}
    who = clients(issuer, store).identity(made(issuer, **more), CALLED)
    assert (who.client, who.scopes, who.how) == (issuer.url, {"cds"}, "client-jwt")


_NOW = int(time.time())
_FAULTS: dict[str, tuple[Callable[[Issuer], str], str]] = {
    "expired": (lambda i: made(i, exp=_NOW - LEEWAY - 600, iat=_NOW - 900), "expired"),
    "issued in the future": (lambda i: made(i, iat=_NOW + 86_400, exp=_NOW + 86_700), "not-yet-valid"),
    "not yet": (lambda i: made(i, nbf=_NOW + 86_400), "not-yet-valid"),
    "valid too long": (lambda i: made(i, exp=_NOW + LONGEST_LIFE + 86_400), "lifetime"),
    "another service": (lambda i: made(i, aud="https://neomag.test/cds-services/order-sign"), "audience"),
    "the server, not the service": (lambda i: made(i, aud="https://neomag.test"), "audience"),
    "no audience": (lambda i: made(i, aud=None), "claim"),
    "wrong issuer": (lambda i: made(i, iss="https://other"), "issuer"),
    "no issuer": (lambda i: made(i, iss=None), "issuer"),
    "issuer that is a list": (lambda i: by_hand({"alg": "RS384", "kid": "k1"}, {"iss": [i.url]}), "issuer"),
    "unknown key": (lambda i: made(i, kid="k2"), "unknown-key"),
    "key of another": (lambda i: made(i, kid="k2", headers={"kid": "k1"}), "signature"),
    "RS256": (lambda i: made(i, alg="RS256"), "algorithm"),
    "none": (lambda i: by_hand({"alg": "none", "kid": "k1"}, {"iss": i.url, "aud": CALLED, "exp": _NOW + 86_400}), "algorithm"),
    "HS384": (
        lambda i: by_hand({"alg": "HS384", "kid": "k1"}, {"iss": i.url, "aud": CALLED, "exp": _NOW + 86_400}),
        "algorithm",
    ),
    "jku of another server": (lambda i: made(i, headers={"jku": "https://evil.test/jwks"}), "jku"),
    "jku beside the agreed one": (lambda i: made(i, headers={"jku": f"{i.jku}/../evil"}), "jku"),
    "jku that is a list": (lambda i: made(i, headers={"jku": [i.jku]}), "jku"),
    "no end": (lambda i: made(i, exp=None), "claim"),
    "no iat": (lambda i: made(i, iat=None), "claim"),
    "no jti": (lambda i: made(i, jti=None), "claim"),
    "empty jti": (lambda i: made(i, jti=""), "claim"),
    "jti too long": (lambda i: made(i, jti="j" * 256), "claim"),
    "jti of two lines": (lambda i: made(i, jti="j\n"), "claim"),
    "jti that is a number": (lambda i: made(i, jti=7), "claim"),
    "not a token": (lambda i: "abc.def.ghi", "malformed"),
    "too long": (lambda i: made(i, more="x" * 9_000), "too-long"),
}


@pytest.mark.parametrize("fault", _FAULTS)
def test_a_faulty_token_is_refused_with_its_reason(issuer: Issuer, store: Store, fault: str):
    make, reason = _FAULTS[fault]
    with pytest.raises(Refused) as caught:
        clients(issuer, store).identity(make(issuer), CALLED)
    assert caught.value.reason == reason, caught.value.says


def test_the_address_in_a_token_is_never_called(issuer: Issuer, store: Store):
    with issuing() as evil:
        evil.keys = [public("k9")]
        token = made(issuer, kid="k9", headers={"jku": evil.jku})
        with pytest.raises(Refused) as caught:
            clients(issuer, store).identity(token, CALLED)
        assert caught.value.reason == "jku"
        assert evil.asked == []
        assert issuer.asked == []


def test_a_token_is_used_once(issuer: Issuer, store: Store):
    token = made(issuer)
    checks = clients(issuer, store)
    checks.identity(token, CALLED)
    # Neither here nor in another process.
    for other in (checks, clients(issuer, store)):
        with pytest.raises(Refused) as caught:
            other.identity(token, CALLED)
        assert caught.value.reason == "replayed"


def test_of_many_that_send_one_token_one_is_let_in(issuer: Issuer, store: Store):
    token, checks = made(issuer), clients(issuer, store)

    def call(_: int) -> str:
        try:
            return checks.identity(token, CALLED).client
        except Refused as refused:
            return refused.reason

    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(call, range(24)))
    assert sorted(found) == sorted([issuer.url] + ["replayed"] * 23)


def test_a_token_that_is_refused_is_not_used_up(issuer: Issuer, store: Store):
    token, checks = made(issuer), clients(issuer, store)
    with pytest.raises(Refused):
        checks.identity(token, "https://neomag.test/cds-services/order-sign")
    assert checks.identity(token, CALLED).client == issuer.url


def test_a_token_within_the_leeway_is_not_used_twice(issuer: Issuer, store: Store):
    """It has expired, and is still accepted for the sake of clocks that differ: so it must still be remembered."""
    token = made(issuer, exp=int(time.time()) - 5, iat=int(time.time()) - 60)
    checks = clients(issuer, store)
    checks.identity(token, CALLED)
    with pytest.raises(Refused) as caught:
        checks.identity(token, CALLED)
    assert caught.value.reason == "replayed"


def test_two_issuers_do_not_share_jtis_or_keys(issuer: Issuer, store: Store):
    with issuing() as other:
        other.keys = [public("k2")]
        checks = ClientJwts({issuer.url: issuer.jku, other.url: other.jku}, store)
        assert checks.identity(made(issuer, jti="same"), CALLED).client == issuer.url
        assert checks.identity(made(other, kid="k2", jti="same"), CALLED).client == other.url
        with pytest.raises(Refused) as caught:
            checks.identity(made(other, kid="k1"), CALLED)
        assert caught.value.reason == "unknown-key"
