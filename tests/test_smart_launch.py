"""SMART on FHIR end to end: an EHR with a real FHIR server, a browser, and both launches; and everything that can go wrong."""

from __future__ import annotations

import json
import logging
import re
import shutil
import socket
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx
import pytest
import uvicorn
from litestar.testing import TestClient
from tests.fake_ehr import CLIENT, Ehr, as_json, ehr
from tests.fhir_cases import SNOMED, patient, quantity
from tests.fhir_server import FhirServer, needs_node, running
from tests.fhir_service import make
from tests.service import Client

from neomag import assess
from neomag.answer import Answer
from neomag.fhir import read_case
from neomag.service import smart
from neomag.service.settings import Settings
from neomag.service.smart.discovery import Configuration, Directory
from neomag.service.smart.launches import LIFE, Launches
from neomag.service.smart.refusal import Refusal
from neomag.service.smart.scopes import asked, lacking
from neomag.service.smart.token import Token
from neomag.service.store import Store, StoreError

pytestmark = needs_node
# A launch is answered as of now, so the infant is young whenever the tests run.
NOW = datetime.now(UTC)
BORN = f"{NOW - timedelta(days=30):%Y-%m-%d}"
THEN = f"{NOW - timedelta(days=6):%Y-%m-%dT%H:%M:%SZ}"
SECRET_NAME = "Zaphod <script>alert(1)</script>"


def record() -> list[dict[str, Any]]:
    """A convulsing infant with too little magnesium, and another infant."""
    subject = {"reference": "Patient/infant"}
    level = {
        "resourceType": "Observation", "id": "mg", "status": "final", "subject": subject, "effectiveDateTime": THEN,
        "code": {"coding": [{"system": "http://loinc.org", "code": "2601-3"}]}, "valueQuantity": quantity(0.31, "mmol/L"),
    }  # fmt: skip
    seizure = {
        "resourceType": "Condition", "id": "c", "subject": subject, "onsetDateTime": THEN,
        "code": {"coding": [{"system": SNOMED, "code": "91175000"}]},
    }  # fmt: skip
    infant = patient("female") | {"birthDate": BORN, "name": [{"given": ["Trillian"], "family": SECRET_NAME}]}
    del infant["_birthDate"]
    return [infant, patient(key="other"), level, seizure]


@pytest.fixture(scope="module")
def fhir() -> Iterator[FhirServer]:
    with running(token="behind") as server:
        server.load(record())
        yield server


@pytest.fixture
def hospital(fhir: FhirServer) -> Iterator[Ehr]:
    with ehr(fhir) as found:
        found.launches["visit-1"] = "infant"
        yield found


def settings(hospital: Ehr, **more: Any) -> Settings:
    return Settings(**{"smart_servers": (hospital.base,), "smart_client_id": CLIENT} | more)


def browser(given: Settings, **more: Any) -> Client:
    """A browser with cookies of its own, which follows nothing by itself."""
    app = make(given, smart.router(given, **more))
    return TestClient(app, base_url="http://127.0.0.1", raise_server_exceptions=False)


def get(client: Client, address: str, **more: Any) -> httpx.Response:
    return client.get(address, follow_redirects=False, **more)


def login(client: Client, first: str) -> str:
    """From a launch through the login: the address to which the EHR sends the browser back."""
    begun = get(client, first)
    assert begun.status_code == 302, begun.text
    back = httpx.get(begun.headers["location"])
    assert back.status_code == 302, back.text
    return back.headers["location"]


def launch(hospital: Ehr, which: str = "visit-1") -> str:
    return f"/smart/launch?iss={hospital.base}&launch={which}"


def shown(client: Client, hospital: Ehr, first: str | None = None) -> httpx.Response:
    return get(client, login(client, first or launch(hospital)))


def refused(answer: httpx.Response, status: int, says: str) -> None:
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert "neomag has no answer" in answer.text
    assert says in answer.text, answer.text
    assert "Secretname" not in answer.text
    assert "Traceback" not in answer.text


