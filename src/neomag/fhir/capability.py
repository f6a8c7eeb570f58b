"""CapabilityStatement of the server, and OperationDefinition of `$assess`."""

from __future__ import annotations

from typing import Any

from neomag import __version__
from neomag.case import SETTINGS
from neomag.fhir.elements import Resource

OPERATION = "assess"
READ = (
    "Patient", "Observation", "Condition", "MedicationAdministration", "MedicationRequest", "Medication", "Encounter",
    "Specimen",
)  # fmt: skip

_IN: tuple[tuple[str, int, str, str, str], ...] = (
    ("patient", 0, "1", "Patient", "The infant. Not needed when its Patient is the only one among the resources."),
    ("now", 0, "1", "dateTime", "The moment asked about; the present when it is not given."),
    ("setting", 0, "1", "code", f"Where the infant is: {', '.join(SETTINGS)}. Without it, as the encounters say."),
    ("resource", 0, "*", "Resource", f"What is known of the infant: {', '.join(READ)}."),
    ("bundle", 0, "*", "Bundle", "The same, in a Bundle."),
)  # fmt: skip


def _released() -> str:
    """The month of the release, of which the version is made."""
    return "-".join(__version__.split(".")[:2])


def operation_definition(base: str) -> Resource:
    """The OperationDefinition of `$assess` on the server at `base`."""
    parameters: list[dict[str, Any]] = [
        {"name": name, "use": "in", "min": least, "max": most, "documentation": says, "type": kind}
        for name, least, most, kind, says in _IN
    ]
    parameters.append({
        "name": "interval", "use": "in", "min": 0, "max": "*",
        "documentation": "The local laboratory's own reference interval of an analyte.",
        "part": [
            _part("analyte", 1, "code", "The analyte, such as magnesium."),
            _part("low", 0, "Quantity", "The lower limit, its unit in UCUM."),
            _part("high", 0, "Quantity", "The upper limit, in the same unit."),
        ],
    })  # fmt: skip
    says = "GuidanceResponse, ClinicalImpression, DetectedIssue and proposals, each with its Provenance."
    parameters.append({"name": "return", "use": "out", "min": 1, "max": "1", "documentation": says, "type": "Bundle"})
    return {
        "resourceType": "OperationDefinition",
        "id": OPERATION,
        "url": f"{base.rstrip('/')}/OperationDefinition/{OPERATION}",
        "version": __version__,
        "name": "Assess",
        "title": "Assess an infant for magnesium deficiency",
        "status": "active",
        "kind": "operation",
        "date": _released(),
        "description": "Reads the record of one infant and says what it means for magnesium deficiency. Stores nothing there.",
        "affectsState": False,
        "code": OPERATION,
        "system": True,
        "type": False,
        "instance": False,
        "parameter": parameters,
    }


def _part(name: str, least: int, kind: str, says: str) -> dict[str, Any]:
    return {"name": name, "use": "in", "min": least, "max": "1", "documentation": says, "type": kind}


def capability_statement(base: str, *, smart: bool = False) -> Resource:
    """The CapabilityStatement of the server at `base`; `smart` when it takes SMART on FHIR tokens."""
    rest: dict[str, Any] = {
        "mode": "server",
        "operation": [{"name": OPERATION, "definition": f"{base.rstrip('/')}/OperationDefinition/{OPERATION}"}],
    }
    if smart:
        service = {"system": "http://terminology.hl7.org/CodeSystem/restful-security-service", "code": "SMART-on-FHIR"}
        rest["security"] = {"service": [{"coding": [service]}]}
    return {
        "resourceType": "CapabilityStatement",
        "status": "active",
        "date": _released(),
        "kind": "instance",
        "software": {"name": "neomag", "version": __version__},
        "implementation": {"description": "neomag: decision support for magnesium deficiency in infants", "url": base},
        "fhirVersion": "4.0.1",
        "format": ["json"],
        "rest": [rest],
    }
