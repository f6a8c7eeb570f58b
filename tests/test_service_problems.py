"""Every error is problem details: it says what is wrong, where, and what would be accepted; and never more than that."""

from __future__ import annotations

import json
import logging
from typing import Any

import pytest
from litestar import Request, Router, get
from litestar.testing import TestClient
from tests.service import Client, problem, where

from neomag.service.access import ERRORS
from neomag.service.app import make_app
from neomag.service.logs import JsonLines
from neomag.service.problems import KINDS, Fault, Problem, ProblemError

JSON = {"content-type": "application/json"}


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (b"", "empty"), (b" \n", "empty"), (b"{", "not JSON"), (b'{"now": "3 d"} x', "not JSON"), (b"now: 3 d", "not JSON"),
        (b'{"now": "3 d", "now": "4 d"}', "stands twice"), (b'{"now": NaN}', "NaN"), (b'{"now": -Infinity}', "Infinity"),
        (b'\xef\xbb\xbf{"now": "3 d"}', "byte order mark"), (b'{"now": "\xff"}', "UTF-8"), ('{"now": "3 d"}'.encode("utf-16"), "UTF-8"),
        (b'{"case": "\\ud800", "now": "3 d"}', "surrogate"), (b'{"\\udc00": 1}', "surrogate"), (b'{"now": "\0"}', "NUL"),
        (b"[" * 100_000, "deep"), (b'{"a":' * 50 + b"1" + b"}" * 50, "deep"), (b"[" * 21 + b"]" * 21, "deep"),
        (b"{'now': '3 d'}", "not JSON"), (b'{"now": 1e99999999999999999999}', "bounds"), (b'"a\nb"', "not JSON"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("path", ["/v1/assess", "/v1/dose", "/v1/dose/check", "/v1/feed/intake", "/v1/feed/plan"])
def test_json_that_cannot_be_read(client: Client, path: str, body: bytes, says: str) -> None:
    said = problem(client.post(path, content=body, headers=JSON), 400, "unreadable-json")
    assert says in said["detail"]
    assert where(said) == [""]


@pytest.mark.parametrize("value", ["9" * 5_000, "1e400", "-1", "1e-400", '"1.5"', "true", "[1]", "{}", "0." + "0" * 3000 + "1"])
def test_numbers_that_no_measurement_has(client: Client, value: str) -> None:
    body = b'{"now": "3 d", "events": [{"lab": "magnesium", "unit": "mmol/L", "value": %s}]}' % value.encode()
    assert where(problem(client.post("/v1/assess", content=body, headers=JSON), 422, "not-valid")) == ["/events/0"]


def test_a_pair_of_surrogates_is_one_character(client: Client) -> None:
    body = b'{"case": "\\ud83d\\udc76 \\\\ud800", "now": "3 d"}'
    assert client.post("/v1/assess", content=body, headers=JSON).json()["case"] == "\N{BABY} \\ud800"


@pytest.mark.parametrize("body", ["null", "1", '"text"', "true", "[]", "[1]", "[null, []]"])
@pytest.mark.parametrize("path", ["/v1/assess", "/v1/dose", "/v1/dose/check", "/v1/feed/intake", "/v1/feed/plan"])
def test_json_of_another_kind(client: Client, path: str, body: str) -> None:
    assert problem(client.post(path, content=body.encode(), headers=JSON), 422, "not-valid")["errors"]


@pytest.mark.parametrize(
    ("headers", "of"),
    [
        ({"content-type": "text/plain"}, "Content-Type"), ({}, "Content-Type"), ({"content-type": "application/xml"}, "Content-Type"),
        ({"content-type": "application/json; charset=latin-1"}, "Content-Type"), ({**JSON, "content-encoding": "gzip"}, "Content-Encoding"),
        ({"content-type": "multipart/form-data; boundary=x"}, "Content-Type"),
    ],
)  # fmt: skip
def test_bodies_of_another_type(client: Client, headers: dict[str, str], of: str) -> None:
    answer = client.post("/v1/assess", content=b"{}", headers=headers)
    assert where(problem(answer, 415, "unsupported-media-type")) == [of]
    assert answer.headers["accept"] == "application/json"


@pytest.mark.parametrize("kind", ["application/json", "Application/JSON; charset=UTF-8", "application/vnd.example+json"])
def test_json_by_its_other_names(client: Client, kind: str) -> None:
    assert client.post("/v1/assess", content=b'{"now": "3 d"}', headers={"content-type": kind}).status_code == 200


@pytest.mark.parametrize(
    ("accept", "status"),
    [
        ("text/html", 406),
        ("application/xml, text/*", 406),
        ("text/html, */*;q=0.1", 200),
        ("application/*", 200),
        ("application/json", 200),
    ],
)
def test_answers_in_another_form(client: Client, accept: str, status: int) -> None:
    for answer in (
        client.get("/v1/article", headers={"accept": accept}),
        client.post("/v1/assess", json={"now": "3 d"}, headers={"accept": accept}),
    ):
        assert answer.status_code == status
        if status == 406:
            assert where(problem(answer, 406, "not-acceptable")) == ["Accept"]


@pytest.mark.parametrize(
    "path", ["/", "/nothing", "/v1", "/v1/nothing", "/v1/assess/more", "/v1/foods/a/b", "/%00", "/v1/%ff", "//", "/v1/../.."]
)
def test_nothing_there(client: Client, path: str) -> None:
    problem(client.get(path), 404, "not-found")


@pytest.mark.parametrize(("method", "path", "allow"), [
    ("GET", "/v1/assess", "POST"), ("DELETE", "/v1/foods", "GET"), ("PUT", "/v1/dose", "POST"), ("PATCH", "/health/live", "GET"),
    ("TRACE", "/v1/rules", "GET"), ("WRONG", "/v1/rules", "GET"),
])  # fmt: skip
def test_methods_that_are_not_answered(client: Client, method: str, path: str, allow: str) -> None:
    answer = client.request(method, path)
    problem(answer, 405, "method-not-allowed")
    assert allow in answer.headers["allow"]


def test_too_many_cases(client: Client) -> None:
    said = problem(client.post("/v1/assess", json=[{"now": "3 d"}] * 101), 422, "not-valid")
    assert "at most 100" in said["detail"]
    said = problem(client.post("/v1/assess", json={"now": "3 d", "events": [{"sign": "seizure"}] * 10_001}), 422, "not-valid")
    assert where(said) == ["/events"]


def test_of_many_faults_a_hundred_are_named(client: Client) -> None:
    said = problem(client.post("/v1/assess", json={"now": "3 d", "events": [{"sign": "x"}] * 500}), 422, "not-valid")
    assert len(said["errors"]) == 100
    assert said["detail"].startswith("500 faults")


@pytest.mark.parametrize("query", ["?x=1", "?q=%ff", "?" + "&".join(f"a{n}=1" for n in range(60))])
def test_queries_that_cannot_be_read(client: Client, query: str) -> None:
    assert client.get(f"/v1/foods{query}").status_code in (400, 422)
    assert client.get(f"/v1/rules{query}").status_code in (400, 422)


@get("/crash")
async def crash() -> None:
    raise RuntimeError("a name and a date of birth")


@get("/said/{kind:str}")
async def said_problem(request: Request[Any, Any, Any]) -> None:
    raise ProblemError(Problem(request.path_params["kind"], "why", (Fault("/a", "b"),), {"Retry-After": "7"}))


def test_what_nobody_foresaw_is_not_told(caplog: pytest.LogCaptureFixture) -> None:
    app = make_app(routers=[Router("/x", route_handlers=[crash, said_problem])])
    with caplog.at_level(logging.INFO), TestClient(app, raise_server_exceptions=False) as client:
        answer = client.get("/x/crash")
        said = problem(answer, 500, "internal-error")
        assert "birth" not in answer.text
        ours = [record for record in caplog.records if record.name == ERRORS.name]
        (line,) = [json.loads(JsonLines().format(record)) for record in ours]
        assert (line["request_id"], line["error"]["kind"]) == (answer.headers["x-request-id"], "RuntimeError")
        assert "birth" not in f"{caplog.text} {[vars(record) for record in ours]}"
        assert said["errors"] == []
        for kind, (status, title) in KINDS.items():
            answer = client.get(f"/x/said/{kind}")
            assert problem(answer, status, kind)["title"] == title
            assert answer.headers["retry-after"] == "7"
