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


@pytest.mark.parametrize("code", LANGUAGES)
def test_a_fault_is_told_without_a_network_as_the_service_tells_it(visit: Visit, code: str) -> None:
    """One that only the reader of cases finds: in the words of the page, at the same field."""
    page = ready(visit(f"/{code}/clinician", worker=True, complains=True))
    page.goto(f"/{code}/clinician")
    page.evaluate("document.getElementById('local').open = true")
    page.fill("#f-age", "60")
    page.select_option("#f-intervals-0-unit", "mmol/L")
    page.fill("#f-intervals-0-low", "0.05")
    page.wait_for_selector("#f-intervals-0-low[aria-invalid=true]")
    online = page.locator("#answer [data-faults] li").all_inner_texts()
    page.context.set_offline(True)
    page.fill("#f-intervals-0-low", "0.9")
    page.wait_for_selector("#answer [data-away=urgency]")
    page.fill("#f-intervals-0-low", "0.05")
    page.wait_for_selector("#f-intervals-0-low[aria-invalid=true]")
    assert page.locator("#answer [data-faults] li").all_inner_texts() == online


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


@pytest.mark.parametrize("marked", [{"kind": "jerks"}, {"kind": "whole"}, {"began": "asleep"}])
def test_the_sheet_is_made_on_the_device_as_the_service_makes_it(visit: Visit, marked: dict[str, str]) -> None:
    page = ready(visit("/en/parents/film", worker=True, complains=True, phone=True))
    page.goto("/en/parents/film")

    def fill() -> None:
        page.fill("#age-n", "5")
        page.select_option("#age-unit", "mo")
        page.fill("#lasted-sec", "30")
        page.fill("#c1", "20")
        page.fill("#s1", "10")
        for question, reply in marked.items():
            page.locator(f"input[name='q.{question}'][value='{reply}']").check(force=True)
        page.get_by_role("button", name="Make the sheet").click()

    fill()
    page.locator("article.sheet h1").wait_for()
    service = sheet(page)
    page.goto("/en/parents/film")
    page.context.set_offline(True)
    fill()
    page.locator("article.sheet h1").wait_for()
    assert sheet(page) == service
    # Kept when the parent asks for it, and shown where there is no network.
    page.locator("[data-keeper=sheet] input").check(force=True)
    page.goto("/en/parents/kept")
    assert page.locator("#kept article.sheet h1").is_visible()


def sheet(page: Page) -> dict[str, object]:
    """What a sheet says: whether to call, the danger signs marked, and each question with its answer."""
    article = page.locator("article.sheet")
    pairs = article.locator("dl > div").evaluate_all(
        "all => all.map(one => [...one.children].map(part => part.textContent.trim().replace(/\\s+/g, ' ')))"
    )
    return {
        "call": article.locator(".call-now:visible").count(),
        "marked": article.locator(".marked:visible li").all_inner_texts(),
        "other": article.locator(".banner.urgent:visible").count(),
        # Lengths of time are written out by the service and left as they were typed on the device.
        "questions": {name: said for name, said in pairs if name not in {"Age", "Lasted"}},
    }


def test_a_sheet_that_cannot_be_read_is_told_on_the_device_too(visit: Visit) -> None:
    page = ready(visit("/en/parents/film", worker=True, complains=True))
    page.goto("/en/parents/film")
    page.context.set_offline(True)
    page.fill("#temp", "warm")
    page.get_by_role("button", name="Make the sheet").click()
    assert page.get_by_role("alert").filter(has_text="Write a temperature").is_visible()
    assert page.locator("article.sheet").count() == 0
