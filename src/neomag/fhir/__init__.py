"""FHIR R4: a case from Parameters or a Bundle, and the answer as resources."""

from neomag.fhir.bundle import to_bundle
from neomag.fhir.capability import capability_statement, operation_definition
from neomag.fhir.outcome import outcome, refused
from neomag.fhir.problems import FhirInputError, Problem
from neomag.fhir.reading import Reading, read_case

__all__ = [
    "FhirInputError", "Problem", "Reading", "capability_statement", "operation_definition", "outcome", "read_case", "refused",
    "to_bundle",
]  # fmt: skip
