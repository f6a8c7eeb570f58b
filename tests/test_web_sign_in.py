"""Signing in to the pages of clinicians beyond this machine: the cookie opens them and nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from litestar.testing import TestClient
from tests.service import Client, problem
from tests.test_web_clinician import changed, empty, post

from neomag import web
from neomag.service.auth.api_key import make_key
from neomag.service.auth.refused import Refused
from neomag.service.auth.sessions import LIFE, Sessions
from neomag.service.settings import Settings
from neomag.service.store import Store
from neomag.service.whole import make_service

OWN = {"sec-fetch-site": "same-origin"}


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.open(f"sqlite:///{tmp_path / 'store.db'}") as found:
        yield found


def service(store: Store, **more: Any) -> Client:
    app = make_service(Settings(auth="required", **more), store, routers=[web.router()], show=web.launched)
    return TestClient(app, base_url=more.get("public_url", "http://neomag.example"))


def sign_in(client: Client, key: str, code: str = "en") -> Any:
    return client.post(f"/{code}/sign-in", data={"key": key}, headers=OWN, follow_redirects=False)


def test_who_is_not_signed_in_is_led_there_and_back(store: Store) -> None:
    key = make_key(store, "tests", "ward", ["assess", "dose"])
    with service(store) as client:
        for code in ("en", "zh", "es"):
            answer = client.get(f"/{code}/clinician", follow_redirects=False)
            assert (answer.status_code, answer.headers["location"]) == (303, f"/{code}/sign-in")
            assert client.get(f"/{code}/sign-in").status_code == 200
        answer = sign_in(client, key)
        assert (answer.status_code, answer.headers["location"]) == (303, "/en/clinician")
        # One cookie opens the pages in every language.
        for code in ("en", "zh", "es"):
            page = client.get(f"/{code}/clinician", follow_redirects=False)
            assert page.status_code == 200
        assert "/sign-out" in page.text
        answer = client.post("/en/sign-out", headers=OWN, follow_redirects=False)
        assert answer.status_code == 303
        assert client.get("/en/clinician", follow_redirects=False).status_code == 303


def test_the_cookie_is_for_pages_alone_and_out_of_reach_of_scripts_and_other_sites(store: Store) -> None:
    key = make_key(store, "tests", "ward", ["assess", "dose"])
    with service(store) as client:
        given = sign_in(client, key).headers.get_list("set-cookie")
        assert [line.partition("Path=")[2].partition(";")[0] for line in given] == ["/en", "/zh", "/es"]
        assert all("HttpOnly" in line and "samesite=strict" in line.lower() for line in given)
        assert not any("Secure" in line for line in given)
        # Not even when a browser is made to send it elsewhere.
        cookie = {"cookie": f"neomag-key={key}", "content-type": "application/json"}
        problem(client.post("/v1/assess", content=b'{"now": "3 d"}', headers=cookie), 401, "not-authenticated")
        problem(client.get("/v1/rules", headers=cookie), 401, "not-authenticated")
    with service(store, public_url="https://neomag.example") as client:
        given = sign_in(client, key).headers.get_list("set-cookie")
        assert all(line.startswith("__Secure-neomag-key=") and "Secure" in line for line in given)


def test_keys_that_are_not_let_in(store: Store) -> None:
    reader = make_key(store, "tests", "reader", ["read"])
    with service(store, failed_attempts=4) as client:
        for key, status in (("", 401), ("nmg_x", 401), (f"nmg_{'0' * 12}_{'a' * 43}", 401), (reader, 403)):
            answer = sign_in(client, key)
            assert answer.status_code == status
            assert "set-cookie" not in answer.headers
            assert key not in answer.text or not key
            assert client.get("/en/clinician", follow_redirects=False).status_code == 303
    with service(store, failed_attempts=2) as client:
        assert [sign_in(client, "nmg_x").status_code for _ in range(4)][-1] == 429


def test_no_other_site_signs_in_or_posts_in_the_name_of_who_is(store: Store) -> None:
    key = make_key(store, "tests", "ward", ["assess", "dose"])
    with service(store) as client:
        for headers in ({"sec-fetch-site": "cross-site"}, {"origin": "https://evil.example"}, {"origin": "null"}):
            answer = client.post("/en/sign-in", data={"key": key}, headers=headers, follow_redirects=False)
            assert answer.status_code == 403
            assert "set-cookie" not in answer.headers
        sign_in(client, key)
        fields = changed(empty(client), age="3", sign="seizure")
        for headers in ({"sec_fetch_site": "cross-site"}, {"origin": "https://evil.example"}, {}):
            assert post(client, "/en/clinician/keep", fields, **headers).status_code == 403
        assert post(client, "/en/clinician/keep", fields, origin="http://neomag.example").status_code == 200
        assert [entry.actor for entry in store.entries() if entry.action == "assessment.save"] == ["ward"]


def test_a_form_that_was_being_filled_is_not_answered_by_a_redirect(store: Store) -> None:
    """Where the session has ended in between, the form stays in the browser, and the page says what to do."""
    with service(store) as client:
        answer = client.post("/en/clinician", data={"age": "3"}, headers=OWN, follow_redirects=False)
        assert answer.status_code == 401
        assert answer.headers["content-type"].startswith("text/html")
        assert "/en/sign-in" in answer.text


def test_who_may_not_see_doses_sees_none(store: Store) -> None:
    key = make_key(store, "tests", "ward", ["assess"])
    with service(store) as client:
        sign_in(client, key)
        form = client.get("/en/clinician?example=P-013")
        assert form.status_code == 200
        assert 'id="dose"' not in form.text
        assert "dose.product" not in form.text


def test_a_session_ends_by_itself_by_its_owner_and_when_there_are_too_many(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [0.0]
    sessions = Sessions(clock=lambda: now[0])
    secret = sessions.begin("smart:https://ehr.example", ["assess", "dose", "nonsense"])
    found = sessions.identity(secret)
    assert (found.client, found.scopes, found.how) == ("smart:https://ehr.example", frozenset({"assess", "dose"}), "session")
    assert secret not in repr(vars(sessions))
    with pytest.raises(Refused):
        sessions.identity(secret + "x")
    now[0] = LIFE
    with pytest.raises(Refused):
        sessions.identity(secret)
    again = sessions.begin("a", ["assess"])
    sessions.end(again)
    with pytest.raises(Refused):
        sessions.identity(again)
    monkeypatch.setattr("neomag.service.auth.sessions._MOST", 3)
    begun = [sessions.begin("a", ["assess"]) for _ in range(9)]
    assert len(sessions) == 3
    assert sessions.identity(begun[-1]).client == "a"
