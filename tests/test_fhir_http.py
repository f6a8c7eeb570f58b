"""FHIR over HTTP: $assess and statements, their forms, and every error as an OperationOutcome that validators accept."""

from __future__ import annotations

import json
import random
from collections import Counter
from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from hypothesis import given, settings
from litestar import Request, Router, post
from litestar.testing import TestClient
from schemathesis import GenerationMode
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import positive_data_acceptance
from tests import strategies
from tests.fhir_cases import EXAMPLES, published, to_parameters
from tests.fhir_server import needs_node
from tests.fhir_service import make, served
from tests.service import Client
from tests.test_fhir_out import faults
from tools.fuzz import JUNK, MAKERS

from neomag import assess
from neomag.fhir import read_case, to_bundle
from neomag.service import fhir_routes
from neomag.service.app import make_app
from neomag.service.auth import Gate
from neomag.service.auth.api_key import make_key
from neomag.service.settings import Settings
from neomag.service.store import Store

FHIR = "application/fhir+json"
PUBLISHED = to_parameters(published(EXAMPLES[0]))
SENT = Counter[int]()


@pytest.fixture(scope="module")
def fhir() -> Iterator[Client]:
    with served() as found:
        yield found


def sent(client: Client, body: Any, query: str = "", **headers: str) -> Any:
    named = {"content-type": FHIR, **{name.replace("_", "-"): value for name, value in headers.items()}}
    return client.post(f"/fhir/$assess{query}", content=body if isinstance(body, bytes) else json.dumps(body), headers=named)


