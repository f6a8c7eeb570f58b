"""The answer as a Bundle of FHIR R4 resources, the `return` of `$assess`."""

from __future__ import annotations

from datetime import UTC, datetime

from neomag.answer import Answer
from neomag.fhir.capability import OPERATION
from neomag.fhir.detected import detected_issues
from neomag.fhir.draft import Draft
from neomag.fhir.elements import Resource
from neomag.fhir.judgement import guidance, impression
from neomag.fhir.outcome import all_problems, outcome
from neomag.fhir.proposals import proposals
from neomag.fhir.reading import Reading


def to_bundle(answer: Answer, reading: Reading, *, base: str | None = None, recorded: datetime | None = None) -> Resource:
    """A collection Bundle: GuidanceResponse first, ClinicalImpression, DetectedIssue, the proposals, each with its Provenance.

    `base` is the address of the server that answers, for the canonical address of the operation; `recorded` the moment of
    answering (now). The same answer to the same reading gives the same addresses.
    """
    draft = Draft(answer, reading, recorded or datetime.now(UTC))
    impression(draft)
    detected_issues(draft)
    result = proposals(draft)
    problems = outcome(all_problems(answer, reading))
    said = draft.outcome(problems) if problems else None
    module = f"{base.rstrip('/')}/OperationDefinition/{OPERATION}" if base else f"urn:neomag:operation:{OPERATION}"
    first = guidance(draft, module, result, said)
    ordered = sorted(draft.entries, key=lambda entry: entry["fullUrl"] != first["reference"])
    return {"resourceType": "Bundle", "type": "collection", "timestamp": draft.recorded, "entry": ordered}
