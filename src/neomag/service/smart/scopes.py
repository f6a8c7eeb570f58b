"""What neomag asks to read, and whether what was granted is enough."""

from __future__ import annotations

import re

from neomag.fhir.capability import READ

# Of less than these no answer is given. The others only make an answer fuller: without them it says that they are missing.
NEEDED = ("Patient", "Observation", "Condition", "MedicationAdministration", "MedicationRequest")
_SCOPE = re.compile(r"(patient|user|system)/(\*|[A-Za-z]+)\.(\*|read|write|c?r?u?d?s?)")


def asked(*, v2: bool, launched: bool) -> str:
    """The scopes to ask for; `v2` in the words of SMART 2, `launched` when an EHR launches."""
    permission = "rs" if v2 else "read"
    return " ".join(["launch" if launched else "launch/patient", *(f"patient/{kind}.{permission}" for kind in READ)])


def lacking(granted: str) -> list[str]:
    """The resource types that may not be both read and searched by the scopes granted. A scope that is narrowed by a query
    (`?category=…`) does not count: results beyond it would be missed in silence."""
    may: set[str] = set()
    for scope in granted.split():
        match = _SCOPE.fullmatch(scope)
        if match and (match[3] in {"*", "read"} or {"r", "s"} <= set(match[3])):
            may |= set(READ) if match[2] == "*" else {match[2]}
    return [kind for kind in READ if kind not in may]
