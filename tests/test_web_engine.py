"""The engine in a real browser, under the pages' own policy, with a network and without: it answers as Python does."""

from __future__ import annotations

import json
from base64 import b64encode
from typing import Any

import pytest
from tests.browser import Visit, chromium, site, visit
from tests.conformance.javascript import differences, in_python
from tests.conformance.test_engines import EXAMPLES

from neomag.web.assets import address
from neomag.web.languages import LANGUAGES

__all__ = ["chromium", "site", "visit"]
# Run by the page itself, whom the policy binds: files as [name, base64] to what the engine says of each.
ASK = """async ([engine, language, files]) => {
  const [{assessFile}, {load}] = await Promise.all(["assess.js", "load.js"].map((name) => import(engine + name)));
  const known = await load(language);
  return files.map(([name, text]) => assessFile(Uint8Array.from(atob(text), (c) => c.charCodeAt(0)), name, known));
}"""
READY = "navigator.serviceWorker.ready.then(() => new Promise((done) => navigator.serviceWorker.controller ? done() : navigator.serviceWorker.addEventListener('controllerchange', done)))"


def asked(language: str, most: int) -> tuple[list[tuple[str, bytes]], list[Any]]:
    files = [(path.name, path.read_bytes()) for path in sorted(EXAMPLES.glob("*.json"))[:most]]
    files += [("x.json", b'{"now": "1 d", "events": [{"lab": "magnesium", "value": 1.2}]}'), ("x.jsonl", b'{"now":"1 d"}\n[')]
    engine = address("engine/assess.js").removesuffix("assess.js")
    return files, [engine, language, [[name, b64encode(data).decode()] for name, data in files]]


def agree(files: list[tuple[str, bytes]], told: list[list[dict[str, Any]]]) -> None:
    for wanted, got in zip(in_python(files), told, strict=True):
        assert [("answer" in one) for one in wanted] == [("answer" in one) for one in got]
        for want, have in zip(wanted, got, strict=True):
            if "answer" in want:
                assert differences(want["answer"], json.loads(json.dumps(have["answer"]))) == []


def test_a_browser_answers_as_python_does(visit: Visit) -> None:
    files, given = asked("en", 46)
    agree(files, visit("/en").evaluate(ASK, given))


@pytest.mark.parametrize("language", LANGUAGES)
def test_without_a_network_it_answers_too(visit: Visit, language: str) -> None:
    page = visit(f"/{language}", worker=True, complains=True)
    page.evaluate(READY)
    page.context.set_offline(True)
    page.goto(f"/{language}")
    files, given = asked(language, 3)
    told = page.evaluate(ASK, given)
    if language == "en":
        agree(files, told)
    assert [("answer" in file[0]) for file in told] == [True] * 3 + [False, True]
    assert told[0][0]["answer"]["rules"][0]["says"]
