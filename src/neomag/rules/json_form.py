"""Rules as plain JSON: trees of small objects that a reader in any language can evaluate (docs/rules-export.md)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from neomag.knowledge import RuleEntry, Signature, Source
from neomag.rules.selection import Selection
from neomag.rules.tree import And, AtLeast, Compare, Is, Known, Name, Node, Not, Or

FORMAT = "neomag-rules/1"
# What follows when a rule is true, in the order it is written; empty ones are left out.
_FOLLOWS = (
    "urgency", "status", "grade", "suspicion", "context", "problem", "actions", "blocks", "causes", "consider", "caveats",
    "done", "any_age",
)  # fmt: skip


def data(node: Node, ids: Mapping[str, str]) -> dict[str, Any]:
    """The tree as JSON objects. `ids` maps the names of rules to ids; other names are findings."""
    match node:
        case Name(name):
            return {"op": "rule", "id": ids[name]} if name in ids else {"op": "finding", "name": name}
        case Compare(op, left, right, shown):
            other = {"other": right.name} if isinstance(right, Name) else {"value": right, "shown": shown}
            return {"op": "compare", "sign": op, "finding": left, **other}
        case Known(name, negated):
            return {"op": "is-null", "finding": name, "not": negated}
        case Not(item):
            return {"op": "not", "item": data(item, ids)}
        case And(items):
            return {"op": "and", "items": [data(i, ids) for i in items]}
        case Or(items):
            return {"op": "or", "items": [data(i, ids) for i in items]}
        case Is(item, value, negated):
            return {"op": "is", "item": data(item, ids), "value": value, "not": negated}
        case AtLeast(count, items):
            return {"op": "at-least", "count": count, "items": [data(i, ids) for i in items]}


def node(written: Mapping[str, Any]) -> Node:
    """The tree that `data` wrote. Raises ValueError for anything else."""

    def several() -> tuple[Node, ...]:
        return tuple(map(node, cast("list[dict[str, Any]]", written["items"])))

    try:
        match written["op"]:
            case "rule":
                return Name(written["id"].replace("-", "_"))
            case "finding":
                return Name(written["name"])
            case "compare" if "other" in written:
                return Compare(written["sign"], written["finding"], Name(written["other"]), written["other"])
            case "compare":
                return Compare(written["sign"], written["finding"], written["value"], written["shown"])
            case "is-null":
                return Known(written["finding"], written["not"])
            case "not":
                return Not(node(written["item"]))
            case "and":
                return And(several())
            case "or":
                return Or(several())
            case "is":
                return Is(node(written["item"]), written["value"], written["not"])
            case "at-least":
                return AtLeast(written["count"], several())
            case other:
                raise ValueError(f"`{other}` is no op of a rule tree")
    except KeyError as error:
        raise ValueError(f"a rule tree without {error}: {dict(written)}") from None


def document(chosen: Selection, describe: Mapping[str, str]) -> dict[str, Any]:
    """All of a selection: findings, rules with what follows from each, and the sources they name."""
    known = chosen.knowledge
    named = dict.fromkeys(key for entry in chosen.entries for key in entry.sources)
    return {
        "format": FORMAT,
        "knowledge": known.version,
        "digest": known.digest,
        "findings": {name: _finding(signature, describe[name]) for name, signature in chosen.findings.items()},
        "rules": [_rule(entry, chosen) for entry in chosen.entries],
        "sources": {key: _source(known.sources[key]) for key in named},
    }


def _finding(signature: Signature, says: str) -> dict[str, Any]:
    found: dict[str, Any] = {"type": signature.type, "says": says, "unit": signature.unit, "analyte": signature.analyte}
    found["words"] = list(signature.words)
    return {name: value for name, value in found.items() if value}


def _rule(entry: RuleEntry, chosen: Selection) -> dict[str, Any]:
    grounds = {"sources": list(entry.sources), "policy": entry.policy}
    follows = {name: value for name in _FOLLOWS if (value := getattr(entry, name))}
    return {
        "id": entry.id,
        "says": entry.says,
        **{name: value for name, value in grounds.items() if value},
        "follows": {name: list(cast("tuple[str, ...]", v)) if isinstance(v, tuple) else v for name, v in follows.items()},
        "text": entry.when,
        "when": data(chosen.trees[entry.name], chosen.ids),
    }


def _source(source: Source) -> dict[str, Any]:
    said = {"title": source.title, "year": source.year, "link": source.link, "read": source.read}
    return {name: value for name, value in said.items() if value is not None}
