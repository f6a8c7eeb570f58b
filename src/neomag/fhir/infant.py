"""Reads one infant from a FHIR server: the Bundle that `read_case` takes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, cast
from urllib.parse import urlencode

from neomag.fhir import own
from neomag.fhir.client import ID, FhirClient, FhirServerError
from neomag.knowledge import Knowledge, load

_SEARCHED = ("LOINC", "SNOMED")
# So many codes in one search keep its address well below the 8,000 characters that servers take.
_CODES_A_SEARCH = 60
_OTHERS = ("Condition", "MedicationAdministration", "MedicationRequest", "Encounter", "Specimen")


def read_infant(
    client: FhirClient, patient: str, *, codes: Sequence[Path] = (), knowledge: Knowledge | None = None
) -> dict[str, Any]:
    """Everything neomag reads of a patient (`a` or `Patient/a`), as a Bundle of type collection.

    Observations are asked for by the codes that are bound, a site's own tables `codes` among them. A type that the server
    does not give, other than Patient and Observation, is named in an OperationOutcome of the bundle: absent is not the same as
    not asked for. Raises FhirServerError.
    """
    key = patient.removeprefix("Patient/")
    if not ID.fullmatch(key):
        raise FhirServerError("address", "the id of a patient has letters, digits, `-` and `.`, at most 64")
    found = client.read(f"Patient/{key}")
    if found.get("resourceType") != "Patient":
        raise FhirServerError("not-fhir", "Patient: the server gave another resource")
    entries: list[dict[str, Any]] = [{"resource": found}]
    for batch in code_batches(codes, knowledge or load()):
        query = urlencode({"patient": key, "code": ",".join(batch), "_count": client.limits.page_size})
        entries += client.search(f"Observation?{query}")
    for kind in _OTHERS:
        try:
            entries += client.search(f"{kind}?{urlencode({'patient': key, '_count': client.limits.page_size})}")
        except FhirServerError as error:
            if error.kind not in {"forbidden", "not-found", "refused"}:
                raise
            entries.append({"resource": _missing(kind, error)})
    entries += medications_of(client, entries)
    return {"resourceType": "Bundle", "type": "collection", "entry": [_plain(entry) for entry in entries]}


def code_batches(codes: Sequence[Path], knowledge: Knowledge) -> Iterator[list[str]]:
    """The codes that observations are asked for by, `system|code`, in portions that an address has room for."""
    bindings = own.bindings(tuple(codes), knowledge)
    addresses: dict[str, str] = {}
    for address, short in bindings.systems().items():
        addresses.setdefault(short, address)
    asked = [
        f"{addresses.get(b.system, b.system)}|{b.code}"
        for b in bindings.by_code.values()
        if b.kind in {"lab", "infant", "sign", "condition"}
        and (b.system in _SEARCHED or b.system not in addresses.values())
        and not b.system.startswith(own.OWN)
        and b.system != "name"
    ]
    for start in range(0, len(asked), _CODES_A_SEARCH):
        yield asked[start : start + _CODES_A_SEARCH]


def medications_of(client: FhirClient, entries: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """The medications that drugs given or ordered refer to, as entries, each read once; one that cannot be had stays open."""
    resources = [cast("dict[str, Any]", r) for entry in entries if isinstance(r := entry.get("resource"), dict)]
    references = {
        reference
        for resource in resources
        if resource.get("resourceType") in {"MedicationAdministration", "MedicationRequest"}
        and isinstance(reference := _reference(resource), str)
        and reference.startswith("Medication/")
    }
    there = {f"Medication/{r.get('id')}" for r in resources if r.get("resourceType") == "Medication"}
    found: list[dict[str, Any]] = []
    for reference in sorted(references - there):
        try:
            found.append({"resource": client.read(reference)})
        except FhirServerError as error:
            if error.kind not in {"forbidden", "not-found", "refused"}:
                raise
    return found


def _reference(resource: dict[str, Any]) -> object:
    medication: object = resource.get("medicationReference")
    return cast("dict[str, object]", medication).get("reference") if isinstance(medication, dict) else None


def _missing(kind: str, error: FhirServerError) -> dict[str, Any]:
    issue = {"severity": "warning", "code": "incomplete", "diagnostics": f"{kind} could not be read, HTTP {error.status}"}
    return {"resourceType": "OperationOutcome", "issue": [issue]}


def _plain(entry: dict[str, Any]) -> dict[str, Any]:
    """An entry of a collection: what only a search has is left out."""
    return {name: value for name, value in entry.items() if name in {"fullUrl", "resource"}}
