"""POST /v1/feed/intake and /v1/feed/plan: what a day held, and what to give."""

from __future__ import annotations

from functools import partial
from typing import Any

from litestar import Request, Response, post

from neomag.feeding.asked import request_asked
from neomag.feeding.diary import DiaryError, read_diary
from neomag.feeding.errors import AskedError, FeedingInputError, OutOfTimeError
from neomag.feeding.explain import Explainer
from neomag.feeding.highs import HighsSession
from neomag.feeding.intake import intake as intake_of
from neomag.feeding.plan import plan as plan_of
from neomag.feeding.plan_dict import plan_dict
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
_MOST_BYTES = 256 * 1024


def _intake(given: Any) -> dict[str, Any]:
    fields = checked(given, _INTAKE)
    written = fields["diary"]
    diary = written.encode() if isinstance(written, str) else written
    if isinstance(diary, bytes) and len(diary) > _MOST_BYTES:
        raise ProblemError.not_valid([Fault("/diary", f"larger than {_MOST_BYTES // 1024} kB; a diary is one day")])
    table = load_foods()
    try:
        day = read_diary(diary, table.foods, age=fields.get("age"))
    except DiaryError as error:
        raise ProblemError.not_valid([Fault("/diary", problem) for problem in error.problems]) from None
    named = {name: fields[name] for name in ("authority", "fill", "iron", "zinc") if name in fields}
    try:
        return intake_of(day, table, **named).to_dict()
    except FeedingInputError as error:
        raise ProblemError.not_valid([Fault("", line) for line in str(error).splitlines()]) from None


def _plan(given: Any, until: float | None) -> dict[str, Any]:
    fields = checked(given, _PLAN)
    if "days" in fields:
        fields = {**fields, "days": int(fields["days"])}
    known, table = load_feeding(), load_foods()
    try:
        found = plan_of(request_asked(fields, lambda name: f"`{name}`"), known, table, partial(HighsSession, until=until))
        return plan_dict(found, Explainer(found, known, table))
    except AskedError as error:
        raise ProblemError.not_valid([Fault(pointer(name), says) for name, says in error.faults]) from None
    except FeedingInputError as error:
        raise ProblemError.not_valid([Fault("", line) for line in str(error).splitlines()]) from None


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