class Page(HTMLParser):
    """What a page shows, and that it runs and loads nothing."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.text, self.ids, self.links = "", set[str](), list[str]()
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag not in {"script", "link", "img", "iframe", "form", "object"}
        given = dict(attrs)
        assert not any(name.startswith("on") or name in {"style", "src"} for name in given)
        self.ids.add(given.get("id") or "")
        if tag == "a":
            self.links.append(given["href"] or "")

    def handle_data(self, data: str) -> None:
        self.text += data


@pytest.mark.parametrize("secret", [None, "s3cret:with+signs"])
@pytest.mark.parametrize("first", ["ehr", "alone"])
def test_both_launches_show_the_infant_of_the_launch(hospital: Ehr, first: str, secret: str | None) -> None:
    hospital.secret = secret
    kept: list[tuple[str, dict[str, Any], Answer]] = []
    given = settings(hospital, smart_client_secret=secret)
    with browser(given, keep=lambda *answered: kept.append(answered)) as client:
        answer = shown(client, hospital, launch(hospital) if first == "ehr" else "/smart/start")
    assert answer.status_code == 200, answer.text
    page = Page(answer.text)
    assert ("Name" in page.text, BORN in page.text, "female" in page.text) == (True, True, True)
    (iss, bundle, said) = kept[0]
    expected = assess(read_case(bundle).case)
    assert (iss, [a.code for a in said.actions]) == (hospital.base, [a.code for a in expected.actions])
    assert (said.urgency, said.magnesium.status, said.suspicion) == ("emergency", "deficient", "confirmed")
    for text in ("EMERGENCY", "deficient", "0.31 mmol/L", "confirmed", said.knowledge):
        assert text in page.text
    for lines in (said.actions, said.blocked, said.consider, said.causes, said.magnesium.caveats):
        for line in lines:
            assert line.says in page.text
            assert all(f"rule-{rule}" in page.ids for rule in line.because)
    assert "It does not replace a clinician who sees the infant." in page.text
    # Each reference within the page leads somewhere, and every source is at its rule.
    assert {link[1:] for link in page.links if link.startswith("#")} <= page.ids
    assert {f"[{key}]" for line in said.actions for rule in line.rules for key in rule.sources} <= set(
        re.findall(r"\[[^\]]+\]", page.text)
    )
    asked = hospital.of("/auth/authorize")[0]
    assert asked["aud"] == hospital.base
    assert ("launch" in asked) == (first == "ehr")
    assert asked["scope"].split()[0] == ("launch" if first == "ehr" else "launch/patient")


def test_what_was_shown_is_kept_and_what_cannot_be_kept_is_not_shown(hospital: Ehr, tmp_path: Path) -> None:
    with Store.open(f"sqlite:///{tmp_path / 's.db'}") as store:
        with browser(settings(hospital), keep=smart.keep_in(store)) as client:
            assert shown(client, hospital).status_code == 200
        assert store.verify() == []
        (entry,) = [entry for entry in store.entries() if entry.action == "assessment.save"]
        assert entry.actor == f"smart:{hospital.base}"
        kept = store.assessment(entry.subject)
        assert kept
        assert json.loads(kept.answer)["urgency"] == "emergency"
        assert not any(token in kept.case + kept.answer for token in hospital.tokens)
        again = read_case(json.loads(kept.case), now=f"{NOW:%Y-%m-%dT%H:%M:%SZ}")
        assert assess(again.case).magnesium.status == "deficient"

    def full(*_: Any) -> None:
        raise StoreError("the disk is full")

    with browser(settings(hospital), keep=full) as client:
        refused(shown(client, hospital), 503, "cannot be kept")


def test_the_page_runs_nothing_loads_nothing_and_stands_in_no_frame(hospital: Ehr) -> None:
    with browser(settings(hospital)) as client:
        answer = shown(client, hospital)
    policy = answer.headers["content-security-policy"]
    assert re.fullmatch(
        r"default-src 'none'; style-src 'sha256-[^']+'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'", policy
    )
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["referrer-policy"] == "no-referrer"
    # A name in the record is a name and no markup.
    assert SECRET_NAME in Page(answer.text).text
    assert "<script" not in answer.text


@contextmanager
def listening(given: Settings) -> Iterator[str]:
    """The service on a port of its own, for a real browser."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        config = uvicorn.Config(make(given, smart.router(given)), log_config=None, access_log=False)
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [free]}, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{free.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join()


CHROMIUM = shutil.which("chromium")


@pytest.mark.slow
@pytest.mark.skipif(CHROMIUM is None, reason="a browser")
def test_a_real_browser_goes_through_the_launch(hospital: Ehr, tmp_path: Path) -> None:
    """The EHR is another site (localhost) than neomag (127.0.0.1): the browser itself decides which cookies it sends."""
    assert CHROMIUM
    hospital.url = hospital.url.replace("127.0.0.1", "localhost")
    with listening(settings(hospital)) as url:
        hospital.redirect = f"{url}/smart/callback"
        command = [
            CHROMIUM, "--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--enable-logging=stderr",
            f"--user-data-dir={tmp_path}", "--virtual-time-budget=20000", "--dump-dom", f"{url}{launch(hospital)}",
        ]  # fmt: skip
        done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True)
    page = Page(done.stdout)
    assert "EMERGENCY" in page.text
    assert SECRET_NAME in page.text
    # The browser found nothing that its policy forbids.
    assert "Content Security Policy" not in done.stderr
    assert len(hospital.of("/auth/token")) == 1


