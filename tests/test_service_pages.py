"""The pages on the service: their examples give what they show, and their tables are whole."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from litestar.testing import TestClient
from tests.service import Client

from neomag.case.documents import MAX_DEPTH
from neomag.cli.serve import serve
from neomag.service.problems import KINDS
from neomag.service.settings import Settings
from neomag.service.store import Store
from neomag.service.whole import make_service


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    """A client of the whole service, as `neomag serve` starts it."""
    with (
        Store.open(f"sqlite:///{tmp_path_factory.mktemp('store') / 'store.db'}") as store,
        TestClient(make_service(Settings(), store), base_url="http://127.0.0.1") as found,
    ):
        yield found


DOCS = Path(__file__).parent.parent / "docs"
EXAMPLE = re.compile(r"```console\n\$ (curl [^\n]*)\n```\n\n```json\n(.*?)```", re.DOTALL)
EXAMPLES = [(page, *found) for page in ("serve.md", "rest.md") for found in EXAMPLE.findall((DOCS / page).read_text("utf-8"))]


def asked(client: Client, command: str) -> Any:
    words = iter(shlex.split(command)[1:])
    address, headers, body = "", dict[str, str](), None
    for word in words:
        if word == "-H":
            name, _, value = next(words).partition(": ")
            headers[name] = value
        elif word == "-d":
            body = next(words)
        elif word != "-s":
            address = word.removeprefix("localhost:8080")
    return client.get(address) if body is None else client.post(address, content=body.encode(), headers=headers)


def holds(answer: Any, shown: Any) -> bool:
    """Whether an answer has all that is shown of it: of an object some keys, of a list the first items."""
    if isinstance(shown, dict):
        return isinstance(answer, dict) and all(key in answer and holds(answer[key], value) for key, value in shown.items())
    if isinstance(shown, list) and shown:
        return isinstance(answer, list) and len(answer) >= len(shown) and all(map(holds, answer, shown))
    return answer == shown


@pytest.mark.parametrize(("page", "command", "shown"), EXAMPLES, ids=lambda text: text.split(" -H")[0][-40:])
def test_an_example_gives_what_it_shows(client: Client, page: str, command: str, shown: str) -> None:
    answer = asked(client, command)
    assert holds(answer.json(), json.loads(shown)), (page, answer.text[:500])


def test_every_page_has_its_examples() -> None:
    assert len(EXAMPLES) >= 9
    commands = sum((DOCS / page).read_text("utf-8").count("$ curl") for page in ("serve.md", "rest.md"))
    assert commands == len(EXAMPLES)


def test_every_kind_of_problem_is_in_the_table() -> None:
    table = (DOCS / "rest.md").read_text("utf-8").partition("| type | status | when |")[2]
    told = [
        (kind, int(status))
        for kinds, status in re.findall(r"^\| (`.*?) \| (\d+) \|", table, re.MULTILINE)
        for kind in re.findall(r"`([\w-]+)`", kinds)
    ]
    assert told == [(kind, status) for kind, (status, _) in KINDS.items()]


def test_the_limits_of_the_page_are_those_in_force() -> None:
    page = (DOCS / "serve.md").read_text("utf-8")
    of = Settings()
    for said in (
        f"| {of.max_body // 10**6} MB,", f"| {of.body_timeout:g} s |", f"| {of.max_cases} |", f"| {of.max_requests} |",
        f"| {MAX_DEPTH} |", f"that wait | {4 * of.workers} |", f"`{of.timeout:g}`", f"`{of.port}`",
    ):  # fmt: skip
        assert said in page, said


def test_every_option_of_the_command_is_in_the_page() -> None:
    page = (DOCS / "serve.md").read_text("utf-8")
    for parameter in serve.params:
        assert f"`{parameter.opts[0]}" in page, parameter.opts[0]
