"""Calls of CDS Hooks for tests: an infant as prefetch, orders, and the schemas that calls and cards must meet."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator
from litestar import Litestar
from litestar.testing import TestClient
from tests.fhir_cases import BORN, to_parameters

from neomag import ages
from neomag.service.app import make_app
from neomag.service.cds import router
from neomag.service.settings import Settings

SCHEMAS = json.loads((Path(__file__).parent / "data" / "cds_hooks.json").read_text("utf-8"))
VIEW, SELECT, SIGN = "neomag-patient-view", "neomag-order-select", "neomag-order-sign"
DISCHARGE = "neomag-encounter-discharge"
HOOKS = {VIEW: "patient-view", SELECT: "order-select", SIGN: "order-sign", DISCHARGE: "encounter-discharge"}
KINDS = {
    "observations": "Observation", "conditions": "Condition", "given": "MedicationAdministration", "encounters": "Encounter",
    "specimens": "Specimen", "tests": "ServiceRequest", "orders": "MedicationRequest",
}  # fmt: skip
INSTANCE = "6bc883b2-b795-4dcb-b661-34884a31d472"
UCUM = "http://unitsofmeasure.org"


class Clock:
    """The moment that the service asks about."""

    def __init__(self) -> None:
        self.now = datetime(2026, 2, 1, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def at(self, age: str) -> None:
        """So old is the infant of `case`."""
        self.now = datetime.fromtimestamp(BORN.timestamp() + ages.seconds(age), UTC)


def valid(name: str, value: Any) -> Any:
    """`value`, which meets the schema of that name."""
    schema = {"$defs": SCHEMAS["$defs"], "$ref": f"#/$defs/{name}"}
    problems = [f"{error.json_path}: {error.message}" for error in Draft202012Validator(schema).iter_errors(value)]  # pyright: ignore[reportUnknownMemberType]
    assert not problems, problems
    return value


@contextmanager
def serving(clock: Clock, settings: Settings | None = None, **more: Any) -> Iterator[TestClient[Litestar]]:
    """The service with the routes of CDS Hooks."""
    settings = settings or Settings()
    app = make_app(settings, routers=[router(settings, clock=clock, **more)])
    with TestClient(app, base_url="http://127.0.0.1:8080") as client:
        yield client


def resources(case: dict[str, Any]) -> list[dict[str, Any]]:
    """The resources of a case, its now being `case["now"]`."""
    return [p["resource"] for p in to_parameters(case)["parameter"] if "resource" in p]


def bundle(found: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """A searchset."""
    return {"resourceType": "Bundle", "type": "searchset", "total": len(found), "entry": [{"resource": one} for one in found]}


def prefetched(found: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Everything that any service asks for."""
    (infant,) = [one for one in found if one["resourceType"] == "Patient"]
    return {"patient": infant} | {
        key: bundle([one for one in found if one["resourceType"] == kind]) for key, kind in KINDS.items()
    }


def call(
    service: str,
    case: dict[str, Any],
    drafts: Sequence[dict[str, Any]] = (),
    *,
    selections: Sequence[str] | None = None,
    also: Sequence[dict[str, Any]] = (),
    **more: Any,
) -> dict[str, Any]:
    """A call with everything prefetched; `also` are further resources of the record."""
    context: dict[str, Any] = {"userId": "Practitioner/1", "patientId": "infant"}
    if service in {SELECT, SIGN}:
        context["draftOrders"] = {
            "resourceType": "Bundle",
            "type": "collection",
            "entry": [{"resource": one} for one in drafts],
        }
    if service == SELECT:
        every = [f"{one['resourceType']}/{one['id']}" for one in drafts]
        context["selections"] = every if selections is None else list(selections)
    if service == DISCHARGE:
        context["encounterId"] = "e1"
    prefetch = prefetched([*resources(case), *also])
    return {"hook": HOOKS[service], "hookInstance": INSTANCE, "context": context, "prefetch": prefetch} | more


def order(key: str, name: str, dose: str | None = None, **dosage: Any) -> dict[str, Any]:
    """A draft MedicationRequest; `dose` such as `150 mg`."""
    rate: dict[str, Any] = {}
    if dose is not None:
        value, _, unit = dose.partition(" ")
        rate = {"doseAndRate": [{"doseQuantity": {"value": float(value), "unit": unit, "system": UCUM, "code": unit}}]}
    said = rate | dosage
    return {
        "resourceType": "MedicationRequest", "id": key, "status": "draft", "intent": "order", "subject": {"reference": "Patient/infant"},
        "medicationCodeableConcept": {"text": name}, **({"dosageInstruction": [said]} if said else {}),
    }  # fmt: skip


def over(minutes: float, **repeat: Any) -> dict[str, Any]:
    """A timing that lasts so many minutes."""
    return {"timing": {"repeat": {"duration": minutes, "durationUnit": "min", **repeat}}}


IV: dict[str, Any] = {"route": {"text": "IV"}}


def magnesium_ordered(status: str = "active") -> dict[str, Any]:
    """A ServiceRequest for magnesium."""
    return {
        "resourceType": "ServiceRequest", "id": "t1", "status": status, "intent": "order", "subject": {"reference": "Patient/infant"},
        "code": {"coding": [{"system": "http://loinc.org", "code": "2601-3"}]},
    }  # fmt: skip


def ask(client: TestClient[Litestar], service: str, body: dict[str, Any]) -> list[dict[str, Any]]:
    """The cards of a call that is answered; both meet the specification."""
    answer = client.post(f"/cds-services/{service}", json=valid("request", body))
    assert answer.status_code == 200, answer.text
    cards = valid("response", answer.json())["cards"]
    assert sum(one["indicator"] == "critical" for one in cards) <= 1
    return cards


def codes(cards: Sequence[dict[str, Any]]) -> list[str]:
    """Which cards they are."""
    return [one["source"]["topic"]["code"] for one in cards]