def test_no_token_no_code_and_no_patient_stands_in_an_address_a_page_or_a_log(
    hospital: Ehr, caplog: pytest.LogCaptureFixture
) -> None:
    codes: list[str] = []
    hospital.back = lambda said: codes.append(said["code"]) or said
    with caplog.at_level(logging.DEBUG, "neomag"), browser(settings(hospital)) as client:
        answer = shown(client, hospital)
    (token,) = hospital.tokens
    for secret in (token, codes[0]):
        assert secret not in answer.text + str(answer.headers) + caplog.text
        # Only ever in the body or the header Authorization of requests to the EHR.
        assert secret not in "".join(path + str(said) for _, path, said, _ in hospital.asked if path != "/auth/token")
    assert "infant" not in caplog.text
    assert "Zaphod" not in caplog.text
    assert token not in repr(Token(token, "infant", ()))
    assert [r for r in caplog.records if r.name == "neomag.access"]


def test_a_token_that_is_missing_is_refused_like_one_that_is_bad(hospital: Ehr) -> None:
    for made, says in (
        (lambda said: {k: v for k, v in said.items() if k != "access_token"}, "gave no access token"),
        (lambda said: said | {"access_token": None}, "gave no access token"),
        (lambda said: said | {"access_token": ""}, "gave no access token"),
        (lambda said: said | {"access_token": "a\r\nX: y"}, "gave no access token"),
        (lambda said: said | {"token_type": "mac"}, "of a kind that is not known"),
        (lambda said: {k: v for k, v in said.items() if k != "token_type"}, "of a kind that is not known"),
        (lambda said: said | {"access_token": "another"}, "does not accept the token"),
        (lambda said: [said], "gave no access token"),
        (lambda said: "x" * 200_000, "more than a token"),
    ):
        hospital.token_answer = made
        with browser(settings(hospital)) as client:
            refused(shown(client, hospital), 502, says)
    hospital.token_answer = lambda said: said
    for answer, status, says in (
        (as_json(400, {"error": "invalid_grant", "error_description": "Secretname"}), 502, "no token (invalid_grant)"),
        (as_json(400, {"error": "<b>Secretname</b>"}), 502, "gave no token."),
        ((302, {"Location": "http://127.0.0.1:1/"}, b""), 502, "gave no token"),
        ((200, {}, b"<html>"), 502, "gave no access token"),
    ):
        hospital.answers["/auth/token"] = answer
        with browser(settings(hospital)) as client:
            refused(shown(client, hospital), status, says)


def test_a_login_without_a_patient_says_what_to_do(hospital: Ehr) -> None:
    for patient_ in (None, "", "../x", "Patient/infant", 7):
        hospital.token_answer = lambda said, patient_=patient_: said | {"patient": patient_}
        with browser(settings(hospital)) as client:
            answer = shown(client, hospital)
            refused(answer, 422, "named no patient")
            assert "AUTO" in answer.text
    assert not [path for _, path, _, _ in hospital.asked if path.startswith("/fhir/R4/Patient")]


def test_less_than_was_asked_for_is_no_answer(hospital: Ehr) -> None:
    for granted, says in (
        ("", "Patient, Observation, Condition, MedicationAdministration, MedicationRequest"),
        ("launch patient/Patient.rs", "Observation"),
        ("patient/Patient.rs patient/Observation.r patient/Condition.rs patient/Medication*.rs", "Observation"),
        ("patient/*.write", "Patient"),
        ("patient/*.rs?category=laboratory", "Patient"),
    ):
        hospital.grant = lambda scope, granted=granted: granted
        with browser(settings(hospital)) as client:
            refused(shown(client, hospital), 403, f"does not allow to read {says}")
    hospital.token_answer = lambda said: {k: v for k, v in said.items() if k != "scope"}
    with browser(settings(hospital)) as client:
        refused(shown(client, hospital), 502, "does not say what may be read")
    assert not [path for _, path, _, _ in hospital.asked if path.startswith("/fhir/R4/Patient")]


