"""FHIR R4: a case from Parameters or a Bundle, and the answer as resources."""

from neomag.fhir.problems import FhirInputError, Problem
from neomag.fhir.reading import Reading, read_case

__all__ = ["FhirInputError", "Problem", "Reading", "read_case"]
