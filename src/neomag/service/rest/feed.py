"""POST /v1/feed/intake and /v1/feed/plan: what a day held, and what to give."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Any, cast

from litestar import Request, Response, post

from neomag.feeding.asked import request_asked
from neomag.feeding.diary import DiaryError, read_diary
from neomag.feeding.errors import AskedError, FeedingInputError, OutOfTimeError
from neomag.feeding.explain import Explainer
from neomag.feeding.habit import habit_in
from neomag.feeding.highs import HighsSession
from neomag.feeding.intake import intake as intake_of
from neomag.feeding.market import market
from neomag.feeding.plan import plan as plan_of
from neomag.feeding.plan_dict import plan_dict
from neomag.feeding.site import Sheet
from neomag.knowledge.feeding import load_feeding
from neomag.knowledge.foods import load_foods
from neomag.service.limits import Workers, out_of_time
from neomag.service.openapi import Content, Operation
from neomag.service.problems import Fault, ProblemError
from neomag.service.rest.answers import STATUS_HEADER, STATUS_SAYS, computed, example_of
from neomag.service.rest.form import pointer
from neomag.service.rest.reading import checked, read_json
from neomag.service.rest.schemas import asked_intake, asked_plan, ref

_PROBLEMS = ("unreadable-json", "not-acceptable", "unsupported-media-type", "not-valid", "out-of-time")
_INTAKE, _PLAN = asked_intake(), asked_plan()
# A day is a few dozen entries and a market a few hundred foods; for each that is not known the nearest are looked for.
_MOST_ENTRIES, _MOST_LINES = 300, 3_000


def _diary_in(written: Any, where: str) -> bytes | dict[str, Any]:
    """A diary in a body, as it is read: the bytes of a text, or a mapping. Raises ProblemError when it is too long."""
    if isinstance(written, str):
        entries = written.count("\n") + 1
    else:
        entries = sum(len(cast(list[Any], of)) for of in written.values() if isinstance(of, list))
    if entries > _MOST_ENTRIES:
        raise ProblemError.not_valid([Fault(where, f"{entries} entries; a diary is one day, at most {_MOST_ENTRIES}")])
    return written.encode() if isinstance(written, str) else written


def _intake(given: Any) -> dict[str, Any]:
    fields = checked(given, _INTAKE)
    table = load_foods()
    try:
        day = read_diary(_diary_in(fields["diary"], "/diary"), table.foods, age=fields.get("age"))
    except DiaryError as error:
        raise ProblemError.not_valid([Fault("/diary", problem) for problem in error.problems]) from None
    named = {name: fields[name] for name in ("authority", "fill", "iron", "zinc") if name in fields}
    try:
        return intake_of(day, table, **named).to_dict()
    except FeedingInputError as error:
        raise ProblemError.not_valid([Fault("", line) for line in str(error).splitlines()]) from None


def _plan(given: Any, until: float | None) -> dict[str, Any]:
    fields = checked(given, _PLAN)
    fields |= {name: kind(fields[name]) for name, kind in (("days", int), ("budget", float)) if name in fields}
    known, table = load_feeding(), load_foods()
    place, warnings = "", ()
    try:
        asked = request_asked(fields, lambda name: f"`{name}`")
        if (written := fields.get("foods")) is not None:
            place = "/foods"
            if (count := written.count("\n") + 1) > _MOST_LINES:
                raise FeedingInputError(f"{count} lines; at most {_MOST_LINES}")
            asked = replace(asked, candidates=market(Sheet("foods", written), known, table))
        if (written := fields.get("habit")) is not None:
            place = "/habit"
            habit, warnings = habit_in(_diary_in(written, place), asked.age_months, table, where="habit")
            asked = replace(asked, habit=habit)
        place = ""
        found = plan_of(asked, known, table, partial(HighsSession, until=until))
        said = plan_dict(found, Explainer(found, known, table))
    except AskedError as error:
        raise ProblemError.not_valid([Fault(pointer(name), says) for name, says in error.faults]) from None
    except FeedingInputError as error:
        raise ProblemError.not_valid([Fault(place, line) for line in str(error).splitlines()]) from None
    # The command writes these beside its answer.
    return said | ({"habit_warnings": [warning.to_dict() for warning in warnings]} if "habit" in fields else {})


def _diary() -> dict[str, Any]:
    return {
        "diary": {"age": "8 mo", "milk": [{"breast": "5 feeds"}], "foods": [{"food": "banana", "amount": "60 g"}], "meals": 3}
    }


@post(
    "/feed/intake",
    status_code=200,
    opt={
        "scope": "feed",
        "operation": Operation(
            "What a day held",
            "Each nutrient against its target, where magnesium came from, WHO's indicators, and warnings.",
            "feed",
            Content("The intake.", ref("Intake")),
            body=Content(
                "A diary of one day.",
                ref("AskedIntake"),
                {"a mapping": _diary, "plain lines": lambda: {"diary": "age: 8 mo\nbreast: 5 feeds\n60 g banana\nmeals: 3\n"}},
            ),
            problems=_PROBLEMS,
            example=lambda given: example_of(lambda: _intake(given)),
        ),
    },
)
async def intake(request: Request[Any, Any, Any]) -> Response[bytes]:
    """Say what one day held."""
    return computed(await request.app.state.workers.run(_intake, await read_json(request)))


@post(
    "/feed/plan",
    status_code=200,
    opt={
        "scope": "feed",
        "operation": Operation(
            "Plan food",
            "Food that prevents deficiency, magnesium among all, for a baby of 6 to 23 months; before that the plan is milk. "
            "Prevention, never treatment. When no plan keeps every rule, the status in the answer is infeasible, and the "
            "header says 3. A plan is never cut short: when it takes too long there is none (503).",
            "feed",
            Content("The plan.", ref("Plan")),
            body=Content("What is asked of the plan.", ref("AskedPlan"), {"a day": lambda: {"age": "8mo", "exclude": ["egg"]}}),
            problems=_PROBLEMS,
            answer_headers={STATUS_HEADER: STATUS_SAYS},
            example=lambda given: example_of(lambda: _plan(given, None)),
        ),
    },
)
async def plan(request: Request[Any, Any, Any]) -> Response[bytes]:
    """Plan food."""
    workers: Workers = request.app.state.planners
    try:
        found = await workers.run(_plan, await read_json(request), workers.deadline())
    except OutOfTimeError:
        raise ProblemError(out_of_time(request.app.state.settings.timeout)) from None
    return computed(found, refused=found["status"] == "infeasible")
