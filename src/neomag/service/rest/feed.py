"""POST /v1/feed/intake and /v1/feed/plan: what a day held, and what to give."""

from __future__ import annotations

from typing import Any

from litestar import Request, Response, post

from neomag.asking.feed import intake as intake_of
from neomag.asking.feed import plan as plan_of
from neomag.feeding.errors import OutOfTimeError
from neomag.service.limits import Workers, out_of_time
from neomag.service.openapi import Content, Operation
from neomag.service.problems import ProblemError
from neomag.service.rest.answers import STATUS_HEADER, STATUS_SAYS, computed, example_of
from neomag.service.rest.reading import read_json
from neomag.service.rest.schemas import ref

_PROBLEMS = ("unreadable-json", "not-acceptable", "unsupported-media-type", "not-valid", "out-of-time")


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
            example=lambda given: example_of(lambda: intake_of(given)),
        ),
    },
)
async def intake(request: Request[Any, Any, Any]) -> Response[bytes]:
    """Say what one day held."""
    return computed(await request.app.state.workers.run(intake_of, await read_json(request)))


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
            example=lambda given: example_of(lambda: plan_of(given, None)),
        ),
    },
)
async def plan(request: Request[Any, Any, Any]) -> Response[bytes]:
    """Plan food."""
    workers: Workers = request.app.state.planners
    try:
        found = await workers.run(plan_of, await read_json(request), workers.deadline())
    except OutOfTimeError:
        raise ProblemError(out_of_time(request.app.state.settings.timeout)) from None
    return computed(found, refused=found["status"] == "infeasible")
