"""DetectedIssue: the level when it is an issue by itself, and each thing that is blocked."""

from __future__ import annotations

from typing import Any

from neomag.fhir.draft import Draft
from neomag.fhir.elements import concept, first_link, narrative


def detected_issues(draft: Draft) -> None:
    """Add a DetectedIssue for the level, unless it is normal or unknown, and for every block of the answer."""
    magnesium, level = draft.answer.magnesium, draft.settings["level"]
    if magnesium.status in level:
        says = [level[magnesium.status], *(caveat.says for caveat in magnesium.caveats)]
        coded = draft.settings["level_codes"].get(magnesium.status)
        rules = draft.true("status", magnesium.status)
        _issue(
            draft, f"level:{magnesium.status}", says,
            code=concept("status", magnesium.status, level[magnesium.status], *([coded] if coded else [])),
            because=[rule.id for rule in rules], sources=[key for rule in rules for key in rule.sources],
            implicated=draft.level,
        )  # fmt: skip
    for block in draft.answer.blocked:
        _issue(
            draft, f"block:{block.code}", [block.says], code=concept("block", block.code, block.says),
            because=block.because, sources=block.sources, implicated=[],
        )  # fmt: skip


def _issue(
    draft: Draft, name: str, says: list[str], *, code: Any, because: list[str], sources: list[str], implicated: list[Any]
) -> None:
    rules = draft.knowledge.rules
    resource: dict[str, Any] = {
        "resourceType": "DetectedIssue",
        "text": narrative(says),
        # No clinician has looked at it yet.
        "status": "preliminary",
        "code": code,
        "severity": draft.severity,
        "patient": draft.subject,
        "identifiedDateTime": draft.reading.now,
        "author": draft.device,
    }
    if implicated:
        resource["implicated"] = implicated
    if because:
        resource["evidence"] = [{"code": [concept("rule", rule, rules[rule].says) for rule in because]}]
    resource["detail"] = " ".join(says)
    if link := first_link(sources, draft.knowledge):
        resource["reference"] = link
    draft.put(resource, name, because, sources)
