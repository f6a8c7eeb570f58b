"""The JSON Schemas of answers: what stands in each at least."""

from __future__ import annotations

from collections.abc import Iterable

from neomag.asking.schemas import Schema
from neomag.knowledge import GRADES, STATUSES, SUSPICIONS, URGENCIES


def _list(item: Schema) -> Schema:
    return {"type": "array", "items": item}


def _object(needed: Iterable[str], more: Schema | None = None) -> Schema:
    """An object that has at least these; what is said of some of them is in `more`."""
    names = list(needed)
    return {"type": "object", "required": names, "properties": {name: {} for name in names} | dict(more or {})}


_TEXTS = _list({"type": "string"})
_NUMBER: Schema = {"type": ["number", "null"]}


def shapes() -> dict[str, Schema]:
    """The shape of each kind of answer, by its name."""
    line = _object(("code", "says", "because", "sources"), {"because": _TEXTS, "sources": _TEXTS})
    said = _object(("code", "says"))
    dose = (
        "dose",
        "rate",
        "refused",
        "warnings",
        "weight_kg",
        "order",
        "per_kg",
        "dilution",
        "measured",
        "drawn",
        "monitoring",
    )
    dosed = {"refused": _list(said), "warnings": _list(said), "knowledge": {"type": "string"}}
    food = _object(("id", "name", "short", "dataset", "category", "magnesium", "infant_portion"))
    magnesium = _object(
        ("status", "grade", "value", "interval", "caveats"),
        {
            "status": {"enum": list(dict.fromkeys([*STATUSES, "unknown", "uninterpretable"]))},
            "grade": {"enum": [*GRADES, None]},
            "caveats": _list(line),
        },
    )
    rule = _object(
        ("id", "says", "value", "findings", "missing", "sources"),
        {"value": {"type": ["boolean", "null"]}, "findings": {"type": "object"}, "missing": _TEXTS, "sources": _TEXTS},
    )
    answer = _object(
        (
            "case",
            "knowledge",
            "urgency",
            "magnesium",
            "suspicion",
            "causes",
            "consider",
            "actions",
            "blocked",
            "rules",
            "problems",
        ),
        {
            "case": {"type": "string"},
            "knowledge": {"type": "string"},
            "urgency": {"enum": list(URGENCIES)},
            "magnesium": magnesium,
            "suspicion": {"enum": [*SUSPICIONS, "not-assessable"]},
            **{name: _list(line) for name in ("causes", "consider", "actions", "blocked")},
            "rules": _list(rule),
            "problems": _list(_object(("code", "says", "event"))),
        },
    )
    nutrients = {"nutrients": {"type": "object"}}
    warned = {"habit_warnings": {**_list(said), "description": "What is not safe in the habit, where one is given."}}
    source = _object(("key", "title", "year", "link", "read"), {"year": _NUMBER})
    return {
        "Answer": {**answer, "description": "What neomag says of a case: see docs/answer.md."},
        "Dose": {**_object(dose, dosed), "description": "When `refused` is not empty the dose must not be given."},
        "Check": _object(
            ("verdict", "written", "regimens", *dose),
            {**dosed, "verdict": {"enum": ["accepted", "unusual", "refused"]}, "regimens": _TEXTS},
        ),
        "Intake": _object(("age_months", "authority", "nutrients", "magnesium", "indicators", "warnings"), nutrients),
        "Plan": _object(
            ("age_months", "status", "days", "milk", "foods", "meals", "nutrients", "shortfalls", "why"),
            {
                **nutrients, **warned, "status": {"enum": ["optimal", "feasible", "infeasible", "milk-only"]},
                "foods": _list(_object(("food", "grams"))),
            },
        ),
        "Food": food,
        "Foods": {
            **_object(("foods",), {"foods": _list(food)}),
            "description": "A search has `query`, a ranking `by`, `unit`, `ranked`.",
        },
        "WholeFood": _object(
            (*food["required"], "per_100g", "portions", "article", "cautions", "sources"), {"per_100g": {"type": "object"}}
        ),
        "Entries": _object(("knowledge", "counts", "entries"), {"entries": _list(_object(("id", "list", "says")))}),
        "Entry": _object(("id", "file", "sources"), {"sources": _list(source)}),
        "Rules": _object(("knowledge", "rules"), {"rules": _list(_object(("id", "says", "when", "sources", "policy")))}),
        "Sources": _object(("knowledge", "sources"), {"sources": _list(source)}),
        "Source": source,
        "Claims": _list(_object(("id", "says", "meant", "evidence", "verdict", "counterparts", "sources"))),
    }  # fmt: skip
