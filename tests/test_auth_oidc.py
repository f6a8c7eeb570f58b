"""Bearer tokens of an OIDC issuer: the right one is let in, and every kind of wrong one is refused with its reason."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from typing import Any

import jwt
import pytest
from hypothesis import given
from hypothesis import strategies as st
from jwt.algorithms import RSAAlgorithm
from tests.auth_help import AUDIENCE, Issuer, by_hand, issuing, key, pem, public

from neomag.service.auth.key_set import LARGEST, KeySet, read_keys
from neomag.service.auth.oidc import Oidc, discovered
from neomag.service.auth.refused import Refused
from neomag.service.auth.signed import LEEWAY, LONGEST


@pytest.fixture
def issuer() -> Iterator[Issuer]:
    with issuing() as found:
        yield found


def refused(oidc: Oidc, token: str) -> Refused:
    with pytest.raises(Refused) as caught:
        oidc.identity(token)
    return caught.value


@pytest.mark.parametrize(
    ("kid", "kind", "alg"), [("k1", "RSA", "RS256"), ("k1", "RSA", "RS384"), ("e2", "EC256", "ES256"), ("e3", "EC384", "ES384")]
)
def test_a_good_token_says_who_calls(issuer: Issuer, kid: str, kind: str, alg: str):
    issuer.keys = [public("k1"), public("e2", "EC256"), public("e3", "EC384")]
    who = Oidc(issuer.url, AUDIENCE).identity(issuer.token(kid, kind, alg))
    assert (who.client, who.person, who.scopes, who.how) == ("oidc:app", "dr-1", {"assess", "dose"}, "token")
    assert who.actor == "oidc:app|dr-1"


def after(seconds: int) -> Callable[[], int]:
    """A time so long after the test begins, and not after it was collected."""
    return lambda: int(time.time()) + seconds


@pytest.mark.parametrize(
    ("claims", "scopes"),
    [
        ({"scope": "assess read openid"}, {"assess", "read"}),
        ({"scope": None, "scp": "assess"}, {"assess"}),
        ({"scope": None, "scp": ["assess", "audit"]}, {"assess", "audit"}),
        ({"scope": "assess", "scp": ["dose"]}, {"assess", "dose"}),
        ({"scope": None}, set[str]()),
        ({"scope": "ASSESS assess,dose"}, set[str]()),
        ({"aud": [AUDIENCE, "https://other"]}, {"assess", "dose"}),
        ({"nbf": after(LEEWAY - 10)}, {"assess", "dose"}),
        ({"exp": after(20 - LEEWAY)}, {"assess", "dose"}),
    ],
)
def test_scopes_and_claims_that_are_accepted(issuer: Issuer, claims: dict[str, Any], scopes: set[str]):
    made: dict[str, Any] = {name: value() if callable(value) else value for name, value in claims.items()}
    token = issuer.token(**made)
    assert Oidc(issuer.url, AUDIENCE).identity(token).scopes == scopes


def test_a_client_without_a_person(issuer: Issuer):
    who = Oidc(issuer.url, AUDIENCE).identity(issuer.token(azp=None, sub="lab"))
    assert (who.client, who.person, who.actor) == ("oidc:lab", None, "oidc:lab")


_NOW = int(time.time())
_FAULTS: dict[str, tuple[Callable[[Issuer], str], str]] = {
    "expired": (lambda i: i.token(exp=_NOW - LEEWAY - 600), "expired"),
    "not yet": (lambda i: i.token(nbf=_NOW + 86_400), "not-yet-valid"),
    "issued in the future": (lambda i: i.token(iat=_NOW + 86_400), "not-yet-valid"),
    "wrong audience": (lambda i: i.token(aud="https://other"), "audience"),
    "audience of a longer name": (lambda i: i.token(aud=f"{AUDIENCE}.evil"), "audience"),
    "no audience": (lambda i: i.token(aud=None), "claim"),
    "wrong issuer": (lambda i: i.token(iss="https://other"), "issuer"),
    "issuer with a slash": (lambda i: i.token(iss=f"{i.url}/"), "issuer"),
    "no issuer": (lambda i: i.token(iss=None), "issuer"),
    "no end": (lambda i: i.token(exp=None), "claim"),
    "nobody": (lambda i: i.token(sub=None), "claim"),
    "unknown key": (lambda i: i.token("k2"), "unknown-key"),
    "key of another under a known name": (lambda i: i.token("k2", headers={"kid": "k1"}), "signature"),
    "no key id": (lambda i: jwt.encode({"iss": i.url}, key("k1"), "RS256"), "unknown-key"),
    "none": (
        lambda i: by_hand({"alg": "none", "kid": "k1"}, {"iss": i.url, "aud": AUDIENCE, "exp": _NOW + 86_400}),
        "algorithm",
    ),
    "None": (
        lambda i: by_hand({"alg": "None", "kid": "k1"}, {"iss": i.url, "aud": AUDIENCE, "exp": _NOW + 86_400}),
        "algorithm",
    ),
    "no algorithm": (lambda i: by_hand({"kid": "k1"}, {"iss": i.url}), "algorithm"),
    "RS512": (lambda i: i.token(alg="RS512"), "algorithm"),
    "PS256": (lambda i: i.token(alg="PS256"), "algorithm"),
    "RSA key, EC algorithm": (
        lambda i: by_hand(
            {"alg": "ES256", "kid": "k1"}, {"iss": i.url, "aud": AUDIENCE, "exp": _NOW + 86_400, "sub": "x"}, b"s" * 64
        ),
        "algorithm",
    ),
    "not a token": (lambda i: "abc", "malformed"),
    "empty": (lambda i: "", "malformed"),
    "two parts": (lambda i: "e30.e30", "malformed"),
    "claims that are a list": (lambda i: by_hand({"alg": "RS256", "kid": "k1"}, [1]), "malformed"),
    "claims that are no JSON": (lambda i: by_hand({"alg": "RS256", "kid": "k1"}, b"{"), "malformed"),
    "nested": (lambda i: by_hand({"alg": "RS256", "kid": "k1"}, b'{"a":' + b"[" * 3_000 + b"]" * 3_000 + b"}"), "malformed"),
    "too long": (lambda i: i.token(more="x" * LONGEST), "too-long"),
    "signature of something else": (
        lambda i: f"{i.token(sub='x').rpartition('.')[0]}.{i.token().rpartition('.')[2]}",
        "signature",
    ),
    "no signature": (lambda i: i.token().rpartition(".")[0] + ".", "signature"),
    "critical extension": (lambda i: i.token(headers={"crit": ["b64"], "b64": True}), "malformed"),
    "scope of numbers": (lambda i: i.token(scope=[1]), "claim"),
    "scp of numbers": (lambda i: i.token(scp=[1]), "claim"),
    "scp that is a number": (lambda i: i.token(scp=7), "claim"),
    "name of two lines": (lambda i: i.token(azp="a\nb"), "claim"),
    "name too long": (lambda i: i.token(sub="a" * 100), "claim"),
}


@pytest.mark.parametrize("fault", _FAULTS)
def test_a_faulty_token_is_refused_with_its_reason(issuer: Issuer, fault: str):
    make, reason = _FAULTS[fault]
    token = make(issuer)
    found = refused(Oidc(issuer.url, AUDIENCE), token)
    assert found.reason == reason, found.says
    assert not token or token not in found.says


def test_a_public_key_is_no_shared_secret(issuer: Issuer):
    """The old confusion: a token signed by HMAC with the public key, which everybody can read."""
    import hashlib
    import hmac

    unsigned = by_hand({"alg": "HS256", "kid": "k1"}, {"iss": issuer.url, "aud": AUDIENCE, "exp": _NOW + 86_400, "sub": "x"})
    body = unsigned.rpartition(".")[0]
    signature = hmac.new(pem("k1"), body.encode(), hashlib.sha256).digest()
    token = f"{body}.{by_hand({}, {}, signature).rpartition('.')[2]}"
    assert refused(Oidc(issuer.url, AUDIENCE), token).reason == "algorithm"


def test_a_symmetric_key_in_the_set_is_not_used(issuer: Issuer):
    issuer.keys.append({"kty": "oct", "k": "c2VjcmV0", "kid": "s", "alg": "HS256"})
    token = jwt.encode({"iss": issuer.url, "aud": AUDIENCE, "exp": _NOW + 86_400}, "secret" * 10, "HS256", headers={"kid": "s"})
    assert refused(Oidc(issuer.url, AUDIENCE), token).reason == "algorithm"


def test_a_key_is_used_for_its_own_algorithm(issuer: Issuer):
    issuer.keys = [public("k1", alg="RS256")]
    assert refused(Oidc(issuer.url, AUDIENCE), issuer.token(alg="RS384")).reason == "algorithm"
    assert Oidc(issuer.url, AUDIENCE).identity(issuer.token(alg="RS256")).person == "dr-1"


def test_a_weak_key_or_one_for_encryption_is_not_used(issuer: Issuer):
    issuer.keys = [public("w", "RSA1024"), public("k1", use="enc"), {"kty": "RSA"}, {"kty": "RSA", "kid": "b"}, 7, public("k2")]
    with pytest.warns(Warning, match="RSA key"):
        weak = issuer.token("w", "RSA1024", "RS256")
    assert refused(Oidc(issuer.url, AUDIENCE), weak).reason == "unknown-key"
    assert refused(Oidc(issuer.url, AUDIENCE), issuer.token("k1")).reason == "unknown-key"
    assert Oidc(issuer.url, AUDIENCE).identity(issuer.token("k2")).person == "dr-1"


_claims = st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.lists(st.integers() | st.text(), max_size=3)


@given(st.dictionaries(st.sampled_from(["iss", "aud", "exp", "nbf", "iat", "sub", "azp", "scope", "scp"]), _claims))
def test_whatever_a_signed_token_claims_it_is_refused_or_let_in(claims: dict[str, Any]):
    """A mistake of an issuer is no error of ours: floats that are not finite, lists, huge numbers."""
    issuer = Issuer("https://issuer.test")
    told = {"iss": issuer.url, "aud": AUDIENCE, "exp": _NOW + 86_400, "sub": "x"} | claims
    body = by_hand({"alg": "RS256", "kid": "k1"}, told).rpartition(".")[0]
    signature = RSAAlgorithm(RSAAlgorithm.SHA256).sign(body.encode(), key("k1"))
    token = f"{body}.{by_hand({}, {}, signature).rpartition('.')[2]}"
    oidc = Oidc(issuer.url, AUDIENCE, KeySet(lambda: read_keys({"keys": [public("k1")]})))
    try:
        who = oidc.identity(token)
    except Refused:
        return
    assert told["iss"] == issuer.url
    assert AUDIENCE in (told["aud"] if isinstance(told["aud"], list) else [told["aud"]])
    assert who.client


@given(st.text(max_size=200))
def test_any_text_is_no_token(text: str):
    oidc = Oidc("https://issuer.test", AUDIENCE, KeySet(dict))
    with pytest.raises(Refused):
        oidc.identity(text)


# Keys that change


class Clock:
    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


def test_keys_are_kept_and_a_new_one_is_found(issuer: Issuer):
    clock = Clock()
    oidc = Oidc(issuer.url, AUDIENCE, KeySet(lambda: discovered(issuer.url), lifetime=600, pause=30, clock=clock))
    for _ in range(5):
        oidc.identity(issuer.token())
    assert issuer.asked == ["/.well-known/openid-configuration", "/jwks"]
    issuer.keys = [public("k2")]
    clock.now += 31
    assert oidc.identity(issuer.token("k2")).person == "dr-1"
    assert len(issuer.asked) == 4
    # The old key is not published any more.
    assert refused(oidc, issuer.token("k1")).reason == "unknown-key"


def test_made_up_key_ids_do_not_make_us_call_the_issuer_each_time(issuer: Issuer):
    clock = Clock()
    oidc = Oidc(issuer.url, AUDIENCE, KeySet(lambda: discovered(issuer.url), pause=30, clock=clock))
    for number in range(20):
        assert refused(oidc, issuer.token("k2", headers={"kid": f"made-up-{number}"})).reason == "unknown-key"
    assert len(issuer.asked) == 2
    clock.now += 31
    refused(oidc, issuer.token("k2"))
    assert len(issuer.asked) == 4


def test_keys_that_are_too_old_are_not_used_when_the_issuer_is_away(issuer: Issuer):
    clock = Clock()
    oidc = Oidc(issuer.url, AUDIENCE, KeySet(lambda: discovered(issuer.url), lifetime=600, pause=30, clock=clock))
    oidc.identity(issuer.token())
    issuer.answers["/jwks"] = (500, b"")
    clock.now += 599
    oidc.identity(issuer.token())
    clock.now += 2
    assert refused(oidc, issuer.token()).reason == "no-keys"
    before = len(issuer.asked)
    assert refused(oidc, issuer.token()).reason == "no-keys"
    assert len(issuer.asked) == before  # it is not waited for by each caller
    del issuer.answers["/jwks"]
    clock.now += 31
    oidc.identity(issuer.token())


@pytest.mark.parametrize(
    ("path", "answer"),
    [
        ("/jwks", (404, b"")),
        ("/jwks", (200, b"<html>")),
        ("/jwks", (200, b"[]")),
        ("/jwks", (200, b'{"keys": 7}')),
        ("/jwks", (200, b"[" * 100_000)),
        ("/jwks", (200, b'{"keys": [' + b" " * LARGEST + b"]}")),
        ("/jwks", (302, b"/other")),
        ("/.well-known/openid-configuration", (200, b"7")),
        ("/.well-known/openid-configuration", (200, b'{"issuer": "https://another"}')),
        ("/.well-known/openid-configuration", (302, b"/other")),
    ],
)
def test_documents_that_are_none_let_nobody_in(issuer: Issuer, path: str, answer: tuple[int, bytes]):
    issuer.answers = {path: answer, "/other": (200, json.dumps({"keys": issuer.keys}).encode())}
    assert refused(Oidc(issuer.url, AUDIENCE), issuer.token()).reason == "no-keys"
    assert "/other" not in issuer.asked


@pytest.mark.parametrize("keys", [None, 7, "file:///etc/passwd", "http://internal.example/jwks", "gopher://x/"])
def test_a_discovery_document_does_not_send_us_anywhere(issuer: Issuer, keys: Any):
    issuer.discovery = {"issuer": issuer.url, "jwks_uri": keys}
    assert refused(Oidc(issuer.url, AUDIENCE), issuer.token()).reason == "no-keys"


def test_an_issuer_that_does_not_answer(issuer: Issuer):
    token = issuer.token(iss="http://127.0.0.1:1")
    assert refused(Oidc("http://127.0.0.1:1", AUDIENCE), token).reason == "no-keys"
