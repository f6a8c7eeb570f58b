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
    page.wait_for_function("navigator.serviceWorker.controller !== null")
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
