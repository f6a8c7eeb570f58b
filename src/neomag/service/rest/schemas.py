"""The JSON Schemas of answers, and of what is asked of doses, diaries and plans."""

from __future__ import annotations

from collections.abc import Iterable

from neomag.dosing.asked import FLAGS
from neomag.knowledge import GRADES, STATUSES, SUSPICIONS, URGENCIES, Knowledge
from neomag.service.openapi import Schema
from neomag.service.rest.case_schema import case_schema

_MOST_TEXT = 2_000


def ref(name: str) -> Schema:
    """A reference to a component."""
    return {"$ref": f"#/components/schemas/{name}"}


def _text(says: str) -> Schema:
    return {"type": "string", "maxLength": _MOST_TEXT, "description": says}


def _truth(says: str, *, default: bool = False) -> Schema:
    return {"type": "boolean", "default": default, "description": says}


def _list(item: Schema) -> Schema:
    return {"type": "array", "items": item}


def _object(needed: Iterable[str], more: Schema | None = None) -> Schema:
    """An object that has at least these; what is said of some of them is in `more`."""
    names = list(needed)
    return {"type": "object", "required": names, "properties": {name: {} for name in names} | dict(more or {})}


_TEXTS = _list({"type": "string"})
_NUMBER: Schema = {"type": ["number", "null"]}


def _state() -> dict[str, Schema]:
    return {
        "weight": _text("the current weight, such as 3.0kg"),
        "case": {"type": "object", "description": "a case that brings weight, level, kidneys, heart and drugs"},
        "serum_mg": _text("the magnesium level, such as 0.45mmol/L"),
        "age": _text("the infant's age, such as 14d"),
        "given_24h": _text("magnesium given in the last 24 hours, such as 450mg-salt or 1.8mmol; not in mL"),
        "with": {
            "type": "array",
            "maxItems": 20,
            "items": {"type": "string", "maxLength": 60},
            "description": "also present or given: neuromuscular, digoxin, calcium, ceftriaxone, aminoglycoside",
        },
        **{name: _truth(name.replace("_", " ")) for name in FLAGS},
    }


def asked_dose() -> Schema:
    """What `POST /v1/dose` is asked."""
    return {
        "type": "object",
        "additionalProperties": False,
        "required": [],
        "properties": {
            "regimen": _text("a regimen; without it and amount, the default one"),
            "amount": _text("0.2mmol/kg, 0.8mEq, 50mg-salt/kg, 5mg-elemental/kg, 0.1mL/kg …; mg alone is refused"),
            "product": _text("the ampoule or bottle, such as mgso4-50"),
            "route": {"type": "string", "enum": ["iv", "im", "oral"]},
            "over": _text("how long an IV dose runs, such as 60min"),
            "concentration": _text("of the infused solution, such as 10%"),
            "every": _text("the interval between doses, such as 12h"),
            "doses": {"type": "integer", "minimum": 1, "maximum": 1000, "description": "how many doses"},
            "same_line": _truth("calcium, bicarbonate or phosphate runs in the same line"),
            **_state(),
        },
    }


def asked_check() -> Schema:
    """What `POST /v1/dose/check` is asked."""
    order = {**_text('the order as written, such as "MgSO4 0.8 mL of 50% IV over 30 min"'), "minLength": 1}
    return {
        "type": "object",
        "additionalProperties": False,
        "required": ["order"],
        "properties": {"order": order, **_state()},
    }


_DIARY: Schema = {"type": ["object", "string"]}
_TARGETS: dict[str, Schema] = {
    "authority": _text("whose targets: nasem (default), efsa, fao-who, uk, china, nhmrc"),
    "fill": _text("an authority whose figures fill the gaps of the first; they are marked"),
    "iron": _text("how much iron is absorbed (FAO/WHO): 5%, 10%, 12%, 15%"),
    "zinc": _text("how well zinc is absorbed (FAO/WHO): low, moderate, high"),
}


