"""The scripts of the pages in an old browser: what it cannot read is found by a parser and by MDN's tables (tests/oracle/browsers.mjs)."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
from tests.browser import ROOT, Visit, chromium, site, visit

from neomag import web
from neomag.web.assets import assets

__all__ = ["chromium", "site", "visit"]
STATIC = Path(web.__file__).parent / "static"
SCRIPTS = sorted(path for path in STATIC.rglob("*.js") if "vendor" not in path.parts)
# docs/offline.md says so too: a phone that had its last update in 2019.
BASELINE = {"chrome_android": "73", "safari_ios": "13", "firefox_android": "68"}


def breaches(*paths: Path) -> list[dict[str, Any]]:
    """What of these scripts the browsers of the baseline do not know."""
    command = ["node", str(ROOT / "tests/oracle/browsers.mjs"), json.dumps(BASELINE), *map(str, paths)]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=120)
    return json.loads(done.stdout)


def test_every_script_is_read_by_the_browsers_of_the_baseline(tmp_path: Path) -> None:
    rules = tmp_path / "engine" / "rules.js"
    rules.parent.mkdir()
    rules.write_bytes(assets()["engine/rules.js"].body)
    assert [found for found in breaches(*SCRIPTS, rules) if not engine_may(found)] == []


def engine_may(found: dict[str, Any]) -> bool:
    """The engine computes with whole numbers of any size, which Safari has since 14."""
    return found["says"] == "BigInt" and "engine" in Path(found["file"]).parts


@pytest.mark.parametrize(
    "code",
    [
        "a?.b;", "a ?? b;", "[1].at(-1);", "[1].findLast(Boolean);", "'a'.replaceAll('b', 'c');", "structuredClone({});", "x ||= 1;",
        "Object.hasOwn({}, 'a');", "class A { b = 1; }", "class A { #b() {} }", "await x;", "/(?<=a)b/;", "1_000;", "x = 1n;",
        "document.body.replaceChildren();", "new AggregateError([]);", "Promise.any([]);", "crypto.randomUUID();", "[].toSorted();",
    ],
)  # fmt: skip
def test_what_is_too_new_is_found(tmp_path: Path, code: str) -> None:
    script = tmp_path / "new.js"
    script.write_text(code)
    assert breaches(script) != []


def test_what_is_old_enough_is_not_found(tmp_path: Path) -> None:
    script = tmp_path / "old.js"
    script.write_text(
        "const { a, ...rest } = { a: [1].flat() }; Object.fromEntries([]); try { a(); } catch { rest.b(); }\n"
        "export async function f(of) { for (const one of 'x'.matchAll(/(?<y>x)/g)) one.groups; await import('./g.js'); of.mine(); }\n"
    )
    assert breaches(script) == []


def imported(path: Path) -> set[Path]:
    """The scripts that a script cannot be without."""
    names = re.findall(r'^(?:import|export)[^;]*?from "([^"]+)";', path.read_text("utf-8"), re.MULTILINE)
    return {(path.parent / name).resolve() for name in names}


def test_a_browser_without_the_engine_has_every_page_all_the_same() -> None:
    """The engine is asked for when it is needed; no page's own script stands or falls with it."""
    templates = "".join(path.read_text("utf-8") for path in (STATIC.parent / "templates").rglob("*.html"))
    begun = {(STATIC / name).resolve() for name in re.findall(r'asset\("((?!vendor|charts)[^"]+\.js)"\)', templates)}
    assert len(begun) > 6
    needed, todo = set[Path](), begun
    while todo:
        needed |= todo
        todo = {other for path in todo for other in imported(path)} - needed
    assert all(path.is_file() for path in needed)
    assert [path.name for path in needed if "engine" in path.parts] == []


def test_without_htmx_the_button_asks_for_the_answer(visit: Visit) -> None:
    """htmx is newer than the baseline: such a browser has the form as it is without a script."""
    page = visit("/en", complains=True)
    page.route("**/htmx.min.js", lambda route: route.abort())
    page.goto("/en/clinician")
    page.fill("#f-age", "5")
    page.locator(".stale-note", has_text="ask for the answer anew").wait_for()
    page.locator("label", has_text="Apnoea").first.click()
    page.locator("button", has_text="Show the answer").click()
    page.locator("#urgency", has_text="EMERGENCY").wait_for()
    assert page.locator(".stale-note").count() == 0
    page.goto("/en/parents/feeding")
    page.select_option("#months", "0")
    page.locator("#ask").click()
    page.locator("#plan article").wait_for()
