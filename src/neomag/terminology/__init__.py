"""What the codes, names and units of records mean in neomag's words: one table for cohorts, FHIR and HL7 v2."""

from neomag.terminology.bindings import Binding, Bindings, SourceError, load_bindings, plain
from neomag.terminology.loinc import loinc_sound

__all__ = ["Binding", "Bindings", "SourceError", "load_bindings", "loinc_sound", "plain"]
