"""A real browser on the real pages: the service with its pages on a port, Debian's chromium by Playwright, axe, and pictures.

    from tests.browser import axe, chromium, site, visit  # the fixtures by name, pytest finds them in the module

A test says `page = visit("/en/clinician", phone=True)`. What the browser complains of (errors of scripts, breaches of the
Content-Security-Policy, files that are missing) fails the test when it ends; `page.complaints` holds it.
"""

from __future__ import annotations

import base64
import os
import shutil
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from neomag.service.settings import Settings

if TYPE_CHECKING:
    from playwright.sync_api import Browser, ConsoleMessage, Page, Request, ViewportSize

ROOT = Path(__file__).parents[1]
CHROMIUM = shutil.which("chromium")
# Pictures of the pages: the README and the documentation show them, and the tests compare with them.
PICTURES = ROOT / "docs" / "pages"
PHONE: ViewportSize = {"width": 375, "height": 667}
DESKTOP: ViewportSize = {"width": 1280, "height": 800}
# WCAG 2.2 AA, and what axe counts as good practice (headings in order, one main, landmarks).
_TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
# Of the pixels of a picture, how many may differ and by how much: letters are drawn a little differently by each release.
_MOST_PIXELS, _MOST_COLOUR = 0.02, 48
Visit = Callable[..., "Page"]


@contextmanager
def served(settings: Settings, **more: Any) -> Iterator[str]:
    """The whole service with its pages on a port of this machine; its store is the caller's settings'."""
    import uvicorn

    from neomag import web
    from neomag.service.store import Store
    from neomag.service.whole import make_service

    with socket.create_server(("127.0.0.1", 0)) as free, Store.open(settings.store) as store:
        app = make_service(settings, store, routers=[web.router()], **more)
        server = uvicorn.Server(uvicorn.Config(app, log_config=None, access_log=False))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [free]}, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{free.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join()


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a service of this module's own."""
    store = tmp_path_factory.mktemp("pages") / "store.db"
    with served(Settings(store=f"sqlite:///{store}", rate=1e6, burst=1_000_000)) as url:
        yield url


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """A browser. Of a module, as Playwright holds the thread's event loop as long as it runs."""
    if CHROMIUM is None:
        pytest.skip("no chromium on this machine")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--font-render-hinting=none"])
        yield found
        found.close()


def _failed(asked: Request) -> list[str]:
    return [] if "ERR_ABORTED" in (asked.failure or "") else [f"failed: {asked.url} {asked.failure}"]


@pytest.fixture
def visit(chromium: Browser, site: str) -> Iterator[Visit]:
    """Opens a page of the site in a new window: `visit(path, phone=…, script=…, dark=…, worker=…, complains=…)`."""
    pages: list[tuple[Page, list[str]]] = []

    def go(
        path: str,
        *,
        phone: bool = False,
        script: bool = True,
        dark: bool = False,
        worker: bool = False,
        complains: bool = False,
        **more: Any,
    ) -> Page:
        context = chromium.new_context(
            base_url=more.pop("base_url", site), viewport=PHONE if phone else DESKTOP, has_touch=phone, is_mobile=phone,
            java_script_enabled=script, color_scheme="dark" if dark else "light", reduced_motion="reduce",
            service_workers="allow" if worker else "block", locale="en-GB", timezone_id="UTC", **more,
        )  # fmt: skip
        page, complaints = context.new_page(), []
        page.on("pageerror", lambda error: complaints.append(f"error: {error}"))
        page.on("console", lambda said: complaints.append(said.text) if _bad(said) else None)
        # A request that is given up for a newer one, or for a download, has not failed.
        page.on("requestfailed", lambda asked: complaints.extend(_failed(asked)))
        page.complaints = complaints  # type: ignore[attr-defined]
        if not complains:
            pages.append((page, complaints))
        page.goto(path)
        return page

    yield go
    for page, _ in pages:
        page.context.close()
    assert [said for _, complaints in pages for said in complaints] == []


def _bad(said: ConsoleMessage) -> bool:
    return said.type in {"error", "warning"} and "Service Worker registration blocked" not in said.text


def axe(page: Page) -> list[str]:
    """What axe finds wrong with the page as it stands, a line each; also what a narrow window cuts off."""
    # By the debugger, whom the page's policy does not bind.
    page.evaluate((ROOT / "node_modules" / "axe-core" / "axe.min.js").read_text("utf-8"))
    found = page.evaluate("tags => axe.run(document, {runOnly: tags})", _TAGS)
    lines = [f"{v['id']}: {v['help']}: {v['nodes'][0]['html'][:160]} ({len(v['nodes'])})" for v in found["violations"]]
    if page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth + 1"):
        lines.append("the page is wider than the window")
    return lines


def compared(page: Page, name: str, *, full: bool = False) -> None:
    """Compare the page with its picture in docs/pages; with NEOMAG_PICTURES=write the picture is made anew.

    Raises AssertionError when they differ; what was seen then lies beside it as NAME.seen.png.
    """
    taken = page.screenshot(full_page=full, animations="disabled", caret="hide")
    path = PICTURES / f"{name}.png"
    if os.environ.get("NEOMAG_PICTURES") == "write":
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(taken)
        return
    assert path.is_file(), f"{path} is not there: NEOMAG_PICTURES=write makes it"
    share = _difference(page, path.read_bytes(), taken)
    if share > _MOST_PIXELS:
        path.with_suffix(".seen.png").write_bytes(taken)
    assert share <= _MOST_PIXELS, f"{path.name}: {share:.1%} of the picture differs; see {path.stem}.seen.png"


def _difference(page: Page, before: bytes, after: bytes) -> float:
    """The share of pixels in which two pictures differ; 1 when their sizes differ by more than a line."""
    blank = page.context.new_page()
    try:
        return blank.evaluate(
            """async ([before, after, most]) => {
              const pixels = async (text) => {
                const bytes = Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
                const image = await createImageBitmap(new Blob([bytes], {type: "image/png"}));
                const canvas = new OffscreenCanvas(image.width, image.height);
                const context = canvas.getContext("2d");
                context.drawImage(image, 0, 0);
                return context.getImageData(0, 0, image.width, image.height);
              };
              const [a, b] = [await pixels(before), await pixels(after)];
              if (a.width !== b.width || Math.abs(a.height - b.height) > 24) return 1;
              const rows = Math.min(a.height, b.height);
              let differing = 0;
              for (let i = 0; i < rows * a.width * 4; i += 4) {
                const by = Math.max(...[0, 1, 2].map((c) => Math.abs(a.data[i + c] - b.data[i + c])));
                if (by > most) differing += 1;
              }
              return differing / (rows * a.width);
            }""",
            [base64.b64encode(before).decode(), base64.b64encode(after).decode(), _MOST_COLOUR],
        )
    finally:
        blank.close()
