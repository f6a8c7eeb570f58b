"""The knowledge: what neomag knows, as data with sources, and the loader that refuses data that does not hold together."""

from neomag.knowledge.loader import DATA, digest, directory, load, tables
from neomag.knowledge.model import (
    GRADES,
    STATUSES,
    SUSPICIONS,
    URGENCIES,
    Analyte,
    Claim,
    Entry,
    FindingEntry,
    Interval,
    Knowledge,
    KnowledgeError,
    RuleEntry,
    Signature,
    Source,
    Term,
)

__all__ = [
    "DATA",
    "GRADES",
    "STATUSES",
    "SUSPICIONS",
    "URGENCIES",
    "Analyte",
    "Claim",
    "Entry",
    "FindingEntry",
    "Interval",
    "Knowledge",
    "KnowledgeError",
    "RuleEntry",
    "Signature",
    "Source",
    "Term",
    "digest",
    "directory",
    "load",
    "tables",
]
