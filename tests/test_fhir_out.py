"""The answer as FHIR R4: valid by independent validators, complete, traceable to rules, and never an order."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterable
from copy import deepcopy
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import fhirkit
import pytest
from hypothesis import given
from tests import strategies
from tests.fhir_cases import EXAMPLES, LOINC, SNOMED, UCUM, published, to_parameters
from tests.fhir_server import needs_node

from neomag import Answer, Case, assess
from neomag.fhir import (
    FhirInputError,
    Problem,
    Reading,
    capability_statement,
    operation_definition,
    outcome,
    read_case,
    refused,
    to_bundle,
)  # fmt: skip
from neomag.knowledge import Knowledge
from neomag.knowledge.tables import fhir_file, read_toml

VALIDATE = Path(__file__).parent / "data" / "fhir_validate.mjs"
RECORDED = datetime(2026, 2, 1, 12, tzinfo=UTC)
BASE = "https://neomag.example/fhir"
SEIZING = {
    "case": "made-up", "infant": {"sex": "female"}, "now": "20 d", "events": [
        {"at": "20 d", "sign": "seizure"},
        {"at": "20 d", "lab": "magnesium", "value": 0.3, "unit": "mmol/L"},
        {"at": "20 d", "lab": "potassium", "value": 4, "unit": "mmol/L"},
        {"condition": "diarrhoea"},
    ],
}  # fmt: skip


def answered(given: dict[str, Any]) -> tuple[Answer, Reading, dict[str, Any]]:
    reading = read_case(to_parameters(given))
    answer = assess(reading.case)
    # By way of JSON: what a receiver sees.
    return answer, reading, json.loads(json.dumps(to_bundle(answer, reading, base=BASE, recorded=RECORDED)))


def of(bundle: dict[str, Any], kind: str) -> list[dict[str, Any]]:
    return [entry["resource"] for entry in bundle["entry"] if entry["resource"]["resourceType"] == kind]


def by_node(resources: list[Any]) -> list[dict[str, list[str]]]:
    done = subprocess.run(["node", str(VALIDATE)], input=json.dumps(resources), capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


def faults(resources: Iterable[Any]) -> list[Any]:
    """What any of the three validators finds wrong."""
    found: list[Any] = []
    listed = list(resources)
    for resource, said in zip(listed, by_node(listed), strict=True):
        messages = [*said["medplum"], *said["lantana"], *(f"{i.path}: {i.message}" for i in fhirkit.validate(resource))]
        found += [(resource["resourceType"], message) for message in messages]
    return found


@needs_node
def test_every_resource_of_every_published_case_is_valid() -> None:
    bundles = [answered(published(path))[2] for path in EXAMPLES]
    resources = [resource for bundle in bundles for resource in [bundle, *(entry["resource"] for entry in bundle["entry"])]]
    assert len({resource["resourceType"] for resource in resources}) == 12
    assert faults(resources) == []


@needs_node
def test_every_resource_of_made_up_cases_is_valid() -> None:
    bundles: list[dict[str, Any]] = []

    @given(strategies.cases())
    def answer(case: dict[str, Any]) -> None:
        bundles.append(answered(case)[2])

    answer()
    assert len(bundles) >= 50
    assert faults(bundles[:200]) == []


@needs_node
def test_statements_and_refusals_are_valid() -> None:
    with pytest.raises(FhirInputError) as caught:
        read_case({"resourceType": "Bundle", "type": "history"})
    warned = outcome([Problem("no-unit", "a value without a unit", ("Observation.value",), count=3)])
    assert warned
    assert outcome([]) is None
    said = [
        capability_statement(BASE),
        capability_statement(BASE, smart=True),
        operation_definition(BASE),
        refused(caught.value),
    ]
    assert faults([*said, warned]) == []


def spoil(resource: dict[str, Any], how: str) -> dict[str, Any]:
    spoilt = deepcopy(resource)
    if how == "missing":
        del spoilt["status"]
    elif how == "unknown-field":
        spoilt["statusses"] = "x"
    elif how == "empty-list":
        spoilt["identifier"] = []
    elif how == "wrong-type":
        spoilt["status"] = {"code": "draft"}
    return spoilt


@needs_node
def test_the_validators_are_awake() -> None:
    bundle = answered(SEIZING)[2]
    wholes = [
        of(bundle, kind)[0] for kind in ("GuidanceResponse", "DetectedIssue", "ServiceRequest", "CommunicationRequest", "Task")
    ]
    hows = ("missing", "unknown-field", "empty-list", "wrong-type")
    spoilt = [(how, spoil(whole, how)) for whole in wholes for how in hows]
    for (how, resource), said in zip(spoilt, by_node([resource for _, resource in spoilt]), strict=True):
        caught = {name for name, messages in said.items() if messages} | ({"fhirkit"} if fhirkit.validate(resource) else set())
        # Each of them catches faults, and no fault passes all of them.
        assert caught, (how, resource["resourceType"])
        if how == "missing":
            assert caught >= {"medplum", "fhirkit"}
        elif how == "unknown-field":
            assert caught == {"medplum", "lantana", "fhirkit"}


def test_the_reply_comes_first_and_leads_to_everything() -> None:
    answer, _, bundle = answered(SEIZING)
    first = bundle["entry"][0]["resource"]
    assert (first["resourceType"], first["status"]) == ("GuidanceResponse", "success")
    assert (
        first["moduleUri"]
        == operation_definition(BASE)["url"]
        == capability_statement(BASE)["rest"][0]["operation"][0]["definition"]
    )
    assert "Not a substitute for a clinician" in first["note"][0]["text"]
    here = {entry["fullUrl"]: entry["resource"] for entry in bundle["entry"]}
    assert len(here) == len(bundle["entry"])
    references = [text for text in json.dumps(bundle).split('"') if text.startswith("urn:uuid:")]
    assert set(references) <= set(here)
    group = here[first["result"]["reference"]]
    assert [action["code"][0]["coding"][0]["code"] for action in group["action"]] == [a.code for a in answer.actions]
    assert [action["description"] for action in group["action"]] == [a.says for a in answer.actions]
    parameters = here[first["outputParameters"]["reference"]]["parameter"]
    words = {p["name"]: p["valueCoding"]["code"] for p in parameters if "valueCoding" in p}
    assert words == {"urgency": "emergency", "suspicion": "confirmed", "status": "deficient", "grade": "critical"}
    by_name = {p["name"]: p for p in parameters}
    assert by_name["magnesium"]["valueQuantity"] == {"value": 0.3, "unit": "mmol/L", "system": UCUM, "code": "mmol/L"}
    assert by_name["reported"]["valueString"] == "0.3 mmol/L"
    assert answer.magnesium.interval
    limits = {p["name"]: p["valueQuantity"]["value"] for p in by_name["interval"]["part"] if "valueQuantity" in p}
    assert limits == {side: answer.magnesium.interval[side] for side in ("low", "high")}
    for name, lines in (("consider", answer.consider), ("action", answer.actions), ("block", answer.blocked)):
        assert [p["part"][0]["valueCoding"]["code"] for p in parameters if p["name"] == name] == [line.code for line in lines]


def test_everything_said_comes_with_its_rules_sources_and_knowledge_version() -> None:
    answer, _, bundle = answered(SEIZING)
    made = {e["fullUrl"]: e["resource"] for e in bundle["entry"]}
    traced: dict[str, list[tuple[str, str]]] = {}
    for provenance in of(bundle, "Provenance"):
        who = made[provenance["agent"][0]["who"]["reference"]]
        assert (who["resourceType"], who["deviceName"][0]["name"]) == ("Device", "neomag")
        entities = [e["what"]["identifier"] for e in provenance["entity"] if "identifier" in e["what"]]
        traced[provenance["target"][0]["reference"]] = [(i["system"].rsplit(":", 1)[1], i["value"]) for i in entities]
    aside = {"Provenance", "Device", "OperationOutcome", "Parameters"}
    assert set(traced) == {url for url, resource in made.items() if resource["resourceType"] not in aside}
    assert all(("knowledge", answer.knowledge) in found for found in traced.values())
    reply = next(p for p in of(bundle, "Provenance") if p["target"][0]["reference"] == bundle["entry"][0]["fullUrl"])
    read = [e["what"]["reference"] for e in reply["entity"] if "reference" in e["what"]]
    assert read == ["Observation/e1", "Observation/e2", "Condition/e0", "Condition/e3"]
    glucose = next(url for url, r in made.items() if r["resourceType"] == "ServiceRequest" and r["code"]["text"] == "glucose")
    advice = next(a for a in answer.actions if a.code == "check-glucose")
    assert [value for kind, value in traced[glucose] if kind == "rule"] == advice.because
    assert [value for kind, value in traced[glucose] if kind == "source"] == advice.sources


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_nothing_is_ordered_and_nothing_is_lost(path: Path) -> None:
    answer, reading, bundle = answered(published(path))
    kinds = {entry["resource"]["resourceType"] for entry in bundle["entry"]}
    assert not kinds & {"MedicationRequest", "MedicationAdministration", "Medication", "Condition", "Observation"}
    for kind in ("ServiceRequest", "CommunicationRequest", "Task", "RequestGroup"):
        for request in of(bundle, kind):
            assert request["status"] == "draft"
            assert request.get("intent", "proposal") == "proposal"
    issues = {issue["code"]["coding"][-1]["code"] for issue in of(bundle, "DetectedIssue")}
    assert issues >= {block.code for block in answer.blocked}
    assert (answer.magnesium.status in issues) == (answer.magnesium.status not in {"normal", "unknown"})
    called = [c for c in of(bundle, "CommunicationRequest") if c["category"][0]["coding"][0]["code"] == "call-emergency"]
    assert len(called) == any(a.code == "call-emergency" for a in answer.actions)
    if answer.urgency == "emergency":
        assert {r["priority"] for r in of(bundle, "ServiceRequest")} <= {"stat"}
    said = [issue for o in of(bundle, "OperationOutcome") for issue in o["issue"]]
    assert len(said) == len(reading.problems) + len(answer.problems)


def test_the_level_points_at_the_result_that_was_judged() -> None:
    _, _, bundle = answered(SEIZING)
    issue = next(i for i in of(bundle, "DetectedIssue") if i["code"]["coding"][-1]["code"] == "deficient")
    assert issue["implicated"] == [{"reference": "Observation/e1"}]
    assert issue["code"]["coding"][0] == {"system": SNOMED, "code": "190855004"}
    assert issue["severity"] == "high"


def test_a_test_is_named_by_its_confirmed_loinc_and_by_nothing_else(knowledge: Knowledge) -> None:
    _, _, bundle = answered({"case": "x", "infant": {}, "now": "20 d", "events": [{"at": "20 d", "sign": "seizure"}]})
    codes = {r["code"]["text"]: [(c["system"], c["code"]) for c in r["code"]["coding"]] for r in of(bundle, "ServiceRequest")}
    assert codes["total magnesium, serum or plasma"] == [(LOINC, "2601-3"), ("urn:neomag:code:lab", "magnesium")]
    confirmed = fhir_file("..").resolve() / "terminology" / "codes.csv"
    known = {line.split(",")[1] for line in confirmed.read_text("utf-8").splitlines() if line.startswith("LOINC")}
    used = {code for found in codes.values() for system, code in found if system == LOINC}
    assert used
    assert used <= known


def test_what_becomes_a_request_is_an_action_and_a_test_there_is(knowledge: Knowledge) -> None:
    said = read_toml(fhir_file("resources.toml"))
    actions = [
        *(k for k in said["laboratory"] if k != "policy"),
        *said["investigation"]["actions"],
        *said["communication"]["actions"],
    ]
    assert len(actions) == len(set(actions))
    assert set(actions) <= set(knowledge.actions)
    labs = {lab for action in said["laboratory"] if action != "policy" for lab in said["laboratory"][action]}
    assert labs <= set(knowledge.vocabulary["lab"])
    assert all(entry.get("policy") or entry.get("sources") for entry in said.values())
    kinds = read_toml(fhir_file("problems.toml"))
    assert all(entry.get("policy") or entry.get("sources") for entry in kinds.values())


def test_the_same_answer_has_the_same_addresses_and_another_infant_has_others() -> None:
    first, again = answered(SEIZING)[2], answered(SEIZING)[2]
    assert first == again
    other = answered(SEIZING | {"now": "21 d"})[2]
    assert not {e["fullUrl"] for e in first["entry"]} & {e["fullUrl"] for e in other["entry"]}


def test_too_little_known_asks_for_data() -> None:
    _, _, bundle = answered({"case": "x", "infant": {}, "now": "20 d", "events": []})
    assert of(bundle, "GuidanceResponse")[0]["status"] == "data-requested"


def test_a_patient_without_an_identifier_is_still_named() -> None:
    sent = to_parameters(SEIZING)
    for parameter in sent["parameter"]:
        if parameter.get("resource", {}).get("resourceType") == "Patient":
            del parameter["resource"]["id"]
    sent["parameter"] = [p for p in sent["parameter"] if "subject" not in p.get("resource", {})]
    reading = read_case(sent)
    bundle = to_bundle(assess(reading.case), reading)
    assert of(bundle, "ClinicalImpression")[0]["subject"] == {"type": "Patient", "display": "the patient that was sent"}


def test_a_problem_of_the_answer_stands_at_its_resource() -> None:
    case = SEIZING | {"events": [{"at": "20 d", "lab": "magnesium", "value": 700, "unit": "mmol/L"}]}
    _, _, bundle = answered(case)
    issue = next(i for i in of(bundle, "OperationOutcome")[0]["issue"] if i["details"]["coding"][0]["code"] == "unit-suspect")
    assert issue["expression"] == ["Parameters.parameter[1].resource"]


def test_markup_in_what_is_said_is_no_markup_of_the_narrative() -> None:
    from neomag.fhir.elements import narrative

    assert narrative(["a < b & c"])["div"].endswith("<p>a &lt; b &amp; c</p></div>")


def test_a_case_that_was_not_read_from_fhir_has_no_places() -> None:
    case = Case.from_dict(SEIZING)
    reading = Reading(case, (), None, "2026-01-21T00:00:00Z")
    with_places = answered(SEIZING)[2]
    bare = to_bundle(assess(case), reading)
    assert len(of(bare, "ServiceRequest")) == len(of(with_places, "ServiceRequest"))
    assert "supportingInfo" not in of(bare, "ClinicalImpression")[0]
