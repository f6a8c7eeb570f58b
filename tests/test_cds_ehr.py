"""A fake EHR on a real FHIR server: discovery, hooks with full, partial and no prefetch, suggestions applied, feedback sent."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest
from click.testing import CliRunner
from litestar import Litestar
from litestar.testing import TestClient
from tests.auth_help import Issuer, issuing
from tests.cds_help import DISCHARGE, HOOKS, IV, SELECT, SIGN, VIEW, Clock, codes, order, over, resources, serving, valid
from tests.fhir_server import FhirServer, needs_node, running

from neomag.cli.serve_feedback import feedback_report
from neomag.service.auth import Gate
from neomag.service.settings import Settings
from neomag.service.store import Store

BASE = "http://127.0.0.1:8080"
TOKEN = "ehr-token"
SEIZING: dict[str, Any] = {
    "case": "made-up", "now": "20 d", "infant": {"sex": "female", "weight": "3000 g"}, "events": [
        {"at": "19 d", "sign": "seizure"}, {"at": "19 d", "lab": "calcium", "value": 1.6, "unit": "mmol/L"},
        {"at": "19 d", "given": "calcium-gluconate-10", "route": "iv", "dose": 6, "unit": "mL", "over": "10 min"},
    ],
}  # fmt: skip
CALCIUM = order("draft-calcium", "Calcium gluconate 10 %", "6 mL", **IV)
TENFOLD = order("draft-magnesium", "Magnesium sulfate 50 %", "1500 mg", **IV, **over(60))


class Ehr:
    """Prefetches what discovery asks for, calls hooks with signed tokens, and applies what is suggested."""

    def __init__(self, server: FhirServer, client: TestClient[Litestar], issuer: Issuer):
        self.server, self.client, self.issuer = server, client, issuer
        self.http = httpx.Client(headers={"Authorization": f"Bearer {server.token}"})
        services = valid("discovery", client.get("/cds-services").json())["services"]
        self.services = {service["id"]: service for service in services}

    def _token(self, path: str) -> dict[str, str]:
        claims: dict[str, Any] = {"aud": f"{BASE}{path}", "jti": str(uuid4())}
        return {"Authorization": f"Bearer {self.issuer.token(**claims)}"}

    def prefetched(self, service: str, keys: set[str] | None) -> dict[str, Any]:
        """What the templates give: of all, or only of `keys`."""
        found: dict[str, Any] = {}
        for key, template in self.services[service]["prefetch"].items():
            if keys is None or key in keys:
                answer = self.http.get(f"{self.server.base}/{template.replace('{{context.patientId}}', 'infant')}")
                assert answer.status_code == 200, (template, answer.text)
                found[key] = answer.json()
        return found

    def fire(
        self, service: str, keys: set[str] | None = None, drafts: Any = (), *, access: bool = True
    ) -> list[dict[str, Any]]:
        """The cards of a hook."""
        context: dict[str, Any] = {"userId": "Practitioner/1", "patientId": "infant"}
        if drafts:
            entries = [{"resource": one} for one in drafts]
            context["draftOrders"] = {"resourceType": "Bundle", "type": "collection", "entry": entries}
            context["selections"] = [f"MedicationRequest/{one['id']}" for one in drafts]
        if service == DISCHARGE:
            context["encounterId"] = "e1"
        body: dict[str, Any] = {"hook": self.services[service]["hook"], "hookInstance": str(uuid4()), "context": context}
        if prefetch := self.prefetched(service, keys):
            body["prefetch"] = prefetch
        if access:
            body["fhirServer"] = self.server.base
            body["fhirAuthorization"] = {
                "access_token": TOKEN, "token_type": "Bearer", "expires_in": 300, "scope": "patient/*.read", "subject": "neomag",
            }  # fmt: skip
        path = f"/cds-services/{service}"
        answer = self.client.post(path, json=valid("request", body), headers=self._token(path))
        assert answer.status_code == 200, answer.text
        return valid("response", answer.json())["cards"]

    def apply(self, suggestion: dict[str, Any]) -> list[dict[str, Any]]:
        """Do what a suggestion says; what was created."""
        made: list[dict[str, Any]] = []
        for action in suggestion["actions"]:
            if action["type"] == "create":
                answer = self.http.post(f"{self.server.base}/{action['resource']['resourceType']}", json=action["resource"])
                assert answer.status_code == 201, answer.text
                made.append(answer.json())
            else:
                answer = self.http.delete(f"{self.server.base}/{action['resourceId']}")
                assert answer.status_code in {200, 204}, answer.text
        return made

    def tell(self, service: str, *feedback: dict[str, Any]) -> None:
        """Send feedback."""
        path = f"/cds-services/{service}/feedback"
        body = valid("feedback", {"feedback": [{"outcomeTimestamp": "2026-01-21T00:05:00Z"} | one for one in feedback]})
        assert self.client.post(path, json=body, headers=self._token(path)).status_code == 200


@pytest.fixture(scope="module")
def server() -> Iterator[FhirServer]:
    with running(TOKEN) as found:
        found.load([*resources(SEIZING), CALCIUM, TENFOLD])
        yield found


@pytest.fixture
def store_address(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'store.db'}"


@pytest.fixture
def ehr(server: FhirServer, store_address: str) -> Iterator[Ehr]:
    clock = Clock()
    clock.at("20 d")
    with issuing() as issuer, Store.open(store_address) as store:
        settings = Settings(cds_clients={issuer.url: issuer.jku}, smart_servers=(server.base,))
        with serving(clock, settings, store=store, gate=Gate(settings, store)) as client:
            found = Ehr(server, client, issuer)
            yield found
            found.http.close()


@needs_node
@pytest.mark.parametrize("service", HOOKS)
def test_full_partial_and_no_prefetch_have_the_same_cards(ehr: Ehr, service: str) -> None:
    drafts = [CALCIUM, TENFOLD] if service in {SELECT, SIGN} else []
    shown = [
        [
            {name: card[name] for name in ("summary", "indicator", "detail")}
            for card in ehr.fire(service, keys, drafts, access=access)
        ]
        for keys, access in (
            (None, False),
            (None, True),
            ({"patient", "observations"}, True),
            ({"conditions"}, True),
            (set[str](), True),
        )
    ]
    assert shown[0]
    assert all(cards == shown[0] for cards in shown)


@needs_node
def test_from_the_alarm_to_the_feedback(ehr: Ehr, store_address: str) -> None:
    cards = ehr.fire(SIGN, None, [CALCIUM, TENFOLD])
    assert codes(cards) == ["dose-refused", "calcium-failed-again"]
    assert [card["indicator"] for card in cards] == ["critical", "warning"]
    refused, again = cards
    (remove,) = refused["suggestions"]
    ehr.apply(remove)
    assert ehr.http.get(f"{ehr.server.base}/MedicationRequest/draft-magnesium").status_code in {404, 410}
    assert ehr.http.get(f"{ehr.server.base}/MedicationRequest/draft-calcium").status_code == 200
    ehr.tell(SIGN, {"card": refused["uuid"], "outcome": "accepted", "acceptedSuggestions": [{"id": remove["uuid"]}]})

    # What is suggested is taken by a validator.
    assert codes(ehr.fire(VIEW)) == ["magnesium-unmeasured-event"]
    test = next(one for one in again["suggestions"] if one["isRecommended"])
    (made,) = ehr.apply(test)
    assert (made["resourceType"], made["subject"]["reference"]) == ("ServiceRequest", "Patient/infant")
    ehr.tell(SIGN, {"card": again["uuid"], "outcome": "accepted", "acceptedSuggestions": [{"id": test["uuid"]}]})
    # A proposal asks nobody to draw blood; once it is signed as an order, the infant's emergency has its card
    # until the result is there, and does not ask for the test again.
    assert codes(ehr.fire(VIEW)) == ["magnesium-unmeasured-event"]
    ehr.server.load([made | {"intent": "order", "status": "active"}])
    assert codes(ehr.fire(VIEW)) == ["emergency-level-awaited"]
    assert codes(ehr.fire(VIEW, set())) == ["emergency-level-awaited"]
    assert ehr.fire(SIGN, None, [CALCIUM]) == []

    # The result comes: low, with a seizure.
    level = {"at": "20 d", "lab": "magnesium", "value": 0.45, "unit": "mmol/L"}
    result = next(
        r for r in resources(SEIZING | {"events": [level]}) if r["resourceType"] == "Observation" and "2601-3" in json.dumps(r)
    )
    ehr.server.load([result | {"id": "level"}])
    (card,) = ehr.fire(VIEW)
    assert (codes([card]), card["indicator"]) == (["magnesium-treat"], "critical")
    why = {"reason": card["overrideReasons"][0], "userComment": "seen"}
    ehr.tell(VIEW, {"card": card["uuid"], "outcome": "overridden", "overrideReason": why})

    done = CliRunner().invoke(feedback_report, ["--store", store_address, "--format", "json"])
    sign, view = json.loads(done.stdout)["services"]
    assert (sign["service"], sign["accepted"], sign["overridden"]) == (SIGN, 2, 0)
    assert view["reasons"] == [{"reason": card["overrideReasons"][0]["code"], "cards": 1}]
