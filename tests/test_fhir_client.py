"""Reading an infant from a FHIR server: a real one for what works, a made-up transport for what goes wrong."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.fhir_cases import CONFIRMED, EXAMPLES, LOINC, SNOMED, patient, published, quantity, to_parameters
from tests.fhir_server import FhirServer, fhir_server, needs_node, running

from neomag import assess
from neomag.fhir import read_case
from neomag.fhir.client import FhirClient, FhirServerError, Limits
from neomag.fhir.infant import read_infant

__all__ = ["fhir_server"]
NOW = "2026-03-01T00:00:00Z"
BASE = "https://ehr.example/fhir/R4"


def level(key: str, value: float = 0.41, subject: str = "Patient/infant", loinc: str = "2601-3") -> dict[str, Any]:
    return {
        "resourceType": "Observation", "id": key, "status": "final", "code": {"coding": [{"system": LOINC, "code": loinc}]},
        "subject": {"reference": subject}, "effectiveDateTime": "2026-02-01T00:00:00Z", "valueQuantity": quantity(value, "mmol/L"),
    }  # fmt: skip


def given(key: str, medication: str) -> dict[str, Any]:
    return {
        "resourceType": "MedicationAdministration", "id": key, "status": "completed", "subject": {"reference": "Patient/infant"},
        "medicationReference": {"reference": medication}, "effectiveDateTime": "2026-02-01T00:00:00Z",
    }  # fmt: skip


@needs_node
def test_an_infant_is_read_page_by_page_with_its_medications_and_nobody_else_s(fhir_server: FhirServer) -> None:
    seizure = {"coding": [{"system": SNOMED, "code": "91175000"}]}
    fhir_server.load([
        patient("female"), patient(key="other"),
        *(level(f"mg{n}", 0.4 + n / 100) for n in range(7)),
        level("theirs", subject="Patient/other"), level("haemoglobin", loinc="718-7"), level("cells", loinc="2597-3"),
        {"resourceType": "Condition", "id": "c", "subject": {"reference": "Patient/infant"}, "code": seizure},
        {"resourceType": "Medication", "id": "m", "code": {"text": "Gentamicin"}},
        given("g1", "Medication/m"), given("g2", "Medication/m"), given("g3", "Medication/gone"),
    ])  # fmt: skip
    with FhirClient(fhir_server.base, limits=Limits(page_size=3)) as client:
        bundle = read_infant(client, "Patient/infant")
    reading = read_case(bundle, now=NOW)
    keys = [event.key for event in reading.case.events]
    assert (keys.count("lab:magnesium"), keys.count("given:aminoglycoside"), keys.count("sign:seizure")) == (7, 2, 1)
    assert [problem.code for problem in reading.problems if problem.severity != "information"] == [
        "results-conflict",
        "unresolved",
    ][1:]
    assert {place.reference for place in reading.places} >= {"Observation/mg0", "Observation/mg6"}
    assert assess(reading.case).suspicion == "confirmed"


@needs_node
def test_published_cases_give_the_same_answer_through_a_server() -> None:
    """Those that a strict server takes: drugs given at a known time with a dose, results of a confirmed code."""
    read = 0
    for case in map(published, EXAMPLES):
        if any("given" in e or e.get("lab", "magnesium") not in CONFIRMED for e in case["events"]):
            continue
        sent = to_parameters(case)
        now = next(p["valueDateTime"] for p in sent["parameter"] if p["name"] == "now")
        with running() as server:
            server.load([p["resource"] for p in sent["parameter"] if "resource" in p])
            with FhirClient(server.base) as client:
                reading = read_case(read_infant(client, "infant"), now=now, setting=case.get("setting"))
        straight, through = assess(read_case(sent).case), assess(reading.case)
        assert through.row == straight.row
        assert through.magnesium.to_dict() == straight.magnesium.to_dict()
        assert [action.code for action in through.actions] == [action.code for action in straight.actions]
        read += 1
        if read == 4:
            break
    assert read == 4


@needs_node
def test_a_token_is_needed_and_sent() -> None:
    with running(token="s3cret") as server:
        server.load([patient(), level("mg")])
        for token, status in ((None, 401), ("wrong", 401)):
            with (
                FhirClient(server.base, token) as client,
                pytest.raises(FhirServerError, match="does not accept the token") as caught,
            ):
                read_infant(client, "infant")
            assert (caught.value.kind, caught.value.status, caught.value.codes) == ("login", status, ("login",))
        with FhirClient(server.base, server.token) as client:
            assert len(read_infant(client, "infant")["entry"]) == 2
            with pytest.raises(FhirServerError) as caught:
                read_infant(client, "nobody")
    assert (caught.value.kind, caught.value.status) == ("not-found", 404)
    assert "nobody" not in str(caught.value)


Answer = Callable[[httpx.Request], httpx.Response]


def client(answer: Answer, **more: Any) -> FhirClient:
    return FhirClient(more.pop("base", BASE), more.pop("token", "s3cret"), transport=httpx.MockTransport(answer), **more)


def empty(request: httpx.Request) -> httpx.Response:
    """A server that knows the infant and nothing of it."""
    if request.url.path.endswith("/Patient/infant"):
        return httpx.Response(200, json=patient())
    return httpx.Response(200, json={"resourceType": "Bundle", "type": "searchset"})


def issue(code: str) -> dict[str, Any]:
    return {"resourceType": "OperationOutcome", "issue": [{"severity": "error", "code": code, "diagnostics": "Secretname"}]}


@pytest.mark.parametrize(
    ("response", "kind", "says"),
    [
        (httpx.Response(403, json=issue("forbidden")), "forbidden", "HTTP 403 (forbidden)"),
        (httpx.Response(404, text="<html>"), "not-found", "HTTP 404"),
        (httpx.Response(410), "not-found", "no longer there"),
        (httpx.Response(500, json=issue("exception")), "refused", "HTTP 500 (exception)"),
        (httpx.Response(302, headers={"location": "https://evil.example/"}), "refused", "HTTP 302"),
        (httpx.Response(200, text="<html>Secretname</html>"), "not-fhir", "not FHIR in JSON"),
        (httpx.Response(200, json=[1]), "not-fhir", "not FHIR in JSON"),
        (httpx.Response(200, text="[" * 100_000), "not-fhir", "not FHIR in JSON"),
        (httpx.Response(200, json={"resourceType": "Observation"}), "not-fhir", "another resource"),
        (httpx.Response(400, json=issue("Secretname and more")), "refused", "HTTP 400"),
    ],
)
def test_what_a_server_refuses_is_said_without_what_it_said(response: httpx.Response, kind: str, says: str) -> None:
    with client(lambda request: response) as asked, pytest.raises(FhirServerError) as caught:
        read_infant(asked, "infant")
    assert (caught.value.kind, says in str(caught.value)) == (kind, True), caught.value
    assert "Secretname" not in str(caught.value)
    assert "s3cret" not in str(caught.value)


def test_no_answer_and_no_server() -> None:
    def late(request: httpx.Request) -> httpx.Response:
        raise httpx.ReadTimeout("late", request=request)

    def gone(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("Secretname", request=request)

    for answer, kind in ((late, "timeout"), (gone, "unreachable")):
        with client(answer) as asked, pytest.raises(FhirServerError) as caught:
            read_infant(asked, "infant")
        assert caught.value.kind == kind
        assert "Secretname" not in str(caught.value)


def endless(next_page: Callable[[int], str]) -> Answer:
    """A server whose pages never end; `next_page` gives the address of the n-th."""
    count = 0

    def answer(request: httpx.Request) -> httpx.Response:
        nonlocal count
        count += 1
        if "/Patient/" in request.url.path:
            return empty(request)
        page = {"resourceType": "Bundle", "type": "searchset", "link": [{"relation": "next", "url": next_page(count)}]}
        return httpx.Response(200, json=page | {"entry": [{"resource": level(f"o{count}")}]})

    return answer


@pytest.mark.parametrize(
    ("next_page", "limits", "kind", "says"),
    [
        (lambda n: f"{BASE}/Observation?page={n}", Limits(pages=5), "too-much", "5 pages"),
        (lambda n: f"{BASE}/Observation?page={n}", Limits(bytes=5_000), "too-much", "5000 bytes"),
        (lambda n: f"Observation?page={n}", Limits(total_s=0.05), "too-much", "0.05 s"),
        (lambda n: f"{BASE}/Observation?page=1", Limits(), "not-fhir", "circle"),
        (lambda n: "https://evil.example/fhir/R4/Observation", Limits(), "not-fhir", "another host"),
        (lambda n: "http://ehr.example/fhir/R4/Observation", Limits(), "not-fhir", "another host"),
        (lambda n: "//evil.example/x", Limits(), "not-fhir", "another host"),
    ],
)  # fmt: skip
def test_pages_have_an_end_and_stay_on_their_server(
    next_page: Callable[[int], str], limits: Limits, kind: str, says: str
) -> None:
    with client(endless(next_page), limits=limits) as asked, pytest.raises(FhirServerError) as caught:
        read_infant(asked, "infant")
    assert (caught.value.kind, says in str(caught.value)) == (kind, True), caught.value


def test_a_slow_server_is_left_at_the_limit() -> None:
    def slow() -> Iterator[bytes]:
        for _ in range(100):
            time.sleep(0.02)
            yield b" "

    slowly = client(lambda request: httpx.Response(200, content=slow()), limits=Limits(total_s=0.1))
    with slowly as asked, pytest.raises(FhirServerError) as caught:
        asked.read("Patient/infant")
    assert caught.value.kind == "too-much"


@pytest.mark.parametrize("kind", ["Condition", "MedicationAdministration", "Encounter"])
def test_a_type_that_is_not_given_is_named_in_the_bundle(kind: str) -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        return httpx.Response(403, json=issue("forbidden")) if request.url.path.endswith(f"/{kind}") else empty(request)

    with client(answer) as asked:
        reading = read_case(read_infant(asked, "infant"), now=NOW)
    assert [problem.code for problem in reading.problems] == ["search-warning"]


def test_results_that_are_not_given_are_no_absent_results() -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        return httpx.Response(403) if request.url.path.endswith("/Observation") else empty(request)

    with client(answer) as asked, pytest.raises(FhirServerError, match="Observation: the token does not allow it"):
        read_infant(asked, "infant")


@pytest.mark.parametrize(
    "base", ["", "ehr.example/fhir", "file:///etc/passwd", "https://", "https://a@ehr.example/", "https://e/?x=1"]
)
def test_what_is_no_address_of_a_server(base: str) -> None:
    with pytest.raises(FhirServerError, match="address of a FHIR server is needed"):
        FhirClient(base)


def test_a_token_does_not_travel_in_the_clear() -> None:
    with pytest.raises(FhirServerError, match="use https"):
        FhirClient("http://ehr.example/fhir", "s3cret")
    for base, token, insecure in (
        ("http://127.0.0.1:1/fhir", "s3cret", False),
        ("http://ehr.example/", None, False),
        ("http://ehr.example/", "x", True),
    ):
        with FhirClient(base, token, insecure=insecure):
            pass
    assert "s3cret" not in repr(FhirClient(BASE, "s3cret"))


@pytest.mark.parametrize("key", ["", "../Patient", "a/b", "a?b=c", "a" * 65, "Patient/a,b"])
def test_what_is_no_id_of_a_patient_is_not_asked_for(key: str) -> None:
    def never(request: httpx.Request) -> httpx.Response:
        raise AssertionError

    with client(never) as asked, pytest.raises(FhirServerError) as caught:
        read_infant(asked, key)
    assert caught.value.kind == "address"


def test_codes_of_a_site_are_asked_for_too(tmp_path: Path) -> None:
    table = tmp_path / "site.csv"
    rows = "".join(f"http://lab.example/codes,MG{n},lab,magnesium\n" for n in range(100))
    table.write_text(f"system,code,kind,vocabulary\n{rows}")
    asked: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("/Observation"):
            assert len(str(request.url)) < 8_000
            asked.extend(request.url.params["code"].split(","))
        return empty(request)

    with client(answer) as asking:
        read_infant(asking, "infant", codes=[table])
    assert {"http://loinc.org|2601-3", "http://snomed.info/sct|91175000", "http://lab.example/codes|MG99"} <= set(asked)
    assert "http://loinc.org|2597-3" not in asked
    assert len(asked) == len(set(asked))
