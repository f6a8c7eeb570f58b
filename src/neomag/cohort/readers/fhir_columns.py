"""The elements of FHIR R4 resources that are read, with their DuckDB types. Declared, since detection rewrites date-times.

Numbers are read as text and cast: a decimal then keeps its shortest text, and what is not a number can be told.
"""

from __future__ import annotations

from neomag.sql import literal

_CODING = "STRUCT(system VARCHAR, code VARCHAR, display VARCHAR)"
CONCEPT = f"STRUCT(coding {_CODING}[], text VARCHAR)"
_REFERENCE = "STRUCT(reference VARCHAR)"
_QUANTITY = 'STRUCT("value" VARCHAR, comparator VARCHAR, unit VARCHAR, system VARCHAR, code VARCHAR)'
_PERIOD = 'STRUCT("start" VARCHAR, "end" VARCHAR)'
_CONTAINED = f"STRUCT(resourceType VARCHAR, id VARCHAR, code {CONCEPT})[]"

COLUMNS = {
    "Patient": {
        "resourceType": "VARCHAR", "id": "VARCHAR", "gender": "VARCHAR", "birthDate": "VARCHAR",
        "_birthDate": "STRUCT(extension STRUCT(url VARCHAR, valueDateTime VARCHAR)[])",
        "deceasedDateTime": "VARCHAR", "managingOrganization": _REFERENCE,
    },
    "Observation": {
        "resourceType": "VARCHAR", "status": "VARCHAR", "code": CONCEPT, "subject": _REFERENCE,
        "effectiveDateTime": "VARCHAR", "effectiveInstant": "VARCHAR", "effectivePeriod": _PERIOD, "issued": "VARCHAR",
        "valueQuantity": _QUANTITY, "valueBoolean": "VARCHAR", "valueString": "VARCHAR", "valueInteger": "VARCHAR",
        "valueCodeableConcept": "STRUCT(text VARCHAR)", "dataAbsentReason": CONCEPT, "interpretation": f"{CONCEPT}[]",
        "specimen": _REFERENCE, "hasMember": f"{_REFERENCE}[]", "component": "STRUCT(code STRUCT(text VARCHAR))[]",
    },
    "Condition": {
        "resourceType": "VARCHAR", "id": "VARCHAR", "clinicalStatus": CONCEPT, "verificationStatus": CONCEPT,
        "severity": CONCEPT, "code": CONCEPT, "subject": _REFERENCE, "onsetDateTime": "VARCHAR", "onsetPeriod": _PERIOD,
        "abatementDateTime": "VARCHAR", "abatementPeriod": _PERIOD, "recordedDate": "VARCHAR",
    },
    "Medication": {"resourceType": "VARCHAR", "id": "VARCHAR", "code": CONCEPT},
    "MedicationAdministration": {
        "resourceType": "VARCHAR", "id": "VARCHAR", "status": "VARCHAR", "medicationCodeableConcept": CONCEPT,
        "medicationReference": _REFERENCE, "contained": _CONTAINED, "subject": _REFERENCE, "effectiveDateTime": "VARCHAR",
        "effectivePeriod": _PERIOD, "dosage": f"STRUCT(text VARCHAR, route {CONCEPT}, dose {_QUANTITY})",
    },
    "MedicationRequest": {
        "resourceType": "VARCHAR", "id": "VARCHAR", "status": "VARCHAR", "medicationCodeableConcept": CONCEPT,
        "medicationReference": _REFERENCE, "contained": _CONTAINED, "subject": _REFERENCE,
    },
    "Encounter": {
        "resourceType": "VARCHAR", "status": "VARCHAR", "class": _CODING, "subject": _REFERENCE, "period": _PERIOD,
    },
    "Specimen": {
        "resourceType": "VARCHAR", "id": "VARCHAR", "type": CONCEPT, "condition": f"{CONCEPT}[]",
        "container": f"STRUCT(description VARCHAR, type {CONCEPT}, additiveCodeableConcept {CONCEPT})[]",
    },
}  # fmt: skip

# Patients first, specimens and medications before what refers to them.
ORDER = (
    "Patient", "Encounter", "Specimen", "Observation", "Condition", "Medication", "MedicationAdministration",
    "MedicationRequest",
)  # fmt: skip


def lines(path: str, resource: str) -> str:
    """SQL: the lines of a file as the declared columns of `resource`, and `n`, its place. An unreadable line is all NULL."""
    columns = ", ".join(f"{literal(name)}: {literal(kind)}" for name, kind in COLUMNS[resource].items())
    return (
        f"SELECT row_number() OVER () AS n, * FROM read_ndjson({literal(path)}, columns = {{{columns}}}, ignore_errors = true, "
        "maximum_object_size = 67108864)"
    )


def base(resource: str, line: str) -> str:
    """SQL: why a line gives nothing before its content is looked at, or NULL."""
    said = f"{line}.resourceType"
    return f"CASE WHEN {said} IS NULL THEN 'unreadable-line' WHEN {said} <> '{resource}' THEN 'wrong-type' END"
