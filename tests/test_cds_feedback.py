"""Feedback: what became of cards is kept as a whole or not at all, and reported by service, outcome and reason."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from click.testing import CliRunner
from litestar import Litestar
from litestar.testing import TestClient
from tests.cds_help import SIGN, VIEW, Clock, ask, call, serving, valid
from tests.service import problem, where

from neomag.cli.serve_feedback import feedback_report
from neomag.service.settings import Settings
from neomag.service.store import Store

AT = "2026-02-02T10:05:31Z"
CASE: dict[str, Any] = {
    "case": "made-up", "now": "20 d", "infant": {}, "events": [{"at": "19 d", "sign": "seizure"}],
}  # fmt: skip


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'store.db'}"


@pytest.fixture
def store(url: str) -> Iterator[Store]:
    with Store.open(url) as opened:
        yield opened


@pytest.fixture
def client(store: Store) -> Iterator[TestClient[Litestar]]:
    clock = Clock()
    clock.at("20 d")
    with serving(clock, Settings(), store=store) as found:
        yield found


def accepted(card: str, *suggestions: str) -> dict[str, Any]:
    ids = [{"id": one} for one in suggestions]
    return {"card": card, "outcome": "accepted", "acceptedSuggestions": ids, "outcomeTimestamp": AT}


def overridden(card: str, reason: str | None = None, comment: str | None = None) -> dict[str, Any]:
    why: dict[str, Any] = {}
    if reason:
        why["reason"] = {"code": reason, "system": "urn:neomag:code:override-reason"}
    if comment:
        why["userComment"] = comment
    return {"card": card, "outcome": "overridden", "outcomeTimestamp": AT} | ({"overrideReason": why} if why else {})


def tell(client: TestClient[Litestar], service: str, *feedback: dict[str, Any]) -> None:
    body = valid("feedback", {"feedback": list(feedback)})
    answer = client.post(f"/cds-services/{service}/feedback", json=body)
    assert answer.status_code == 200, answer.text


def reported(url: str, *more: str) -> Any:
    done = CliRunner().invoke(feedback_report, ["--store", url, "--format", "json", *more])
    assert done.exit_code == 0, done.output
    return json.loads(done.stdout)["services"]


def test_what_became_of_cards_is_reported(client: TestClient[Litestar], url: str, store: Store) -> None:
    (card,) = ask(client, VIEW, call(VIEW, CASE))
    tell(client, VIEW, accepted(card["uuid"], *(one["uuid"] for one in card["suggestions"])))
    reason = card["overrideReasons"][1]["code"]
    tell(client, VIEW, overridden(str(uuid4()), reason, "not today"), overridden(str(uuid4()), reason))
    tell(client, SIGN, overridden(str(uuid4())))
    sign, view = reported(url)
    assert (view["service"], view["accepted"], view["overridden"], view["commented"]) == (VIEW, 1, 2, 1)
    assert view["reasons"] == [{"reason": reason, "cards": 2}]
    assert view["overridden_share"] == pytest.approx(2 / 3)
    assert (sign["service"], sign["reasons"]) == (SIGN, [{"reason": None, "cards": 1}])
    assert store.verify() == []
    text = CliRunner().invoke(feedback_report, ["--store", url]).stdout
    assert "3 cards, 1 accepted, 2 overridden (67%), 1 with a comment" in text
    assert f"2  {reason}" in text
    assert reported(url, "--until", "2026-01-01") == []
    assert len(reported(url, "--since", "2026-01-01")) == 2


def test_the_last_feedback_of_a_card_counts(client: TestClient[Litestar], url: str) -> None:
    card = str(uuid4())
    tell(client, VIEW, overridden(card, "not-now"))
    tell(client, VIEW, accepted(card, str(uuid4())))
    (view,) = reported(url)
    assert (view["accepted"], view["overridden"]) == (1, 0)


@pytest.mark.parametrize(
    ("change", "place"),
    [
        ({"card": None}, "card"), ({"card": "Patient/17"}, "card"), ({"outcome": "ignored"}, "outcome"), ({"outcome": None}, "outcome"),
        ({"outcomeTimestamp": None}, "outcomeTimestamp"), ({"outcomeTimestamp": "yesterday"}, "outcomeTimestamp"),
        ({"outcomeTimestamp": "2026-02-02T10:05:31"}, "outcomeTimestamp"), ({"acceptedSuggestions": []}, "acceptedSuggestions"),
        ({"acceptedSuggestions": [{}]}, "acceptedSuggestions/0/id"), ({"acceptedSuggestions": "x"}, "acceptedSuggestions"),
        ({"overrideReason": "because"}, "overrideReason"), ({"overrideReason": {"reason": {}}}, "overrideReason/reason/code"),
        ({"overrideReason": {"reason": {"code": 7}}}, "overrideReason/reason/code"),
        ({"overrideReason": {"reason": {"code": "a" * 201}}}, "overrideReason/reason/code"),
        ({"overrideReason": {"userComment": ["x"]}}, "overrideReason/userComment"),
    ],
)  # fmt: skip
def test_feedback_that_is_none_is_refused_as_a_whole(
    client: TestClient[Litestar], url: str, change: dict[str, Any], place: str
) -> None:
    sound, spoilt = accepted(str(uuid4()), str(uuid4())), accepted(str(uuid4()), str(uuid4())) | change
    answer = client.post(f"/cds-services/{VIEW}/feedback", json={"feedback": [sound, spoilt]})
    assert f"/feedback/1/{place}" in where(problem(answer, 422, "not-valid"))
    assert reported(url) == []


@pytest.mark.parametrize(
    "body", [{}, [], {"feedback": []}, {"feedback": {}}, {"feedback": [1]}, {"feedback": [{}] * 101}, "x", 0]
)
def test_bodies_that_hold_no_feedback(client: TestClient[Litestar], body: Any) -> None:
    problem(client.post(f"/cds-services/{VIEW}/feedback", json=body), 422, "not-valid")


def test_a_service_that_is_none_and_a_server_without_a_store(client: TestClient[Litestar]) -> None:
    sound = {"feedback": [accepted(str(uuid4()), str(uuid4()))]}
    problem(client.post("/cds-services/nobody/feedback", json=sound), 404, "not-found")
    with serving(Clock()) as bare:
        problem(bare.post(f"/cds-services/{VIEW}/feedback", json=sound), 503, "not-ready")


def test_the_report_says_what_it_cannot_read(url: str) -> None:
    done = CliRunner().invoke(feedback_report, ["--store", url, "--since", "soon"])
    assert (done.exit_code, done.stdout) == (2, "")
    assert "2026-01-03" in done.stderr
    assert CliRunner().invoke(feedback_report, ["--store", url]).exit_code == 2
