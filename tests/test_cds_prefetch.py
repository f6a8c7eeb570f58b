"""What came with a call: had, none, or not read. Absent is never `no results`."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from litestar import Litestar
from litestar.testing import TestClient
from tests.cds_help import SIGN, VIEW, Clock, ask, bundle, call, codes, serving
from tests.service import problem, where

from neomag.service.settings import Settings

SERVER = "https://ehr.example/fhir/R4"
NOW = "20 d"
CASE: dict[str, Any] = {
    "case": "made-up", "now": NOW, "infant": {"weight": "3000 g"}, "events": [
        {"at": "19 d", "sign": "seizure"}, {"at": NOW, "lab": "magnesium", "value": 0.45, "unit": "mmol/L"},
        {"at": "19 d", "given": "calcium-gluconate-10", "route": "iv", "dose": 2, "unit": "mL/kg"},
    ],
}  # fmt: skip
REQUIRED = ["patient", "observations", "conditions", "given"]
OPTIONAL = ["encounters", "specimens", "tests"]
OUTCOME = {"resourceType": "OperationOutcome", "issue": [{"severity": "error", "code": "exception"}]}
PARTIAL = {**bundle([]), "link": [{"relation": "next", "url": f"{SERVER}/next"}]}
COUNTED = {**bundle([]), "total": 7}
WITH_ERROR = bundle([OUTCOME])


class Ehr:
    """A FHIR server that gives what it holds, and notes what it was asked with which token."""

    def __init__(self) -> None:
        self.prefetch = call(VIEW, CASE)["prefetch"]
        self.asked: list[str] = []
        self.tokens: set[str | None] = set()
        self.refuses: dict[str, httpx.Response] = {}

    def __call__(self, request: httpx.Request) -> httpx.Response:
        kind = request.url.path.removeprefix("/fhir/R4/").partition("/")[0]
        assert request.url.host == "ehr.example"
        self.asked.append(kind)
        self.tokens.add(request.headers.get("authorization"))
        if kind in self.refuses:
            return self.refuses[kind]
        by_kind = {"Patient": "patient", "Observation": "observations", "Condition": "conditions", "Encounter": "encounters",
                   "MedicationAdministration": "given", "Specimen": "specimens", "ServiceRequest": "tests"}  # fmt: skip
        if kind == "Observation":
            assert "http://loinc.org|2601-3" in request.url.params["code"]
            assert request.url.params["patient"] == "infant"
        return httpx.Response(200, json=self.prefetch[by_kind[kind]] if kind in by_kind else bundle([]))


@pytest.fixture
def ehr() -> Ehr:
    return Ehr()


@pytest.fixture(scope="module")
def clock() -> Clock:
    found = Clock()
    found.at(NOW)
    return found


@pytest.fixture(scope="module")
def closed(clock: Clock) -> Iterator[TestClient[Litestar]]:
    """A service that trusts no FHIR server."""
    with serving(clock, transport=httpx.MockTransport(_never)) as client:
        yield client


def _never(request: httpx.Request) -> httpx.Response:
    raise AssertionError(f"called {request.url}")


@pytest.fixture
def opened(clock: Clock, ehr: Ehr) -> Iterator[TestClient[Litestar]]:
    with serving(clock, Settings(smart_servers=(SERVER,)), transport=httpx.MockTransport(ehr)) as client:
        yield client


def body(**change: Any) -> dict[str, Any]:
    found = call(VIEW, CASE)
    found["prefetch"] |= change
    return found


def fetching(**more: Any) -> dict[str, Any]:
    token = {"access_token": "s3cret", "token_type": "Bearer", "expires_in": 60, "scope": "patient/*.read", "subject": "neomag"}
    return {"fhirServer": SERVER, "fhirAuthorization": token} | more


def without(*keys: str) -> dict[str, Any]:
    found = body()
    for key in keys:
        del found["prefetch"][key]
    return found


@pytest.mark.parametrize("key", REQUIRED)
@pytest.mark.parametrize("spoil", [None, "null", OUTCOME, PARTIAL, COUNTED, WITH_ERROR])
def test_what_is_needed_and_not_there_is_412(closed: TestClient[Litestar], key: str, spoil: Any) -> None:
    sent = without(key) if spoil is None else body(**{key: None if spoil == "null" else spoil})
    if key == "patient" and spoil in (PARTIAL, COUNTED, WITH_ERROR):
        said = problem(closed.post(f"/cds-services/{VIEW}", json=sent), 422, "not-valid")
    else:
        said = problem(closed.post(f"/cds-services/{VIEW}", json=sent), 412, "data-missing")
    assert where(said) == [f"/prefetch/{key}"]


@pytest.mark.parametrize("key", ["observations", "conditions", "given"])
def test_an_empty_bundle_is_no_results(closed: TestClient[Litestar], key: str) -> None:
    (card,) = ask(closed, VIEW, body(**{key: bundle([])}))
    expected = {"observations": "magnesium-unmeasured-event", "conditions": "magnesium-treat", "given": "magnesium-treat"}
    assert codes([card]) == [expected[key]]


def test_prefetch_that_is_not_there_at_all(closed: TestClient[Litestar]) -> None:
    for prefetch in (None, {}):
        sent = {**body(), "prefetch": prefetch}
        assert where(problem(closed.post(f"/cds-services/{VIEW}", json=sent), 412, "data-missing")) == ["/prefetch/patient"]


@pytest.mark.parametrize("key", OPTIONAL)
def test_what_is_not_needed_is_named_as_not_read(closed: TestClient[Litestar], key: str) -> None:
    (whole,) = ask(closed, VIEW, body())
    assert "Not read" not in whole["detail"]
    words = {"encounters": "where the infant is", "specimens": "specimens", "tests": "ordered already"}
    for sent in (without(key), body(**{key: None}), body(**{key: OUTCOME})):
        (card,) = ask(closed, VIEW, sent)
        assert words[key] in card["detail"].partition("Not read")[2]


def test_null_is_nothing_where_that_was_agreed(clock: Clock) -> None:
    with serving(clock, Settings(cds_null_is_empty=True)) as client:
        assert codes(ask(client, VIEW, body(observations=None))) == ["magnesium-unmeasured-event"]
        assert "Not read" not in ask(client, VIEW, body(specimens=None))[0]["detail"]
        # A patient that is null was not read: there is one.
        problem(client.post(f"/cds-services/{VIEW}", json=body(patient=None)), 412, "data-missing")


@pytest.mark.parametrize("spoil", ["absent", None, OUTCOME, PARTIAL, COUNTED, WITH_ERROR])
def test_what_is_missing_is_fetched_with_the_token(opened: TestClient[Litestar], ehr: Ehr, spoil: Any) -> None:
    sent = without("given") if spoil == "absent" else body(given=spoil)
    fetched = ask(opened, VIEW, {**sent, **fetching()})
    assert fetched == ask(opened, VIEW, body())
    assert ehr.asked == ["MedicationAdministration"]
    assert ehr.tokens == {"Bearer s3cret"}


def test_everything_can_be_fetched(opened: TestClient[Litestar], ehr: Ehr) -> None:
    assert ask(opened, VIEW, {**body(), "prefetch": {}, **fetching()}) == ask(opened, VIEW, body())
    assert len(ehr.asked) == 7
    assert ehr.asked[0] == "Patient"


def test_a_child_out_of_range_costs_one_read(opened: TestClient[Litestar], ehr: Ehr) -> None:
    ehr.prefetch["patient"] |= {"birthDate": "1990-01-01", "_birthDate": None}
    assert ask(opened, VIEW, {**body(), "prefetch": {}, **fetching()}) == []
    assert ehr.asked == ["Patient"]


@pytest.mark.parametrize(
    ("kind", "answer"),
    [
        ("Observation", httpx.Response(401)), ("Observation", httpx.Response(403)), ("Observation", httpx.Response(500)),
        ("Observation", httpx.Response(302, headers={"location": "https://evil.example/"})),
        ("Condition", httpx.Response(200, text="<html>")), ("Condition", httpx.Response(200, json={"resourceType": "Patient"})),
        ("MedicationAdministration", httpx.Response(404)),
    ],
)  # fmt: skip
def test_a_server_that_does_not_give_it_is_412(
    opened: TestClient[Litestar], ehr: Ehr, kind: str, answer: httpx.Response
) -> None:
    ehr.refuses[kind] = answer
    said = problem(opened.post(f"/cds-services/{VIEW}", json={**body(), "prefetch": {}, **fetching()}), 412, "data-missing")
    assert "infant" not in json.dumps(said)
    assert "s3cret" not in json.dumps(said)


def test_what_is_not_needed_may_be_refused(opened: TestClient[Litestar], ehr: Ehr) -> None:
    ehr.refuses |= {"Specimen": httpx.Response(403), "ServiceRequest": httpx.Response(404)}
    (card,) = ask(opened, VIEW, {**body(), "prefetch": {}, **fetching()})
    assert "specimens" in card["detail"].partition("Not read")[2]


@pytest.mark.parametrize(
    "server",
    [
        "https://evil.example/fhir", "https://ehr.example/fhir/R4/../../admin", "https://ehr.example@evil.example/fhir/R4",
        "https://ehr.example/fhir/R4?x=", "http://ehr.example/fhir/R4", "http://169.254.169.254/", "http://localhost:1/",
        "file:///etc/passwd", "HTTPS://EHR.EXAMPLE/fhir/R4x", "https://ehr.example/fhir/R4#",
    ],
)  # fmt: skip
def test_only_servers_that_are_trusted_are_called(opened: TestClient[Litestar], ehr: Ehr, server: str) -> None:
    sent = {**without("given"), **fetching(fhirServer=server)}
    said = problem(opened.post(f"/cds-services/{VIEW}", json=sent), 412, "data-missing")
    assert "trusted" in said["detail"]
    assert ehr.asked == []


def test_nothing_is_fetched_when_no_server_is_trusted(closed: TestClient[Litestar]) -> None:
    said = problem(closed.post(f"/cds-services/{VIEW}", json={**without("given"), **fetching()}), 412, "data-missing")
    assert "trusted" in said["detail"]


def test_a_trailing_slash_is_the_same_server(opened: TestClient[Litestar], ehr: Ehr) -> None:
    ask(opened, VIEW, {**without("given"), **fetching(fhirServer=f"{SERVER}/")})
    assert ehr.asked == ["MedicationAdministration"]


@pytest.mark.parametrize(
    ("change", "place"),
    [
        ({"patient": {"resourceType": "Patient", "id": "other", "birthDate": "2026-01-01"}}, "/prefetch/patient/id"),
        ({"patient": {"resourceType": "Patient", "id": "infant"}}, "/prefetch/patient"),
        ({"patient": {"resourceType": "Practitioner"}}, "/prefetch/patient"),
        ({"observations": []}, "/prefetch/observations"), ({"observations": "none"}, "/prefetch/observations"),
        ({"observations": {"resourceType": "Observation"}}, "/prefetch/observations"),
        ({"observations": {"resourceType": "Bundle", "type": "searchset", "entry": [{"resource": 7}]}}, "/prefetch/observations/entry/0"),
        ({"observations": {"resourceType": "Bundle", "type": "history"}}, "/prefetch/observations"),
        ({"conditions": bundle([{"resourceType": "Condition", "id": "c", "subject": {"reference": "Patient/other"}}])}, "/prefetch/conditions/entry/0"),
        ({"tests": bundle([{"resourceType": "ServiceRequest", "id": "t", "subject": {"reference": "Patient/other"}}])}, "/prefetch/tests/entry/0"),
    ],
)  # fmt: skip
def test_prefetch_that_is_not_what_was_asked_for_is_422(
    closed: TestClient[Litestar], change: dict[str, Any], place: str
) -> None:
    said = problem(closed.post(f"/cds-services/{VIEW}", json=body(**change)), 422, "not-valid")
    assert any(one.startswith(place) for one in where(said)), said


def test_a_draft_of_another_patient_is_422(closed: TestClient[Litestar]) -> None:
    draft = {"resourceType": "MedicationRequest", "id": "m", "subject": {"reference": "Patient/other"}}
    said = problem(closed.post(f"/cds-services/{SIGN}", json=call(SIGN, CASE, [draft])), 422, "not-valid")
    assert where(said) == ["/context/draftOrders/entry/0/resource/subject"]


def test_the_token_and_the_record_are_in_no_log(
    opened: TestClient[Litestar], ehr: Ehr, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    ehr.refuses["Condition"] = httpx.Response(500)
    opened.post(f"/cds-services/{VIEW}", json={**body(), "prefetch": {}, **fetching()})
    ours = [record.getMessage() for record in caplog.records if record.name.startswith("neomag")]
    assert ours
    assert not any("s3cret" in line or "infant" in line for line in ours)


def test_an_infant_born_today_where_the_day_began_earlier(clock: Clock) -> None:
    """15:30 of 31 December UTC is 1 January in Tokyo, the day of birth."""
    clock.now = datetime(2025, 12, 31, 15, 30, tzinfo=UTC)
    try:
        newborn = {"resourceType": "Patient", "id": "infant", "birthDate": "2026-01-01"}
        seizure = {
            "resourceType": "Condition", "id": "c", "subject": {"reference": "Patient/infant"}, "onsetDateTime": "2026-01-01",
            "code": {"coding": [{"system": "http://snomed.info/sct", "code": "91175000"}]},
        }  # fmt: skip
        given = body(patient=newborn, observations=bundle([]), conditions=bundle([seizure]))
        with serving(clock, Settings(zone="Asia/Tokyo")) as there:
            assert codes(ask(there, VIEW, given)) == ["magnesium-unmeasured-event"]
        with serving(clock) as utc:
            problem(utc.post(f"/cds-services/{VIEW}", json=given), 422, "not-valid")
    finally:
        clock.at(NOW)