def test_what_is_not_needed_and_not_granted_is_named(hospital: Ehr) -> None:
    hospital.grant = lambda scope: scope.replace("patient/Specimen.rs", "")
    with browser(settings(hospital)) as client:
        answer = shown(client, hospital)
    assert answer.status_code == 200
    assert "Specimen may not be read by this login" in answer.text


def test_a_state_of_nobody_and_a_state_of_another_browser(hospital: Ehr) -> None:
    """Cross-site request forgery: a victim's browser is sent to the callback with the attacker's login."""
    with browser(settings(hospital)) as client:
        address = login(client, launch(hospital))
        mine = list(client.cookies.jar)
        client.cookies.clear()  # from here on the victim's
        refused(get(client, address), 400, "not begun in this browser")
        # With a launch of the victim's own under way it is the same.
        get(client, launch(hospital))
        refused(get(client, address), 400, "not begun in this browser")
        for query in ("", "?code=x", "?state=&code=x", "?state=x&code=x", "?state=%00&code=x", "?state=é&code=x"):
            assert get(client, f"/smart/callback{query}").status_code == 400
        assert not hospital.of("/auth/token")
        # The one who began it can still end it.
        client.cookies.clear()
        for cookie in mine:
            client.cookies.jar.set_cookie(cookie)
        assert get(client, address).status_code == 200


def test_a_login_is_used_once(hospital: Ehr) -> None:
    with browser(settings(hospital)) as client:
        address = login(client, launch(hospital))
        mine = list(client.cookies.jar)
        assert get(client, address).status_code == 200
        # Not even by a browser that keeps its cookie.
        for cookie in mine:
            client.cookies.jar.set_cookie(cookie)
        refused(get(client, address), 400, "was used before")
    assert len(hospital.of("/auth/token")) == 1


def test_each_launch_has_a_cookie_of_its_own_that_nobody_can_plant(hospital: Ehr) -> None:
    """Session fixation: a value that was in the browser before is never taken over."""
    with browser(settings(hospital)) as client:
        first = get(client, launch(hospital))
        state = dict(parse_qsl(urlsplit(first.headers["location"]).query))["state"]
        name, _, value = first.headers["set-cookie"].partition(";")[0].partition("=")
        for part in ("HttpOnly", "SameSite=lax", "Path=/smart/callback", f"Max-Age={LIFE}"):
            assert part.lower() in first.headers["set-cookie"].lower()
        assert "secure" not in first.headers["set-cookie"].lower()
        assert state not in value
        client.cookies.set(name, "planted", domain="127.0.0.1")
        second = get(client, launch(hospital))
        assert "planted" not in second.headers["set-cookie"]
        assert second.headers["set-cookie"].partition(";")[0].partition("=")[0] != name
    with browser(settings(hospital)) as client:
        # Two tabs of a browser do not disturb each other, and a cookie is gone once it was used.
        one, two = login(client, launch(hospital)), login(client, launch(hospital))
        for address in (one, two):
            answer = get(client, address)
            assert answer.status_code == 200
            assert "Max-Age=0" in answer.headers["set-cookie"]
    with browser(settings(hospital, public_url="https://neomag.example")) as client:
        begun = get(client, launch(hospital))
        assert begun.headers["set-cookie"].startswith("__Secure-neomag-smart-")
        assert "; secure" in begun.headers["set-cookie"].lower()
        assert "redirect_uri=https%3A%2F%2Fneomag.example%2Fsmart%2Fcallback" in begun.headers["location"]
    with browser(settings(hospital, public_url="https://hospital.example/apps/neomag")) as client:
        # Behind a proxy that takes the beginning of the path away, the browser still sees it.
        assert "path=/apps/neomag/smart/callback" in get(client, launch(hospital)).headers["set-cookie"].lower()


