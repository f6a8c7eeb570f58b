"""The knowledge as the engine in the browser reads it, without a word of any language: `static/engine/knowledge.js`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any

from neomag.intervals import DEFAULT, in_canonical
from neomag.knowledge import Analyte, Knowledge, RuleEntry
from neomag.rules import Rulebook, javascript

FORMAT = 1
# What follows when a rule is true; what is empty is left out.
_FOLLOWS = (
    "urgency", "status", "grade", "suspicion", "problem", "actions", "blocks", "causes", "consider", "caveats", "done",
    "any_age",
)  # fmt: skip
# What tells people about an entry, and the engine nothing.
_TOLD = {"says", "sources", "policy"}


def logic(book: Rulebook, findings: Sequence[str]) -> dict[str, Any]:
    """The rules as trees, how the `findings` they read are made of a case, and what follows from the rules that are true."""
    known = book.knowledge
    places = {name: place for place, name in enumerate([*findings, *book.trees])}
    return {
        "format": FORMAT,
        "version": known.version,
        "digest": known.digest,
        "vocabulary": {kind: list(terms) for kind, terms in known.vocabulary.items()},
        "units": {dimension: {unit: _ratio(f) for unit, f in table.items()} for dimension, table in known.units.items()},
        "analytes": {code: _analyte(analyte) for code, analyte in known.analytes.items()},
        "intervals": _intervals(known),
        "findings": {e.name: {"kind": e.kind, **e.params} for e in known.findings.values()},
        "settings": _settings(known),
        "contradictions": {name: _bare(pair) for name, pair in known.tables.get("contradictions", {}).items()},
        "rows": list(findings),
        "rules": [_rule(entry) for entry in book.entries],
        "lists": {name: {c: list(e.sources) for c, e in entries.items()} for name, entries in known.lists().items()},
        "trees": [javascript.compact(node, places) for node in book.trees.values()],
    }


def _ratio(value: Fraction) -> str:
    return f"{value.numerator}/{value.denominator}"


def _bare(fields: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if name not in _TOLD}


def _analyte(analyte: Analyte) -> dict[str, Any]:
    said: dict[str, Any] = {
        "canonical": analyte.canonical,
        "units": list(analyte.units),
        "plausible": {unit: list(band) for unit, band in analyte.plausible.items()},
        "refused": list(analyte.refused),
    }
    if analyte.molar_mass is not None:
        said["molarMass"] = _ratio(analyte.molar_mass)
    if analyte.valence is not None:
        said["valence"] = analyte.valence
    if analyte.unitless:
        said["unitless"] = True
    if analyte.ratio_of is not None:
        said["ratioOf"] = list(analyte.ratio_of)
    return said


def _intervals(known: Knowledge) -> list[dict[str, Any]]:
    """The default intervals, their limits in canonical units."""
    found: list[dict[str, Any]] = []
    for interval in known.intervals:
        if interval.authority == DEFAULT:
            low, high = in_canonical(interval, known)
            found.append({
                "id": interval.id, "analyte": interval.analyte, "group": interval.group, "start": interval.start,
                "end": interval.end, "low": low, "high": high, "source": interval.source,
            })  # fmt: skip
    return found


def _settings(known: Knowledge) -> dict[str, Any]:
    settings = known.settings
    groups = {name: group["birth_weight_below_g"] for name, group in settings["interval_groups"].items() if name not in _TOLD}
    return {
        "weight_plausible_g": settings["weight_plausible_g"]["between"],
        "gestation_possible_weeks": settings["gestation_possible_weeks"]["between"],
        "local_interval_plausible": _bare(settings["local_interval_plausible"]),
        "newborn": settings["newborn"]["until"],
        "interval_groups": groups,
        "specimen_spoils": _bare(settings["specimen_spoils"]),
    }


def _rule(entry: RuleEntry) -> dict[str, Any]:
    return {"id": entry.id, "sources": entry.sources, **{name: value for name in _FOLLOWS if (value := getattr(entry, name))}}
