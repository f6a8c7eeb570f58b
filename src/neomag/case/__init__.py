"""Cases: what is known of one infant, read from files and mappings, checked, and refused with clear errors."""

from neomag.case.model import FLAGS, SETTINGS, SEXES, Case, CaseError, Event, Infant, Problem

__all__ = ["FLAGS", "SETTINGS", "SEXES", "Case", "CaseError", "Event", "Infant", "Problem"]
