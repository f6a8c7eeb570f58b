"""The tools: what each is asked, what it answers, and what it says of itself."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from time import monotonic
from typing import Any

from neomag.asking import Fault, NotValidError
from neomag.asking.case import read_case
from neomag.asking.case_schema import case_schema
from neomag.asking.dose import check, dose
from neomag.asking.feed import intake, plan
from neomag.asking.form import checked
from neomag.asking.knowledge import NoEntryError, entry
from neomag.asking.schemas import Schema, asked_check, asked_dose, asked_intake, asked_plan
from neomag.asking.shapes import shapes
from neomag.assess import assess
from neomag.dosing.after import answered
from neomag.rules import rulebook

# Seconds for a plan; what is not known by then is not answered.
PLAN_SECONDS = 60.0
_CASE = "Its `case` is a case as the tool `assess` takes it."


@dataclass(frozen=True, slots=True)
class Tool:
    """A tool: `asked` is the schema of its arguments, `answer` that of its answer; `work` answers, and raises NotValidError."""

    name: str
    title: str
    says: str
    asked: Schema
    answer: Schema
    work: Callable[[Any], dict[str, Any]]


def _asked_case() -> Schema:
    """What is checked here; the case itself has its own reader, which is stricter than its schema."""
    return {
        "type": "object",
        "additionalProperties": False,
        "required": ["case"],
        "properties": {
            "case": {"type": "object", "description": "give what is known of one infant; only `now` is needed"},
            "rules": {
                "type": "string",
                "enum": ["all", "true"],
                "default": "all",
                "description": "The rules to explain: all, as the command does, or only those that are true.",
            },
        },
    }


def _assess(given: Any) -> dict[str, Any]:
    fields = checked(given, _asked_case())
    case = read_case(fields["case"], rulebook().knowledge, "case")
    said = answered(case, assess(case))
    if fields.get("rules") == "true":
        said["rules"] = [rule for rule in said["rules"] if rule["value"] is True]
    return said


def _asked_entry() -> Schema:
    says = "the id of any entry: a rule, a finding, an interval, an action, a cause, a source …"
    return {
        "type": "object",
        "additionalProperties": False,
        "required": ["id"],
        "properties": {"id": {"type": "string", "minLength": 1, "maxLength": 200, "description": says}},
    }


def _entry(given: Any) -> dict[str, Any]:
    try:
        return entry(checked(given, _asked_entry())["id"])
    except NoEntryError as error:
        raise NotValidError([Fault("/id", f"{error}; the resource neomag://knowledge lists the entries")]) from None


@cache
def tools() -> Mapping[str, Tool]:
    """Every tool, by its name."""
    shape = shapes()
    case = _asked_case()
    shown = {**case, "properties": {**case["properties"], "case": case_schema(rulebook().knowledge)}}
    found = (
        Tool(
            "assess",
            "Assess an infant",
            "From what is known of one infant (birth to 24 months): how urgent it is, what the magnesium level means at this "
            "age and in this sample, what else it may be, what to do and not to do, and why, each line with its rules and "
            "sources. Values need the unit that was reported; none is guessed. For clinicians.",
            shown,
            shape["Answer"],
            _assess,
        ),
        Tool(
            "dose",
            "Work out a dose of magnesium",
            "One dose of magnesium in five units: how to make it, how fast, what to watch, or why not to give it. For "
            "clinicians; never for a caregiver. When `refused` is not empty the dose must not be given: say the refusal, never "
            f"the figures alone. Texts carry their units, such as 3.0kg or 0.45mmol/L. {_CASE}",
            asked_dose(),
            shape["Dose"],
            lambda given: dose(given).to_dict(),
        ),
        Tool(
            "dose_check",
            "Check an order of magnesium",
            "An order as it is written: its verdict is accepted, unusual or refused, with the reasons. For clinicians; never "
            f"for a caregiver. A word of it that is not understood is an error, not a guess. {_CASE}",
            asked_check(),
            shape["Check"],
            lambda given: check(given).to_dict(),
        ),
        Tool(
            "feed_intake",
            "What a day's food held",
            "Each nutrient of one day's diary against its target, where magnesium came from, WHO's indicators, and warnings.",
            asked_intake(),
            shape["Intake"],
            intake,
        ),
        Tool(
            "feed_plan",
            "Plan food",
            "Food that prevents deficiency, magnesium among all, for a baby of 6 to 23 months; before that the plan is milk. "
            "Prevention, never treatment, and never a supplement. When no plan keeps every rule, `status` is infeasible.",
            asked_plan(),
            shape["Plan"],
            lambda given: plan(given, monotonic() + PLAN_SECONDS),
        ),
        Tool(
            "knowledge_show",
            "Show an entry of the knowledge",
            "A rule, finding, interval, action, cause or any other entry as it stands in its file, its sources in full. "
            "Answers name rules by these ids.",
            _asked_entry(),
            shape["Entry"],
            _entry,
        ),
    )
    return {tool.name: tool for tool in found}
