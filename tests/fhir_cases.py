"""A case of the published format as FHIR R4: confirmed codes where there are, else neomag's own code systems."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import neomag
from neomag import ages

BORN = datetime(2026, 1, 1, tzinfo=UTC)
LOINC, SNOMED, UCUM = "http://loinc.org", "http://snomed.info/sct", "http://unitsofmeasure.org"
HL7 = "http://terminology.hl7.org/CodeSystem"
BIRTH_TIME = "http://hl7.org/fhir/StructureDefinition/patient-birthTime"
CONFIRMED = {
    "magnesium": "2601-3",
    "calcium": "2000-8",
    "potassium": "2823-3",
    "sodium": "2951-2",
    "pth": "2731-8",
    "seizure": "91175000",
    "vomiting": "249497008",
    "preterm": "367494004",
    "diarrhoea": "62315008",
}
EXAMPLES = sorted((Path(neomag.__file__).parent / "examples").glob("*.json"))


def concept(kind: str, code: str) -> dict[str, Any]:
    system = {"lab": LOINC, "sign": SNOMED, "condition": SNOMED}.get(kind)
    if system and code in CONFIRMED:
        return {"coding": [{"system": system, "code": CONFIRMED[code]}]}
    return {"coding": [{"system": f"urn:neomag:code:{kind}", "code": code}]}


def quantity(value: Any, unit: str) -> dict[str, Any]:
    """A Quantity, in UCUM where its spelling of the unit is known here; else with the unit as text."""
    code = {"mEq/L": "meq/L", "IU/L": "[IU]/L", "pH": "[pH]", "°C": "Cel", "C": "Cel"}.get(unit, unit)
    return {"value": value, "unit": unit} | ({"system": UCUM, "code": code} if "drops" not in unit else {})


def time(at: str) -> str:
    return (BORN + timedelta(seconds=ages.seconds(at))).strftime("%Y-%m-%dT%H:%M:%SZ")


def patient(sex: str | None = None, key: str = "infant") -> dict[str, Any]:
    born = {"extension": [{"url": BIRTH_TIME, "valueDateTime": BORN.strftime("%Y-%m-%dT%H:%M:%SZ")}]}
    gender = {"gender": sex} if sex else {}
    return {"resourceType": "Patient", "id": key, "birthDate": BORN.date().isoformat(), "_birthDate": born} | gender


def to_parameters(given: dict[str, Any]) -> dict[str, Any]:
    """The case as the Parameters of $assess."""
    infant = given.get("infant", {})
    resources = [patient(infant.get("sex"))]
    for trait, loinc in (("gestation", "11884-4"), ("birth_weight", "8339-4"), ("weight", "29463-7")):
        if trait in infant:
            resources.append(
                _observation(f"t-{trait}", {"coding": [{"system": LOINC, "code": loinc}]}, None, _trait(infant[trait]))
            )
    for seq, event in enumerate(given.get("events", [])):
        resources += _event(event, f"e{seq}")
    parameters: list[dict[str, Any]] = [{"name": "resource", "resource": resource} for resource in resources]
    parameters.append({"name": "now", "valueDateTime": time(given["now"])})
    if given.get("setting"):
        parameters.append({"name": "setting", "valueCode": given["setting"]})
    for analyte, limits in given.get("intervals", {}).items():
        parts = [
            {"name": side, "valueQuantity": quantity(limits[side], limits["unit"])}
            for side in ("low", "high")
            if side in limits
        ]
        parameters.append({"name": "interval", "part": [{"name": "analyte", "valueCode": analyte}, *parts]})
    return {"resourceType": "Parameters", "parameter": parameters}


def _trait(said: Any) -> dict[str, Any]:
    text = str(said)
    if text.endswith("g"):
        value, unit = text.split()
        return quantity(float(value), unit)
    days = round(ages.gestation(text) * 7)
    return quantity(days, "d")


def _observation(key: str, code: dict[str, Any], at: str | None, value: dict[str, Any] | None) -> dict[str, Any]:
    return (
        {"resourceType": "Observation", "id": key, "status": "final", "code": code, "subject": {"reference": "Patient/infant"}}
        | ({"effectiveDateTime": time(at)} if at else {})
        | ({"valueQuantity": value} if value else {})
    )


def _event(event: dict[str, Any], key: str) -> list[dict[str, Any]]:
    kind = next(k for k in ("lab", "sign", "condition", "given") if k in event)
    at, subject = event.get("at"), {"reference": "Patient/infant"}
    if kind == "lab":
        value = quantity(event["value"], event["unit"]) if "value" in event else None
        found = _observation(key, concept("lab", event["lab"]), at, value)
        if "flag" in event and value is None:
            flag = {"low": "L", "normal": "N", "high": "H"}[event["flag"]]
            found["interpretation"] = [{"coding": [{"system": f"{HL7}/v3-ObservationInterpretation", "code": flag}]}]
        if not (tags := event.get("specimen")):
            return [found]
        found["specimen"] = {"reference": f"Specimen/{key}-tube"}
        tube = {
            "resourceType": "Specimen",
            "id": f"{key}-tube",
            "subject": subject,
            "condition": [concept("specimen", t) for t in tags],
        }
        return [tube, found]
    if kind == "given":
        found = {
            "resourceType": "MedicationAdministration", "id": key, "status": "completed", "subject": subject,
            "medicationCodeableConcept": concept("drug", event["given"]),
        }  # fmt: skip
        if "concentration" in event:
            found["medicationCodeableConcept"]["text"] = f"{event['given']} {event['concentration']}"
        if at and "over" in event:
            end = ages.written(ages.seconds(at) + ages.seconds(event["over"]))
            found["effectivePeriod"] = {"start": time(at), "end": time(end)}
        elif at:
            found["effectiveDateTime"] = time(at)
        dosage: dict[str, Any] = {}
        if "route" in event:
            dosage["route"] = concept("route", event["route"])
        if "dose" in event:
            dosage["dose"] = quantity(event["dose"], event["unit"])
        return [found | ({"dosage": dosage} if dosage else {})]
    found = {"resourceType": "Condition", "id": key, "subject": subject, "code": concept(kind, event[kind])}
    if event.get("absent"):
        found["verificationStatus"] = {"coding": [{"system": f"{HL7}/condition-ver-status", "code": "refuted"}]}
    if at:
        found["onsetDateTime"] = time(at)
        if "for" in event:
            found["abatementDateTime"] = time(ages.written(ages.seconds(at) + ages.seconds(event["for"])))
    if "grade" in event:
        found["severity"] = {"text": event["grade"]}
    return [found]


def published(path: Path) -> dict[str, Any]:
    return json.loads(path.read_text("utf-8"))