def test_a_server_that_is_not_trusted_is_never_called(hospital: Ehr) -> None:
    """Server-side request forgery through `iss`."""
    with browser(settings(hospital)) as client:
        for iss in (
            "https://evil.example/fhir", f"{hospital.url}/fhir", f"{hospital.base}/../other", f"{hospital.base}?x=1",
            hospital.base.replace("127.0.0.1", "127.0.0.1@evil.example"), hospital.base.upper(), f"{hospital.base}//",
            "http://169.254.169.254/latest/meta-data", "file:///etc/passwd", f"{hospital.base}%0d%0aX:y",
        ):  # fmt: skip
            refused(
                get(client, "/smart/launch", params={"iss": iss, "launch": "x"}), 403, "not one that neomag may be launched"
            )
            refused(get(client, "/smart/start", params={"iss": iss}), 403, "not one that neomag may be launched")
        assert hospital.asked == []
        # The last slash is no difference, and is sent back as it came.
        begun = get(client, "/smart/launch", params={"iss": f"{hospital.base}/", "launch": "visit-1"})
        assert dict(parse_qsl(urlsplit(begun.headers["location"]).query))["aud"] == f"{hospital.base}/"


@pytest.mark.parametrize(
    ("config", "says"),
    [
        ({"authorization_endpoint": None}, "`authorization_endpoint` is no https address"),
        ({"authorization_endpoint": "http://ehr.example/authorize"}, "no https address"),
        ({"authorization_endpoint": "javascript:alert(1)"}, "no https address"),
        ({"authorization_endpoint": "https://a@evil.example/"}, "no https address"),
        ({"token_endpoint": "http://ehr.example/token"}, "`token_endpoint` is no https address"),
        ({"token_endpoint": 7}, "no https address"),
        ({"code_challenge_methods_supported": ["plain"]}, "PKCE"),
        ({"code_challenge_methods_supported": None}, "PKCE"),
    ],
)
def test_a_login_that_cannot_be_used_safely_is_not_used(hospital: Ehr, config: dict[str, Any], says: str) -> None:
    hospital.config = config
    with browser(settings(hospital)) as client:
        refused(get(client, launch(hospital)), 502, says)
    assert len(hospital.asked) == 1


def test_a_trusted_server_elsewhere_cannot_send_us_to_this_machine() -> None:
    said = {
        "authorization_endpoint": "https://ehr.example/a", "token_endpoint": "http://127.0.0.1:5432/",
        "code_challenge_methods_supported": ["S256"],
    }  # fmt: skip
    directory = Directory(["https://ehr.example/fhir"], load=lambda url: said)
    with pytest.raises(Refusal, match="another machine's loopback"):
        directory.of("https://ehr.example/fhir")


def test_a_server_that_is_away_is_not_asked_for_each_launch(hospital: Ehr) -> None:
    hospital.answers["/fhir/R4/.well-known/smart-configuration"] = (302, {"Location": "http://127.0.0.1:1/"}, b"")
    with browser(settings(hospital)) as client:
        for _ in range(5):
            refused(get(client, launch(hospital)), 502, "does not say how to log in")
    assert len(hospital.asked) == 1
    now = [0.0]
    loaded: list[str] = []
    config = {
        "authorization_endpoint": "https://e/a",
        "token_endpoint": "https://e/t",
        "code_challenge_methods_supported": ["S256"],
    }
    directory = Directory(["https://e/f"], load=lambda url: loaded.append(url) or config, clock=lambda: now[0])
    for now[0] in (0, 599, 601, 602):
        assert directory.of("https://e/f/") == Configuration("https://e/a", "https://e/t", None, v2=False)
    assert loaded == ["https://e/f/.well-known/smart-configuration"] * 2


def test_a_login_that_was_refused_or_gave_no_code(hospital: Ehr) -> None:
    for back, status, says in (
        ({"error": "access_denied", "error_description": "Secretname"}, 403, "refused (access_denied)"),
        ({"error": "<b>Secretname</b>"}, 403, "The login was refused."),
        ({}, 400, "gave no code"),
        ({"code": ""}, 400, "gave no code"),
        ({"code": "x" * 5_000}, 400, "longer than any is"),
        ({"code": "wrong"}, 502, "no token (invalid_grant)"),
        ({"code": "a", "iss": "https://evil.example"}, 400, "another login"),
    ):
        hospital.back = lambda said, back=back: back | {"state": said["state"]}
        with browser(settings(hospital)) as client:
            refused(shown(client, hospital), status, says)
    # An error of an attacker's making, without a login, is no page of ours with their text.
    with browser(settings(hospital)) as client:
        refused(get(client, "/smart/callback?error=access_denied&state=x"), 400, "not begun in this browser")
        refused(get(client, "/smart/callback?state=a&state=b&code=c"), 400, "stands twice")


