"""The pages without a network: the manifest, the service worker, and what a device shows when the line is cut."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from tests.browser import Visit, chromium, site, visit

from neomag.web.assets import release
from neomag.web.languages import LANGUAGES
from neomag.web.offline import worker

if TYPE_CHECKING:
    from playwright.sync_api import Page

__all__ = ["chromium", "site", "visit"]


def ready(page: Page) -> Page:
    """Wait until the device has what it keeps."""
    page.evaluate("navigator.serviceWorker.ready.then(() => null)")
    # By a poll of our own: the page's policy lets nothing be evaluated from text.
    page.evaluate(
        """() => new Promise((done) => {
          const look = () => (navigator.serviceWorker.controller ? done() : setTimeout(look, 50));
          look();
        })"""
    )
    return page


@pytest.mark.parametrize("code", list(LANGUAGES))
def test_the_pages_can_be_installed(visit: Visit, site: str, code: str) -> None:
    page = visit(f"/{code}")
    address = page.locator("link[rel=manifest]").get_attribute("href")
    said = json.loads(page.request.get(f"{site}{address}").text())
    assert said["lang"] == LANGUAGES[code].tag
    assert said["display"] == "standalone"
    assert said["start_url"] == f"/{code}"
    for icon in said["icons"]:
        answer = page.request.get(f"{site}{icon['src']}")
        assert answer.ok
        assert answer.headers["content-type"] == icon["type"]


def test_the_worker_names_its_release_and_keeps_no_charts() -> None:
    kept = json.loads(worker().body.decode().partition("\n")[0].removeprefix("const KEPT = ").removesuffix(";"))
    assert kept["release"] == release()
    assert "/zh/parents" in kept["pages"]
    assert all(release() in name for name in kept["files"])
    assert not any("charts" in name for name in kept["files"])


@pytest.mark.parametrize("code", list(LANGUAGES))
def test_a_page_that_was_never_seen_is_there_without_a_network(visit: Visit, code: str) -> None:
    page = ready(visit(f"/{code}", worker=True, complains=True))
    page.context.set_offline(True)
    page.goto(f"/{code}/about")
    # Not kept: the page that says so, with what is.
    assert page.locator("main a.door").count() == 4
    page.goto(f"/{code}")
    assert page.locator("a.banner.emergency").is_visible()
    assert page.locator("[data-offline]").is_visible()
    page.context.set_offline(False)
    page.reload()
    assert not page.locator("[data-offline]").is_visible()


def test_the_clinicians_page_answers_as_the_service_does(visit: Visit) -> None:
    """The same form, answered by the service and then without a network: the same urgency, status, lines and value."""
    page = ready(visit("/en/clinician", worker=True, complains=True))
    page.goto("/en/clinician")
    page.fill("#f-age", "60")
    page.locator("label.choice", has=page.locator("input[name=sign][value=seizure]")).first.click()
    page.fill("#f-samples-0-results-0-value", "0.31")
    page.select_option("#f-samples-0-results-0-unit", "mmol/L")
    page.locator("#answer .level .number", has_text="0.31").first.wait_for()
    online = said(page)
    page.context.set_offline(True)
    page.fill("#f-weight", "5")
    page.wait_for_selector("#answer [data-away=urgency]")
    assert said(page) == online
    assert "device" in page.locator("#answer").inner_text()
    # A level that is no deficiency, and a fault at its field.
    page.fill("#f-samples-0-results-0-value", "0.85")
    page.locator("#answer [data-away=value]", has_text="0.85").wait_for()
    assert "normal" in page.locator("#answer .level .value").inner_text().lower()
    page.fill("#f-samples-0-results-0-value", "<0.2")
    page.wait_for_selector("#f-samples-0-results-0-value[aria-invalid=true]")
    # Back on the line the service answers again.
    page.context.set_offline(False)
    page.fill("#f-samples-0-results-0-value", "0.31")
    page.locator("#answer [data-away]").first.wait_for(state="detached")


def said(page: Page) -> dict[str, object]:
    """What an answer on the page says, by whomever it was written."""
    lines = "els => els.map(li => li.firstChild.textContent.trim())"
    return {
        "urgency": page.locator("#urgency").get_attribute("class"),
        "word": page.locator("#urgency strong").first.inner_text(),
        "suspicion": page.locator(".verdict strong").inner_text(),
        "value": page.locator("#answer .level .number").first.inner_text(),
        "do": page.locator("#answer section.do li:not(details li)").evaluate_all(lines),
        "not": page.locator("#answer section.not li:not(details li)").evaluate_all(lines),
    }