def outcome(answer: Any, status: int, code: str) -> list[dict[str, Any]]:
    """The issues of an answer that is an OperationOutcome."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == f"{FHIR}; charset=utf-8"
    said = answer.json()
    assert said["resourceType"] == "OperationOutcome"
    assert code in {issue["code"] for issue in said["issue"]}, said
    assert "Traceback" not in answer.text
    return said["issue"]


@pytest.mark.parametrize("media", [FHIR, "application/json", "application/fhir+json; charset=UTF-8; fhirVersion=4.0"])
def test_a_case_is_answered_as_the_library_answers_it(fhir: Client, media: str) -> None:
    for path in EXAMPLES[:12]:
        given = to_parameters(published(path))
        answer = sent(fhir, given, content_type=media)
        assert answer.status_code == 200, answer.text
        assert answer.headers["content-type"] == f"{FHIR}; charset=utf-8"
        reading = read_case(json.loads(json.dumps(given)))
        expected = json.loads(json.dumps(to_bundle(assess(reading.case), reading, base="http://testserver.local/fhir")))
        said = answer.json()
        assert [e["resource"]["resourceType"] for e in said["entry"]] == [
            e["resource"]["resourceType"] for e in expected["entry"]
        ]
        first = {name: value for name, value in said["entry"][0]["resource"].items() if name != "id"}
        assert first["moduleUri"] == "http://testserver.local/fhir/OperationDefinition/assess"
        assert first["note"] == expected["entry"][0]["resource"]["note"]


@needs_node
def test_answers_statements_and_refusals_are_valid(fhir: Client) -> None:
    said = [sent(fhir, to_parameters(published(path))).json() for path in EXAMPLES]
    resources = [r for bundle in said for r in [bundle, *(entry["resource"] for entry in bundle["entry"])]]
    bodies = [b"", b"{", b"[]", b'{"resourceType":"Patient"}', b'{"resourceType":"Bundle","type":"history","a":1,"a":2}']
    refusals = [sent(fhir, body).json() for body in bodies]
    refusals += [fhir.get(f"/fhir/{path}").json() for path in ("", "$assess", "Patient/%01", "metadata?_format=xml&x%07=1")]
    resources += [*refusals, fhir.get("/fhir/metadata").json(), fhir.get("/fhir/OperationDefinition/assess").json()]
    assert {refusal["resourceType"] for refusal in refusals} == {"OperationOutcome"}
    assert faults(resources) == []


@needs_node
def test_answers_to_made_up_cases_are_valid(fhir: Client) -> None:
    bundles: list[dict[str, Any]] = []

    @settings(max_examples=40)
    @given(strategies.cases())
    def answer(case: dict[str, Any]) -> None:
        answered = sent(fhir, to_parameters(case))
        assert answered.status_code in {200, 422}, answered.text
        bundles.append(answered.json())

    answer()
    assert faults(bundles) == []


@pytest.mark.parametrize(
    ("body", "status", "code", "says"),
    [
        (b"", 400, "structure", "JSON"),
        (b"{", 400, "structure", "JSON"),
        (b"[" * 3000, 400, "structure", "deep"),
        (b"[]", 400, "structure", "Parameters or Bundle"),
        (b'{"resourceType":"Parameters","parameter":{}}', 400, "structure", "a list"),
        (b'{"resourceType":"Patient","id":"a"}', 422, "not-supported", "send Parameters or a Bundle"),
        (b'{"resourceType":"Parameters","parameter":[{"name":"nwo","valueDateTime":"2026"}]}', 422, "not-supported", "now"),
        (b'{"resourceType":"Bundle","type":"collection","entry":[]}', 422, "required", "Patient"),
    ],
)
def test_what_cannot_be_answered_is_refused_and_says_where(
    fhir: Client, body: bytes, status: int, code: str, says: str
) -> None:
    issues = outcome(sent(fhir, body), status, code)
    assert any(says in issue["details"]["text"] for issue in issues), issues


def test_each_fault_has_its_place(fhir: Client) -> None:
    given = deepcopy(PUBLISHED)
    given["parameter"] += [{"name": "setting", "valueBoolean": True}, {"name": "colour", "valueCode": "red"}]
    places = [issue["expression"][0] for issue in outcome(sent(fhir, given), 400, "structure")]
    count = len(PUBLISHED["parameter"])
    assert places == [f"Parameters.parameter[{count}].value", f"Parameters.parameter[{count + 1}].name"]


def test_errors_of_the_frame_are_outcomes_too(fhir: Client) -> None:
    assert outcome(fhir.get("/fhir/Patient/a"), 404, "not-found")[0]["diagnostics"].startswith("urn:neomag:request:")
    wrong = fhir.get("/fhir/$assess")
    assert (outcome(wrong, 405, "not-supported")[0]["severity"], set(wrong.headers["allow"].split(", "))) == (
        "error",
        {"OPTIONS", "POST"},
    )
    assert outcome(sent(fhir, b"<a/>", content_type="application/fhir+xml"), 415, "not-supported")[0]["location"] == [
        "http.Content-Type"
    ]
    outcome(sent(fhir, PUBLISHED, content_type="application/fhir+json; fhirVersion=5.0"), 415, "not-supported")
    with served(Settings(max_body=1_024)) as small:
        outcome(sent(small, PUBLISHED), 413, "too-long")
        # Other routes keep to problem details.
        assert small.post("/v1/assess", content=b"x" * 2_000).headers["content-type"] == "application/problem+json"
    # HEAD has the headers of GET, and no body.
    head = fhir.head("/fhir/Patient/a")
    assert (head.status_code, head.content, head.headers["content-type"]) == (404, b"", f"{FHIR}; charset=utf-8")


def test_an_error_nobody_foresaw_tells_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: Any, **__: Any) -> Any:
        raise RuntimeError("the name of a patient")

    monkeypatch.setattr("neomag.service.fhir_routes.read_case", broken)
    with served() as client:
        answer = sent(client, PUBLISHED)
        assert outcome(answer, 500, "exception")[0]["severity"] == "fatal"
        assert "name of a patient" not in answer.text


def test_an_answer_that_takes_too_long_and_too_many_at_once() -> None:
    @post("/slow")
    async def slow(request: Request[Any, Any, Any]) -> None:
        import asyncio

        await asyncio.sleep(5)

    with served(Settings(timeout=0.1), Router("/fhir/x", route_handlers=[slow])) as client:
        answer = client.post("/fhir/x/slow", content=b"{}")
        assert outcome(answer, 503, "timeout")
        assert answer.headers["retry-after"] == "1"


@pytest.mark.parametrize(
    ("query", "accept", "media"),
    [
        ("", "*/*", FHIR),
        ("", "application/json", "application/json"),
        ("", "text/html, application/fhir+json; fhirVersion=4.0, */*", FHIR),
        ("?_format=json", "application/fhir+xml", FHIR),
        ("?_format=application/fhir+json", "text/html", FHIR),
        ("?_format=application%2Ffhir%2Bjson", "text/html", FHIR),
        ("?_format=application/json", "*/*", "application/json"),
    ],
)
def test_the_form_is_what_was_asked_for(fhir: Client, query: str, accept: str, media: str) -> None:
    answer = fhir.get(f"/fhir/metadata{query}", headers={"accept": accept})
    assert (answer.status_code, answer.headers["content-type"]) == (200, f"{media}; charset=utf-8")


@pytest.mark.parametrize(
    ("query", "accept"),
    [
        ("?_format=xml", "*/*"),
        ("?_format=", "*/*"),
        ("", "application/fhir+xml"),
        ("", "application/fhir+json; fhirVersion=5.0"),
    ],
)
def test_a_form_that_is_not_written_is_refused(fhir: Client, query: str, accept: str) -> None:
    outcome(fhir.get(f"/fhir/metadata{query}", headers={"accept": accept}), 406, "not-supported")


def test_preferences_and_indents(fhir: Client) -> None:
    issue = outcome(fhir.get("/fhir/metadata?_sumary=true&_pretty=yes"), 422, "invalid")
    assert [i["location"] for i in issue] == [["http._sumary"], ["http._pretty"]]
    lenient = fhir.get("/fhir/metadata?_summary=true", headers={"prefer": "return=minimal, handling=lenient"})
    assert (lenient.status_code, lenient.headers["preference-applied"]) == (200, "handling=lenient")
    outcome(fhir.get("/fhir/metadata?_summary=true", headers={"prefer": "handling=strict"}), 422, "invalid")
    flat, indented = fhir.get("/fhir/metadata"), fhir.get("/fhir/metadata?_pretty=true")
    assert flat.json() == indented.json()
    assert indented.text.count("\n") > flat.text.count("\n")


def test_a_key_is_asked_for_by_the_operation_and_not_by_the_statements(tmp_path: Path) -> None:
    settings = Settings(auth="required")
    with (
        Store.open(f"sqlite:///{tmp_path / 'store.db'}") as store,
        TestClient(make_app(settings, gate=Gate(settings, store), store=store, routers=[fhir_routes.router()])) as client,
    ):
        answer = sent(client, PUBLISHED)
        assert outcome(answer, 401, "login")
        assert answer.headers["www-authenticate"].startswith("Bearer")
        assert client.get("/fhir/metadata").status_code == client.get("/fhir/OperationDefinition/assess").status_code == 200
        key = make_key(store, "test", "ehr", ["assess"])
        answered = client.post("/fhir/$assess", json=PUBLISHED, headers={"authorization": f"Bearer {key}"})
        assert answered.status_code == 200
        kept = store.assessment(answered.headers["neomag-assessment"])
        assert kept
        assert json.loads(kept.answer) == answered.json()
        # With a key of the request it is kept once, and a repetition has the same form.
        asked = {"authorization": f"Bearer {key}", "idempotency-key": "7f3a"}
        first, again = (client.post("/fhir/$assess", json=PUBLISHED, headers=asked) for _ in range(2))
        assert again.headers["idempotency-replayed"] == "true"
        assert "neomag-assessment" not in again.headers
        assert (again.content, again.headers["content-type"]) == (first.content, first.headers["content-type"])
        other = PUBLISHED | {"id": "another"}
        outcome(client.post("/fhir/$assess", json=other, headers=asked), 409, "conflict")


def test_statements_name_the_address_of_the_settings_and_never_one_made_up() -> None:
    with served(Settings(public_url="https://neomag.example")) as client:
        said = client.get("/fhir/metadata", headers={"host": "evil.example"}).json()
        assert said["implementation"]["url"] == "https://neomag.example/fhir"
        assert said["rest"][0]["operation"][0]["definition"] == client.get("/fhir/OperationDefinition/assess").json()["url"]
    with served() as client:
        said = client.get("/fhir/metadata", headers={"host": 'a"><script>'}).json()
        assert "script" not in json.dumps(said)
        said = client.get("/fhir/metadata", headers={"host": "neomag..example:99999999"}).json()
        assert said["implementation"]["url"] == "http://127.0.0.1:8080/fhir"


def test_a_statement_that_is_known_is_not_sent_again(fhir: Client) -> None:
    tag = fhir.get("/fhir/metadata").headers["etag"]
    again = fhir.get("/fhir/metadata", headers={"if-none-match": tag})
    assert (again.status_code, again.content) == (304, b"")


def test_the_routes_are_described_with_examples_that_are_true(fhir: Client) -> None:
    paths = fhir.get("/openapi.json").json()["paths"]
    said = paths["/fhir/$assess"]["post"]
    assert set(said["requestBody"]["content"]) == {FHIR, "application/json"}
    assert set(said["responses"]["422"]["content"]) == {FHIR, "application/json"}
    example = said["requestBody"]["content"][FHIR]["examples"]["a seizure"]["value"]
    shown = said["responses"]["200"]["content"][FHIR]["examples"]["a seizure"]["value"]
    answer = sent(fhir, example)
    assert answer.status_code == 200
    assert answer.json()["entry"][0]["resource"]["status"] == shown["entry"][0]["resource"]["status"] == "success"
    assert {"/fhir/metadata", "/fhir/OperationDefinition/assess"} <= set(paths)


def many(count: int) -> dict[str, Any]:
    given = deepcopy(PUBLISHED)
    given["parameter"] = [p for p in given["parameter"] if p["name"] != "now"]
    given["parameter"].append({"name": "now", "valueDateTime": "2026-01-21T00:00:00Z"})
    level = {
        "resourceType": "Observation", "status": "final", "subject": {"reference": "Patient/infant"},
        "code": {"coding": [{"system": "http://loinc.org", "code": "2601-3"}]},
        "valueQuantity": {"value": 0.8, "unit": "mmol/L", "system": "http://unitsofmeasure.org", "code": "mmol/L"},
    }  # fmt: skip
    bundle: dict[str, Any] = {"resourceType": "Bundle", "type": "collection", "entry": []}
    for n in range(count):
        at = f"2026-01-{1 + n // 1440:02d}T{n // 60 % 24:02d}:{n % 60:02d}:00Z"
        bundle["entry"].append({"resource": level | {"id": f"m{n}", "effectiveDateTime": at}})
    given["parameter"].append({"name": "bundle", "resource": bundle})
    return given


def test_a_large_record_is_read_whole(fhir: Client) -> None:
    answer = sent(fhir, many(1_500))
    assert answer.status_code == 200
    impression = next(e["resource"] for e in answer.json()["entry"] if e["resource"]["resourceType"] == "ClinicalImpression")
    assert len(impression["supportingInfo"]) >= 1_500


def spoilt(rng: random.Random) -> bytes:
    """A sound request with junk in some of its places, or bytes that spoil a case file."""
    if rng.random() < 0.2:
        return MAKERS[rng.choice([kind for kind in MAKERS if kind != "nested"])](rng)
    body: Any = to_parameters(published(rng.choice(EXAMPLES)))
    for _ in range(rng.randrange(1, 4)):
        node = body
        while rng.random() < 0.8 and (
            inner := [x for x in (node.values() if isinstance(node, dict) else node) if isinstance(x, dict | list) and x]
        ):
            node = rng.choice(inner)
        junk = deepcopy(rng.choice([*JUNK, None, [], {}, [None], "\u0000", 2**64, -1, "Patient/infant", {"reference": "#x"}]))
        if isinstance(node, dict):
            node[rng.choice([*node, "colour", "_value", "contained", "extension"])] = junk
        else:
            node[rng.randrange(len(node))] = junk
    return json.dumps(body).encode("utf-8", "surrogatepass")


def malformed(client: Client, count: int, seed: int) -> Counter[int]:
    rng, statuses, shown = random.Random(seed), Counter[int](), list[Any]()
    for _ in range(count):
        body = spoilt(rng)
        answer = sent(client, body)
        statuses[answer.status_code] += 1
        assert answer.status_code in {200, 400, 422}, (answer.status_code, body)
        said = answer.json()
        assert said["resourceType"] == ("Bundle" if answer.status_code == 200 else "OperationOutcome")
        if rng.random() < 200 / count:
            shown.append(said)
    assert faults(shown) == []
    return statuses


@needs_node
def test_a_few_hundred_malformed_resources(fhir: Client) -> None:
    statuses = malformed(fhir, 300, seed=1)
    assert {200, 400, 422} <= set(statuses)


@needs_node
@pytest.mark.slow
def test_thousands_of_malformed_resources(fhir: Client) -> None:
    statuses = malformed(fhir, 5_000, seed=2)
    assert statuses[400] + statuses[422] > 2_000


@pytest.mark.slow
def test_schemathesis_finds_nothing_in_fhir() -> None:
    """Every check but one: data that keeps to the schema may be no infant all the same, which is refused."""
    schema = schemathesis.openapi.from_asgi("/openapi.json", make()).include(path_regex="^/fhir")
    seen = Counter[str]()
    for found in schema.get_all_operations():
        operation: Any = found.ok() if isinstance(found, Ok) else pytest.fail(str(found))
        for mode in GenerationMode:

            @settings(max_examples=80, deadline=None, derandomize=True)
            @given(case=operation.as_strategy(generation_mode=mode))
            def check(case: Any) -> None:
                seen[case.operation.path] += 1
                case.call_and_validate(excluded_checks=[positive_data_acceptance])

            check()
    assert len(seen) == 3