def test_the_browser_is_sent_nowhere_but_to_the_login(hospital: Ehr) -> None:
    """Open redirect: no parameter and no header chooses where to."""
    with browser(settings(hospital)) as client:
        begun = get(client, f"{launch(hospital)}&redirect_uri=https://evil.example&next=https://evil.example")
        where = urlsplit(begun.headers["location"])
        assert (where.scheme, where.netloc, where.path) == ("http", urlsplit(hospital.url).netloc, "/auth/authorize")
        assert dict(parse_qsl(where.query))["redirect_uri"] == hospital.redirect
        answer = get(client, launch(hospital), headers={"host": "evil.example"})
        refused(answer, 404, "address of this service is not set")
        assert "location" not in answer.headers


def test_where_smart_is_not_set_up(hospital: Ehr) -> None:
    for given in (Settings(), Settings(smart_servers=(hospital.base,)), Settings(smart_client_id="x")):
        with browser(given) as client:
            for path in ("launch?iss=a&launch=b", "start", "callback"):
                refused(get(client, f"/smart/{path}"), 404, "not set up")
    with browser(settings(hospital)) as client:
        refused(get(client, "/smart/launch"), 400, "are missing")
        refused(get(client, f"/smart/launch?iss={hospital.base}"), 400, "are missing")
        assert client.get("/smart/other").status_code == 404


def test_where_several_servers_are_trusted_one_is_chosen(hospital: Ehr) -> None:
    given = settings(hospital, smart_servers=('https://a.example/fhir?"><script>', hospital.base))
    with browser(given) as client:
        answer = get(client, "/smart/start")
        page = Page(answer.text)
        assert [link for link in page.links if hospital.url.rpartition(":")[2] in link]
        assert shown(client, hospital, f"/smart/{page.links[1]}").status_code == 200


def test_a_record_that_cannot_be_read_or_answered(hospital: Ehr) -> None:
    for path, answer, status, says in (
        ("/fhir/R4/Patient/infant", as_json(500, {}), 502, "Patient: the server refused it, HTTP 500"),
        ("/fhir/R4/Observation", as_json(403, {}), 502, "Observation: the token does not allow it"),
        ("/fhir/R4/Patient/infant", as_json(200, {"resourceType": "Patient", "id": "infant"}), 200, "deficient"),
        ("/fhir/R4/Patient/infant", as_json(200, {"resourceType": "Patient", "id": "x", "birthDate": 7}), 422, "is expected"),
    ):
        hospital.answers = {path: answer}
        with browser(settings(hospital)) as client:
            found = shown(client, hospital)
            if status == 200:
                continue
            refused(found, status, says)


def test_launches_end_by_themselves_and_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [0.0]
    launches = Launches(clock=lambda: now[0])
    configuration = Configuration("https://e/a", "https://e/t", None, v2=True)
    state, browser_, begun = launches.begin("https://e/f", configuration, "http://localhost/smart/callback")
    assert begun.verifier not in repr(begun)
    assert len(begun.verifier) >= 43
    with pytest.raises(Refusal, match="not begun in this browser"):
        launches.take(state, browser_ + "x")
    now[0] = LIFE + 1
    with pytest.raises(Refusal, match="longer than 10 minutes"):
        launches.take(state, browser_)
    monkeypatch.setattr("neomag.service.smart.launches._MOST", 5)
    made = [launches.begin("https://e/f", configuration, "r") for _ in range(20)]
    assert len(launches) == 5
    assert len({(s, b) for s, b, _ in made}) == 20
    assert launches.take(*made[-1][:2]) == replace(made[-1][2])


@pytest.mark.parametrize(
    ("granted", "missing"),
    [
        (asked(v2=True, launched=True), []),
        (asked(v2=False, launched=False), []),
        ("patient/*.read", []),
        ("user/*.cruds", []),
        ("patient/*.*", []),
        ("patient/*.r patient/*.s", ["Patient", "Observation", "Condition", "MedicationAdministration", "MedicationRequest",
                                     "Medication", "Encounter", "Specimen"]),
        ("patient/*.rs patient/Patient.r", []),
    ],
)  # fmt: skip
def test_what_a_scope_opens(granted: str, missing: list[str]) -> None:
    assert lacking(granted) == missing
