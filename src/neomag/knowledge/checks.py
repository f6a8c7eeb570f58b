"""Checks that the knowledge holds together: sources, codes, units, intervals. One line for each thing that does not."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import Any, cast

from neomag import ages
from neomag.knowledge.dosing_checks import check_dosing
from neomag.knowledge.model import GRADES, STATUSES, SUSPICIONS, URGENCIES, Interval, Knowledge

READ = ("full", "abstract", "excerpt")
BASES = ("published", "derived", "laboratory", "policy")
CONTEXTS = ("strong", "weak")
VERDICTS = ("agrees", "partly", "corrupted", "wrong", "outdated", "dangerous", "omission")
# Tables whose entries all stand on sources or a policy, by the file they are in.
_ENTRIES = (
    "actions", "blocks", "causes", "differential", "caveats", "problems", "findings", "claims", "settings",
    "contradictions", "analytes",
)  # fmt: skip


def check(knowledge: Knowledge) -> list[str]:
    """Everything wrong with `knowledge`, a line each; empty when it holds together."""
    return [
        *_grounds(knowledge),
        *_sources(knowledge),
        *_rules(knowledge),
        *_analytes(knowledge),
        *_intervals(knowledge),
        *_claims(knowledge),
        *check_dosing(knowledge),
    ]


def _grounds(knowledge: Knowledge) -> Iterator[str]:
    """Every entry names sources that exist, or gives the reason for a policy."""
    tables = {name: knowledge.tables.get(name, {}) for name in _ENTRIES}
    tables |= {
        name: table
        for name, table in knowledge.tables.items()
        if name.startswith(("rules/", "dosing/")) and isinstance(table, dict)
    }
    tables |= {
        "units": {"(file)": knowledge.tables.get("units", {})},
        "meta": {"(file)": knowledge.tables.get("meta", {})},
    }
    for name, table in tables.items():
        for code, fields in cast(Mapping[str, Mapping[str, Any]], table).items():
            yield from _grounded(f"{name}.toml [{code}]", fields, knowledge)
    for interval in knowledge.intervals:
        if interval.source not in knowledge.sources:
            yield f"intervals.csv {interval.id}: source {interval.source} is not in sources.toml"
        if interval.basis == "policy" and not interval.note:
            yield f"intervals.csv {interval.id}: a policy needs its reason in the note"


def _grounded(where: str, fields: Mapping[str, Any], knowledge: Knowledge) -> Iterator[str]:
    sources, policy = fields.get("sources", []), fields.get("policy")
    if not sources and not policy:
        yield f"{where}: needs sources, or policy with its reason"
    if policy is not None and len(str(policy).split()) < 2:
        yield f"{where}: policy must give a reason"
    for key in sources:
        if key not in knowledge.sources:
            yield f"{where}: source {key} is not in sources.toml"


def _sources(knowledge: Knowledge) -> Iterator[str]:
    for source in knowledge.sources.values():
        if source.read not in READ:
            yield f"sources.toml [{source.key}]: read must be one of {', '.join(READ)}"
        if not source.title:
            yield f"sources.toml [{source.key}]: needs a title"


def _rules(knowledge: Knowledge) -> Iterator[str]:
    lists = {**knowledge.lists(), "done": knowledge.actions}
    for rule in knowledge.rules.values():
        where = f"rule [{rule.id}]"
        for value, allowed, name in (
            (rule.urgency, URGENCIES, "urgency"),
            (rule.status, STATUSES, "status"),
            (rule.grade, GRADES, "grade"),
            (rule.suspicion, SUSPICIONS, "suspicion"),
            (rule.context, CONTEXTS, "context"),
            (rule.problem, tuple(knowledge.problems), "problem"),
        ):
            if value is not None and value not in allowed:
                yield f"{where}: {name} {value} is not one of {', '.join(allowed)}"
        for name, entries in lists.items():
            for code in getattr(rule, name):
                if code not in entries:
                    yield f"{where}: {name} names {code}, which is not there"


def _analytes(knowledge: Knowledge) -> Iterator[str]:
    known = {unit for units in knowledge.units.values() for unit in units}
    labs = knowledge.vocabulary.get("lab", {})
    for code in labs.keys() ^ knowledge.analytes.keys():
        yield f"analytes.toml and vocabulary.csv: {code} is in only one of them"
    for analyte in knowledge.analytes.values():
        where = f"analytes.toml [{analyte.code}]"
        for unit in analyte.units:
            if unit not in known:
                yield f"{where}: unit {unit} is not in units.toml"
        if analyte.canonical not in analyte.units or analyte.canonical not in analyte.plausible:
            yield f"{where}: the canonical unit must be among the units and have a band"
        for unit, (low, high) in analyte.plausible.items():
            if not low < high:
                yield f"{where}: the band of {unit} is empty"


def _intervals(knowledge: Knowledge) -> Iterator[str]:
    by: dict[tuple[str, str, str], list[Interval]] = {}
    groups = {"any", "cord", "antenatal-magnesium", "female", "male"}
    groups |= {name for name, group in knowledge.settings.get("interval_groups", {}).items() if isinstance(group, dict)}
    for interval in knowledge.intervals:
        where = f"intervals.csv {interval.id}"
        analyte = knowledge.analytes.get(interval.analyte)
        if analyte is None or interval.unit not in analyte.units:
            yield f"{where}: analyte {interval.analyte} cannot have unit {interval.unit}"
        if interval.group not in groups:
            yield f"{where}: group {interval.group} is not one of {', '.join(sorted(groups))}"
        if interval.basis not in BASES:
            yield f"{where}: basis must be one of {', '.join(BASES)}"
        if interval.low is None and interval.high is None:
            yield f"{where}: needs low, high or both"
        elif interval.low is not None and interval.high is not None and interval.low >= interval.high:
            yield f"{where}: low must be below high"
        if interval.start >= interval.end:
            yield f"{where}: from must be before to"
        by.setdefault((interval.analyte, interval.authority, interval.group), []).append(interval)
    for (analyte, authority, group), rows in by.items():
        rows.sort(key=lambda i: i.start)
        for before, after in pairwise(rows):
            if after.start < before.end:
                yield f"intervals.csv {before.id} and {after.id}: overlap in age"
        if authority == "neomag" and group == "any":
            reach = 0
            for row in rows:
                if row.start > reach:
                    yield f"intervals.csv: default of {analyte} has a gap from {ages.written(reach)}"
                reach = row.end
            until = ages.seconds(knowledge.settings["scope"]["until"])
            if reach <= until:
                yield f"intervals.csv: default of {analyte} ends at {ages.written(reach)}, before the end of the age range"


def _claims(knowledge: Knowledge) -> Iterator[str]:
    for claim in knowledge.claims.values():
        if claim.verdict not in VERDICTS:
            yield f"claims.toml [{claim.id}]: verdict must be one of {', '.join(VERDICTS)}"
        if not claim.counterparts:
            yield f"claims.toml [{claim.id}]: needs a counterpart that acts on it"
