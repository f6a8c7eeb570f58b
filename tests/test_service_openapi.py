"""The OpenAPI document: valid, whole, its examples true; and schemathesis finds nothing that contradicts it."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from benchmarks.serving import server
from litestar.testing import TestClient
from tests.service import Client

from neomag.asking.form import faults
from neomag.service.app import make_app
from neomag.service.auth import Gate
from neomag.service.problems import KINDS
from neomag.service.settings import Settings
from neomag.service.store import Store

ROOT = Path(__file__).parent.parent
HERE = Path(__file__).parent
ROUTES = {
    "/v1/assess", "/v1/dose", "/v1/dose/check", "/v1/feed/intake", "/v1/feed/plan", "/v1/foods", "/v1/foods/{food_id}",
    "/v1/knowledge", "/v1/knowledge/{entry_id}", "/v1/rules", "/v1/sources", "/v1/article", "/health/live", "/health/ready",
    "/metrics", "/openapi.json",
}  # fmt: skip


@pytest.fixture(scope="module")
def document(client: Client) -> dict[str, Any]:
    return client.get("/openapi.json").json()


def operations(document: dict[str, Any]) -> list[tuple[str, str, dict[str, Any]]]:
    return [(method, path, said) for path, methods in document["paths"].items() for method, said in methods.items()]


def test_every_route_is_described(document: dict[str, Any]) -> None:
    assert document["openapi"].startswith("3.1")
    assert set(document["paths"]) == ROUTES
    names = [said["operationId"] for _, _, said in operations(document)]
    assert len(names) == len(set(names))
    for _, path, said in operations(document):
        assert said["summary"], path
        assert said["description"], path
        assert {"200", "400", "413", "500", "503"} <= set(said["responses"]), path


def test_every_reference_leads_somewhere(document: dict[str, Any]) -> None:
    named = set(re.findall(r'"#/components/schemas/(\w+)"', json.dumps(document)))
    assert named <= set(document["components"]["schemas"])
    assert set(document["components"]["schemas"]) - named == set()


def test_every_kind_of_problem_is_listed(document: dict[str, Any]) -> None:
    kinds = document["components"]["schemas"]["Problem"]["properties"]["type"]["enum"]
    assert kinds == [f"urn:neomag:problem:{kind}" for kind in KINDS]


def test_examples_of_bodies_are_answered_as_the_examples_of_answers_say(client: Client, document: dict[str, Any]) -> None:
    posts = [(path, said) for method, path, said in operations(document) if method == "post"]
    assert len(posts) == 5
    for path, said in posts:
        bodies = said["requestBody"]["content"]["application/json"]["examples"]
        answers = said["responses"]["200"]["content"]["application/json"]["examples"]
        assert set(bodies) == set(answers)
        for name, example in bodies.items():
            answer = client.post(path, json=example["value"])
            assert answer.status_code == 200, answer.text
            assert cut(answer.json()) == answers[name]["value"], (path, name)


def cut(answer: Any) -> Any:
    """Examples show the first two of an answer's rules."""
    if isinstance(answer, list):
        return [cut(one) for one in answer]
    return answer | {"rules": answer["rules"][:2]} if "rules" in answer and "case" in answer else answer


def test_examples_of_queries_are_answered(client: Client, document: dict[str, Any]) -> None:
    for method, path, said in operations(document):
        if method == "get" and path.startswith("/v1"):
            assert said["responses"]["200"]["content"]["application/json"]["examples"], path
            inside = {p["name"]: p["example"] for p in said.get("parameters", ()) if p["in"] == "path"}
            query = {p["name"]: p["example"] for p in said.get("parameters", ()) if p["in"] == "query" and "example" in p}
            assert client.get(path.format(**inside), params=query).status_code == 200, path


def test_what_is_asked_of_doses_and_plans_is_checked_by_the_schemas_shown(document: dict[str, Any]) -> None:
    schemas = document["components"]["schemas"]
    for name in ("AskedDose", "AskedCheck", "AskedIntake", "AskedPlan"):
        assert schemas[name]["additionalProperties"] is False
        for field, schema in schemas[name]["properties"].items():
            found = [fault.where for fault in faults({field: {"a": 1} if schema.get("type") != "object" else 1}, schemas[name])]
            if field not in ("diary", "habit"):
                assert f"/{field}" in found, (name, field)


def test_where_callers_are_asked_the_document_says_so(document: dict[str, Any], tmp_path: Path) -> None:
    assert "securitySchemes" not in document["components"]
    settings = Settings(auth="required")
    with (
        Store.open(f"sqlite:///{tmp_path / 'store.db'}") as store,
        TestClient(make_app(settings, gate=Gate(settings, store))) as asking,
    ):
        found = asking.get("/openapi.json").json()
    assert set(found["components"]["securitySchemes"]) == {"bearer", "key"}
    for _, path, said in operations(found):
        named = path.startswith("/v1") or path == "/metrics"
        assert ("security" in said) is named, path
        assert ({"401", "403"} <= set(said["responses"])) is named, path
    assert found["paths"]["/v1/dose"]["post"]["security"] == [{"bearer": ["dose"]}, {"key": ["dose"]}]


class Page(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.addresses: list[str] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag not in {"script", "link", "img", "iframe"}
        self.addresses += [value or "" for name, value in attrs if name in {"src", "href"}]

    def handle_data(self, data: str) -> None:
        self.text += data


def test_the_page_of_the_routes_needs_nothing_from_elsewhere(client: Client) -> None:
    answer = client.get("/docs")
    assert answer.headers["content-type"].startswith("text/html")
    page = Page()
    page.feed(answer.text)
    assert page.addresses == ["/openapi.json"]
    assert all(path in page.text for path in ROUTES)


@pytest.mark.slow
def test_schemathesis_finds_nothing() -> None:
    """Every check it has, over every operation: examples, the edges of every schema, made-up data, and sequences of calls."""
    with server() as (port, _):
        done = subprocess.run(
            [
                Path(sys.executable).with_name("schemathesis"), "--config-file", HERE / "data" / "schemathesis.toml", "run",
                f"http://127.0.0.1:{port}/openapi.json", "--checks", "all", "--max-examples", "40", "--generation-deterministic",
                "--no-color", "--exclude-path-regex", "^/bench",
            ],
            capture_output=True, text=True, timeout=1_500, cwd=ROOT,
        )  # fmt: skip
    assert done.returncode == 0, done.stdout[-6_000:]
    assert "Operations:       " in done.stdout
