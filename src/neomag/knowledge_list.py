"""The knowledge as lists and entries, for those who look at it: the command line, HTTP."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from neomag.findings.catalogue import entries as findings
from neomag.knowledge import Knowledge, RuleEntry, Source

LISTS = ("rules", "findings", "intervals", "actions", "causes", "consider", "claims")


def listed(known: Knowledge, what: str) -> list[tuple[str, str]]:
    """The id of each entry of a list and what it says, in the order of the knowledge. `what` is one of LISTS."""
    match what:
        case "rules":
            return [(rule.id, rule.says) for rule in known.rules.values()]
        case "findings":
            return [(name, says) for name, (_, _, says) in findings(known).items()]
        case "intervals":
            return [(i.id, f"{i.analyte} {i.low}-{i.high} {i.unit}, {i.population} ({i.authority})") for i in known.intervals]
        case "actions":
            return [(entry.code, entry.says) for entry in known.actions.values()]
        case "causes":
            return [(entry.code, entry.says) for entry in known.causes.values()]
        case "consider":
            return [(entry.code, entry.says) for entry in known.differential.values()]
        case _:
            return [(claim.id, f"{claim.verdict}: {claim.says}") for claim in known.claims.values()]


def entries(known: Knowledge) -> dict[str, dict[str, Any]]:
    """Every entry that has an id of its own, as it stands in its file, with the file's name."""
    found: dict[str, dict[str, Any]] = {}
    for name, code, fields in known.rows():
        if isinstance(fields, dict):
            found.setdefault(code, {"file": name, **fields})
    return found


def sources_of(fields: Mapping[str, Any]) -> list[str]:
    """The keys of the bibliography that an entry names."""
    return [*fields.get("sources", []), *([fields["source"]] if "source" in fields else [])]


def source(found: Source) -> dict[str, Any]:
    """A source, as JSON has it. `read` says how far it was read: in full, its abstract, or an excerpt."""
    return {"key": found.key, "title": found.title, "year": found.year, "link": found.link, "read": found.read}


def rule(found: RuleEntry) -> dict[str, Any]:
    """A rule, as JSON has it."""
    return {"id": found.id, "says": found.says, "when": found.when, "sources": list(found.sources), "policy": found.policy}


def claims(known: Knowledge) -> list[dict[str, Any]]:
    """Every claim of the article neomag began with, as JSON has it."""
    return [
        {
            "id": c.id, "says": c.says, "meant": c.meant, "evidence": c.evidence, "verdict": c.verdict,
            "counterparts": list(c.counterparts), "sources": list(c.sources),
        }
        for c in known.claims.values()
    ]  # fmt: skip
