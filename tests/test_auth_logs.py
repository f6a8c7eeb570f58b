"""Logs: a line of JSON a request, and nothing of a patient in any of them."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import pytest
from litestar import Request, Router, post
from litestar.params import FromPath
from litestar.testing import TestClient
from litestar.types import ASGIApp
from tests.store_help import tamper

from neomag.service import logs
from neomag.service.app import make_app
from neomag.service.auth import Gate
from neomag.service.settings import Settings
from neomag.service.store import RequestKey, Store, StoreError

TELLTALE = "Zebediah-Telltale-8371"
URL = "http://127.0.0.1"


@pytest.fixture
def written() -> Iterator[io.StringIO]:
    """What is logged, from every logger of the process at its lowest level."""
    root, stream = logging.getLogger(), io.StringIO()
    before, levels = root.handlers[:], (root.level, logging.getLogger("neomag").level)
    logs.configure("debug", stream)
    root.setLevel(logging.DEBUG)
    yield stream
    root.handlers[:] = before
    root.setLevel(levels[0])
    logging.getLogger("neomag").setLevel(levels[1])


def lines(stream: io.StringIO, logger: str = "neomag.access") -> list[dict[str, Any]]:
    found = [json.loads(line) for line in stream.getvalue().splitlines()]
    return [line for line in found if line["logger"] == logger]


@post("/patients/{patient:str}/assess", opt={"scope": "assess"})
async def assess(patient: FromPath[str], request: Request[Any, Any, Any]) -> dict[str, Any]:
    data = await request.json()
    if data.get("fail"):
        raise RuntimeError(f"cannot read {patient}: {data}")
    return {"patient": patient}


def application(store: Store) -> ASGIApp:
    return cast(ASGIApp, make_app(gate=Gate(Settings(), store), store=store, routers=[Router("/", route_handlers=[assess])]))


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.open(f"sqlite:///{tmp_path / 'a.db'}") as opened:
        yield opened


def test_a_request_is_one_line(written: io.StringIO, store: Store):
    with TestClient(application(store), base_url=URL) as client:
        response = client.post(f"/patients/{TELLTALE}/assess?name={TELLTALE}", json={}, headers={"X-Request-ID": TELLTALE})
        assert response.status_code == 201
    (line,) = lines(written)
    assert line["milliseconds"] > 0
    del line["milliseconds"], line["time"]
    assert line == {
        "level": "info", "logger": "neomag.access", "says": "request", "request_id": response.headers["X-Request-ID"], "method": "POST",
        "bytes": len(response.content),
        "route": "/patients/{patient}/assess", "status": 201, "client": "anonymous",
    }  # fmt: skip


def test_what_no_route_answers_is_logged_without_its_path(written: io.StringIO, store: Store):
    with TestClient(application(store), base_url=URL) as client:
        assert client.get(f"/{TELLTALE}").status_code == 404
        response = client.request(TELLTALE.upper(), "/patients/1/assess", headers={"X-Request-ID": TELLTALE})
    first, second = lines(written)
    assert (first["route"], first["status"]) == ("(none)", 404)
    assert second["method"] == "other"
    assert second["request_id"] == response.headers["X-Request-ID"] != TELLTALE
    assert TELLTALE.lower() not in written.getvalue().lower()


def test_an_error_says_where_and_not_what(written: io.StringIO, store: Store):
    with TestClient(application(store), base_url=URL, raise_server_exceptions=False) as client:
        failed = client.post(f"/patients/{TELLTALE}/assess", json={"fail": TELLTALE})
    assert (failed.status_code, TELLTALE in failed.text) == (500, False)
    (line,) = lines(written)
    assert (line["status"], line["route"]) == (500, "/patients/{patient}/assess")
    (why,) = lines(written, "neomag.errors")
    assert (why["level"], why["request_id"], why["error"]["kind"]) == ("error", line["request_id"], "RuntimeError")
    assert why["error"]["at"][-1].endswith(" assess")
    assert TELLTALE not in written.getvalue()
    try:
        raise ValueError(TELLTALE)
    except ValueError:
        logging.getLogger("neomag.test").exception("it failed")
    (said,) = lines(written, "neomag.test")
    assert said["error"]["kind"] == "ValueError"
    assert said["error"]["at"][-1].startswith("test_auth_logs.py:")
    assert said["says"] == "it failed"
    assert TELLTALE not in written.getvalue()


def test_no_logger_can_write_a_value(written: io.StringIO):
    for name in ("neomag.x", "httpx", "sqlalchemy.engine", "uvicorn.access", ""):
        logger = logging.getLogger(name)
        logger.warning("the case of %s", TELLTALE)
        logger.warning("x", extra={"case": TELLTALE, "body": TELLTALE})
    logging.getLogger("httpx").warning(f"GET https://fhir.test/Patient?name={TELLTALE}")
    logging.getLogger("x").warning("x", stack_info=True)
    assert len(written.getvalue().splitlines()) >= 12
    assert TELLTALE not in written.getvalue()


def test_a_case_goes_through_the_store_and_its_errors_and_is_in_no_log(
    written: io.StringIO, store_url: str, capfd: pytest.CaptureFixture[str]
):
    kept = {"client": "ward", "answer": {"case": TELLTALE}, "knowledge": "1", "knowledge_digest": "a"}
    with Store.open(store_url) as store:
        saved = store.save_assessment(case={"case": TELLTALE}, **kept)
        store.save_feedback(client="ehr", service="s", card="c", outcome="overridden", comment=TELLTALE)
        key = RequestKey.of("ward", TELLTALE, "/assess", {"case": TELLTALE})
        with pytest.raises(ValueError, match="JSON") as not_json:
            store.save_assessment(case={TELLTALE: float("nan")}, **kept)
        with pytest.raises(ValueError, match="subject") as not_an_id:
            store.record("assessment.read", "dr", f"{TELLTALE} the patient")
        # The whole trail, as anyone may print it.
        trail = "".join(f"{vars(entry)}" for entry in store.entries())
        assert str(saved.id) in trail
        tamper(store_url, "DROP TABLE idempotency", "DROP TABLE assessment")
        errors: list[BaseException] = [not_json.value, not_an_id.value]
        for work in (lambda: store.save_assessment(case={"case": TELLTALE}, **kept), lambda: store.recall(key)):
            with pytest.raises(StoreError) as caught:
                work()
            errors.append(caught.value)
            logging.getLogger("neomag.test").error("the store failed", exc_info=caught.value)
    assert not [error for error in errors if TELLTALE in f"{error!r}"]
    out, err = capfd.readouterr()
    assert TELLTALE not in out + err + trail + written.getvalue()
    assert written.getvalue()
