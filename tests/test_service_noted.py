"""What the audit trail says of answers that are not kept: to hooks and to HL7 v2 messages; and that it says nothing of a patient."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from litestar.testing import TestClient
from tests.cds_help import VIEW, Clock, call
from tests.hl7v2_made_up import lab
from tests.store_help import tamper

from neomag.hl7v2.mllp import send
from neomag.knowledge import load
from neomag.service.settings import Settings
from neomag.service.store import Store
from neomag.service.whole import make_service

LOOPBACK = "http://127.0.0.1:8080"
SEIZURE: dict[str, Any] = {
    "case": "made-up", "now": "20 d", "infant": {"weight": "3000 g"}, "events": [{"at": "19 d", "sign": "seizure"}],
}  # fmt: skip


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'store.db'}"


@pytest.fixture
def store(url: str) -> Iterator[Store]:
    with Store.open(url) as opened:
        yield opened


def asked(settings: Settings, store: Store, case: dict[str, Any], now: str = "20 d") -> list[dict[str, Any]]:
    clock = Clock()
    clock.at(now)
    with TestClient(make_service(settings, store, clock=clock), base_url=LOOPBACK) as client:
        answer = client.post(f"/cds-services/{VIEW}", json=call(VIEW, case))
    assert answer.status_code == 200, answer.text
    return answer.json()["cards"]


def said(store: Store) -> list[tuple[str, str, str, dict[str, Any]]]:
    return [(entry.actor, entry.action, entry.subject, json.loads(entry.detail)) for entry in store.entries()]


def test_a_call_of_a_hook_is_noted_without_the_patient(store: Store) -> None:
    (card,) = asked(Settings(), store, SEIZURE)
    detail = {"urgency": "emergency", "knowledge": load().version, "cards": [card["source"]["topic"]["code"]]}
    assert said(store) == [("anonymous", "cds.answer", VIEW, detail)]
    assert store.verify() == []


def test_what_is_not_kept_or_not_assessed_is_not_noted(store: Store) -> None:
    asked(Settings(save=False), store, SEIZURE)
    # Too old for neomag: nothing is assessed of this patient.
    assert asked(Settings(), store, {**SEIZURE, "now": "900 d"}, now="900 d") == []
    assert said(store) == []


def test_a_card_goes_out_when_the_trail_cannot_be_written(store: Store, url: str) -> None:
    tamper(url, "DROP TABLE audit_head")
    assert len(asked(Settings(), store, SEIZURE)) == 1


def test_a_message_is_noted_once_without_the_patient(store: Store, tmp_path: Path) -> None:
    settings = Settings(mllp_port=0, mllp_forward=("127.0.0.1", 9), mllp_queue=str(tmp_path / "queue.db"))
    for heard in (replace(settings, save=False, mllp_queue=str(tmp_path / "other.db")), settings):
        ports: list[int] = []
        with TestClient(make_service(heard, store, listening=ports.append), base_url=LOOPBACK):
            for _ in range(2):
                assert asyncio.run(send("127.0.0.1", ports[0], lab("0.41"))).good
    ((actor, action, subject, detail),) = said(store)
    assert (actor, action, subject) == ("hl7v2:LAB HOSP", "hl7v2.answer", "ORU")
    assert set(detail) == {"urgency", "knowledge"}