def asked_intake() -> Schema:
    """What `POST /v1/feed/intake` is asked."""
    diary = {**_DIARY, "description": "one day: a mapping with age, milk and foods, or plain lines such as `60 g banana`"}
    return {
        "type": "object",
        "additionalProperties": False,
        "required": ["diary"],
        "properties": {
            "diary": diary,
            "age": _text("the child's age, such as 8mo, when the diary does not say it"),
            **_TARGETS,
        },
    }


def asked_plan() -> Schema:
    """What `POST /v1/feed/plan` is asked."""
    words = {"type": "array", "maxItems": 50, "items": {"type": "string", "maxLength": 100}}
    return {
        "type": "object",
        "additionalProperties": False,
        "required": ["age"],
        "properties": {
            "age": _text("the baby's age, such as 8mo"),
            "milk": _text("breast (default), mixed, formula, formula-soy, or animal (from 12 months)"),
            "milk_amount": _text("low, average (default) or high for the age"),
            "exclude": {**words, "description": "leave out: egg, fish, wheat, a food's name …"},
            "diet": _text("vegetarian or vegan"),
            "fortified": _truth("fortified and enriched foods too", default=True),
            "seldom": _truth("also foods that are hard to find in most shops"),
            "days": {"type": "integer", "enum": [1, 7], "default": 1, "description": "a day or a week"},
            "without_target": {**words, "description": "nutrients not to aim at, such as magnesium"},
            "weight": _text("the baby's weight, such as 8.2kg"),
            "foods": {"type": "string", "description": "the foods at hand and their prices, the text of a table (CSV)"},
            "budget": {
                "type": "number",
                "exclusiveMinimum": 0,
                "maximum": 1_000_000,
                "description": "most to spend on all days",
            },
            "habit": {**_DIARY, "description": "a diary of a usual day: the plan changes as little as it can"},
            **_TARGETS,
        },
    }


def schemas(knowledge: Knowledge) -> dict[str, Schema]:
    """The components of the OpenAPI document."""
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
    return {
        "Case": case_schema(knowledge),
        "Answer": {**answer, "description": "What neomag says of a case: see docs/answer.md."},
        "AskedDose": asked_dose(),
        "Dose": {**_object(dose, dosed), "description": "When `refused` is not empty the dose must not be given."},
        "AskedCheck": asked_check(),
        "Check": _object(
            ("verdict", "written", "regimens", *dose),
            {**dosed, "verdict": {"enum": ["accepted", "unusual", "refused"]}, "regimens": _TEXTS},
        ),
        "AskedIntake": asked_intake(),
        "Intake": _object(("age_months", "authority", "nutrients", "magnesium", "indicators", "warnings"), nutrients),
        "AskedPlan": asked_plan(),
        "Plan": _object(
            ("age_months", "status", "days", "milk", "foods", "meals", "nutrients", "shortfalls", "why"),
            {
                **nutrients, **warned, "status": {"enum": ["optimal", "feasible", "infeasible", "milk-only"]},
                "foods": _list(_object(("food", "grams"))),
            },
        ),
        "Food": food,
        "Foods": {
            **_object(("foods",), {"foods": _list(ref("Food"))}),
            "description": "A search has `query`, a ranking `by`, `unit`, `ranked`.",
        },
        "WholeFood": _object(
            (*food["required"], "per_100g", "portions", "article", "cautions", "sources"), {"per_100g": {"type": "object"}}
        ),
        "Entries": _object(("knowledge", "counts", "entries"), {"entries": _list(_object(("id", "list", "says")))}),
        "Entry": _object(("id", "file", "sources"), {"sources": _list(ref("Source"))}),
        "Rules": _object(("knowledge", "rules"), {"rules": _list(_object(("id", "says", "when", "sources", "policy")))}),
        "Sources": _object(("knowledge", "sources"), {"sources": _list(ref("Source"))}),
        "Source": _object(("key", "title", "year", "link", "read"), {"year": _NUMBER}),
        "Claims": _list(_object(("id", "says", "meant", "evidence", "verdict", "counterparts", "sources"))),
    }  # fmt: skip
