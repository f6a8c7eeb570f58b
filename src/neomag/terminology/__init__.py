"""What the codes, names and units of records mean in neomag's words: one table for cohorts, FHIR and HL7 v2."""

from neomag.terminology.bindings import Binding, Bindings, SourceError, load_bindings
from neomag.terminology.concepts import Coding, Concept, Meaning, meaning, named
from neomag.terminology.loinc import loinc_sound
from neomag.terminology.results import Result, Said, Trouble, read_result
from neomag.units import plain

__all__ = [
    "Binding", "Bindings", "Coding", "Concept", "Meaning", "Result", "Said", "SourceError", "Trouble", "load_bindings",
    "loinc_sound", "meaning", "named", "plain", "read_result",
]  # fmt: skip
