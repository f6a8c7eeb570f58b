"""The frame of the pages: languages, files, headers, the entrance, in a real browser and without one."""

from __future__ import annotations

import gzip
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from litestar.testing import TestClient
from tests.browser import ROOT, Visit, axe, chromium, compared, site, visit
from tests.service import Client

from neomag import web
from neomag.service.app import make_app
from neomag.service.settings import Settings
from neomag.web.assets import assets, release
from neomag.web.languages import LANGUAGES, preferred

__all__ = ["chromium", "site", "visit"]
CODES = list(LANGUAGES)


@pytest.fixture(scope="module")
def pages() -> Iterator[Client]:
    with TestClient(make_app(routers=[web.router()])) as client:
        yield client


@pytest.mark.parametrize(
    ("accepted", "code"),
    [
        ("", "en"), ("zh-CN,zh;q=0.9,en;q=0.8", "zh"), ("fr,es;q=0.5", "es"), ("en;q=0.3, es-419;q=0.7", "es"),
        ("fr, de", "en"), ("es;q=x, zh", "zh"), ("*", "en"),
    ],
)  # fmt: skip
def test_the_root_leads_to_the_language_asked_for(pages: Client, accepted: str, code: str) -> None:
    assert preferred(accepted).code == code
    answer = pages.get("/", headers={"accept-language": accepted}, follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (303, f"/{code}")


@pytest.mark.parametrize("code", CODES)
@pytest.mark.parametrize("text", ["Nobody has written this", "Nobody has written this.", "{found}", ""])
def test_what_no_catalogue_holds_is_said_as_it_is(code: str, text: str) -> None:
    assert LANGUAGES[code].say(text) == text


@pytest.mark.parametrize("code", CODES)
@pytest.mark.parametrize("path", ["", "/about"])
def test_a_page_says_its_language_and_loads_nothing_from_elsewhere(pages: Client, code: str, path: str) -> None:
    answer = pages.get(f"/{code}{path}")
    assert answer.status_code == 200
    assert f'<html lang="{LANGUAGES[code].tag}"' in answer.text
    assert answer.headers["content-language"] == LANGUAGES[code].tag
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert not re.search(
        r"<style|<script(?! type=\"application/json\"| type=\"module\" src=| src=)|\sstyle=|\son\w+=", answer.text
    )
    loaded = re.findall(r'(?:src|href)="([^"]+)"', answer.text)
    assert all(address.startswith(("/", "#")) for address in loaded)
    for address in loaded:
        if address.startswith("/static/"):
            assert pages.get(address).status_code == 200
    # The same page in the other languages.
    assert all(f'href="/{other}{path}"' in answer.text for other in CODES)


def test_a_file_is_packed_kept_for_a_year_and_answered_for_its_release_only(pages: Client) -> None:
    answer = pages.get(f"/static/{release()}/neomag.css", headers={"accept-encoding": "gzip"})
    assert answer.headers["content-encoding"] == "gzip"
    assert "immutable" in answer.headers["cache-control"]
    assert answer.text == assets()["neomag.css"].body.decode()
    plain = pages.get(f"/static/{release()}/neomag.css", headers={"accept-encoding": "identity"})
    assert "content-encoding" not in plain.headers
    assert plain.content == gzip.decompress(assets()["neomag.css"].packed or b"")
    for address in ("/static/0000/neomag.css", f"/static/{release()}/none.css", f"/static/{release()}/../page.py"):
        assert pages.get(address).status_code == 404


def test_what_is_vendored_is_what_was_published() -> None:
    vendored = Path(web.__file__).parent / "static" / "vendor" / "htmx.min.js"
    assert vendored.read_bytes() == (ROOT / "node_modules" / "htmx.org" / "dist" / "htmx.min.js").read_bytes()


@pytest.mark.parametrize("code", CODES)
@pytest.mark.parametrize("phone", [True, False])
@pytest.mark.parametrize("path", ["", "/about"])
def test_axe_finds_nothing(visit: Visit, code: str, path: str, phone: bool) -> None:
    assert axe(visit(f"/{code}{path}", phone=phone)) == []


def test_axe_finds_what_is_wrong(visit: Visit) -> None:
    """The check can fail."""
    page = visit("/en")
    page.evaluate("document.querySelector('main').insertAdjacentHTML('beforeend', '<img src=\"data:,\"><input>')")
    found = axe(page)
    assert any(line.startswith("image-alt") for line in found)
    assert any(line.startswith("label") for line in found)


def test_the_entrance_looks_as_it_should(visit: Visit) -> None:
    compared(visit("/en"), "entrance")
    compared(visit("/zh", phone=True, dark=True), "entrance-zh-phone-dark")


def test_the_entrance_by_keyboard(visit: Visit) -> None:
    page = visit("/en")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.getAttribute('href')") == "/en/parents"


@pytest.mark.parametrize(("code", "says"), [("en", "too large to be read"), ("zh", "太大"), ("es", "demasiado grande")])
def test_what_is_too_large_is_told_on_a_page(pages: Client, code: str, says: str) -> None:
    large = b"x" * (Settings().max_body + 1)
    answer = pages.post(f"/{code}/clinician/load", files={"file": ("case.json", large)})
    assert answer.status_code == 413
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert answer.headers["content-language"] == LANGUAGES[code].tag
    assert "default-src 'none'; script-src 'self'" in answer.headers["content-security-policy"]
    assert answer.headers.get_list("content-security-policy") == [answer.headers["content-security-policy"]]
    assert says in answer.text
    assert answer.headers["x-request-id"] in answer.text
    # Elsewhere it stays a problem.
    assert pages.post("/v1/assess", content=large).headers["content-type"] == "application/problem+json"


def test_a_method_that_a_page_does_not_have_is_told_on_a_page(pages: Client) -> None:
    answer = pages.get("/en/clinician/case.json")
    assert (answer.status_code, answer.headers["content-type"]) == (405, "text/html; charset=utf-8")
    assert "POST" in answer.headers["allow"]
    assert "This is not answered here" in answer.text
    head = pages.head("/en/clinician/case.json")
    assert (head.status_code, head.text) == (405, "")
