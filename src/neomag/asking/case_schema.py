"""The JSON Schema of a case, its codes taken from the knowledge. The reader of cases (`neomag.case`) is stricter still."""

from __future__ import annotations

from typing import Any

from neomag.ages import AGE_FORM
from neomag.asking.schemas import Schema
from neomag.case import FLAGS, SETTINGS, SEXES
from neomag.case.events import GRADES, ROUTES, SPECIMENS
from neomag.case.reader import MOST_EVENTS
from neomag.knowledge import Knowledge

_TEXT: Schema = {"type": ["string", "null"]}
_NUMBER: Schema = {"type": ["number", "null"]}
_UNIT = "The unit that was reported, such as mmol/L or mg/dL. A value needs one; none is guessed."
_TRUTH: Schema = {"type": ["boolean", "null"]}


def _text(says: str) -> Schema:
    return {**_TEXT, "description": says}


def _one_of(words: tuple[str, ...]) -> Schema:
    return {"enum": [*words, None]}


def _closed(needed: tuple[str, ...] = (), **properties: Schema) -> Schema:
    return {"type": "object", "required": list(needed), "properties": properties, "additionalProperties": False}


def case_schema(knowledge: Knowledge) -> Schema:
    """A case, as docs/case.md describes it."""
    intervals = {
        "type": ["object", "null"],
        "description": "The local laboratory's own reference intervals, by analyte.",
        "propertyNames": {"enum": list(knowledge.analytes)},
        "additionalProperties": _closed(low=_limit(), high=_limit(), unit=_TEXT),
    }
    infant = _closed(
        sex=_one_of(SEXES),
        gestation={"type": ["string", "integer", "null"], "description": "Such as 38w2d, or completed weeks."},
        birth_weight=_text("Such as 2900 g."),
        weight=_text("The current weight, such as 4.1 kg."),
        born=_text("Only when events carry date-times: such as 2026-01-03T04:10+00:00."),
    )
    return {
        **_closed(
            ("now",),
            case={"type": ["string", "integer"], "description": "Any name; the answer repeats it."},
            source={"description": "Where the case comes from; never used in reasoning."},
            age_assumed={**_TRUTH, "description": "The age is the lower bound of what a report gives."},
            times_assumed={**_TRUTH, "description": "The order of events is known, their times are not."},
            infant={**infant, "type": ["object", "null"]},
            setting=_one_of(SETTINGS),
            now={"type": "string", "description": f"The moment of asking: {AGE_FORM}, or a date-time when `born` is given."},
            intervals=intervals,
            events={"type": ["array", "null"], "maxItems": MOST_EVENTS, "items": {"anyOf": _events(knowledge)}},
        ),
        "description": "What is known of one infant. What is not written is unknown, not absent.",
    }


def _limit() -> Schema:
    return {"type": ["number", "string", "null"]}


def _events(knowledge: Knowledge) -> list[Schema]:
    def codes(kind: str) -> dict[str, Any]:
        return {"enum": list(knowledge.vocabulary[kind])}

    at = _text("When it happened or began: an age, or a date-time. Without it the time is not known.")
    return [
        {**_closed(("sign",), at=at, sign=codes("sign"), absent=_TRUTH), "title": "Sign"},
        {
            **_closed(
                ("condition",), at=at, condition=codes("condition"), absent=_TRUTH, grade=_one_of(GRADES),
                **{"for": _text("How long it has lasted, such as 16 d.")},
            ),
            "title": "Condition",
        },
        {
            **_closed(
                ("given",), at=at, given=codes("drug"), absent=_TRUTH, dose=_NUMBER,
                unit=_text("Of the dose, such as mg/kg or mL/kg."), route=_one_of(ROUTES),
                concentration=_text("Such as 10 %."), over=_text("How long it ran, such as 10 min."),
            ),
            "title": "Drug given",
        },
        {
            **_closed(
                ("lab",), at=at, lab=codes("lab"), value=_NUMBER, unit=_text(_UNIT),
                flag={**_one_of(FLAGS), "description": "What the report says, where it gives no number."},
                specimen={"anyOf": [_one_of(SPECIMENS), {"type": "array", "items": _one_of(SPECIMENS)}]},
            ),
            "title": "Laboratory result",
        },
    ]  # fmt: skip
