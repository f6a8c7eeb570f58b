"""POST /v1/assess: a case, or a list of them, to its answer."""

from __future__ import annotations

import json
from importlib.resources import files
from typing import Any, cast

from litestar import Request, Response, post

from neomag.asking import Fault, NotValidError
from neomag.asking.case import read_case
from neomag.assess import assess as answer_to
from neomag.case import Case
from neomag.dosing.after import answered
from neomag.knowledge import Knowledge
from neomag.rules import rulebook
from neomag.service.limits import Workers
from neomag.service.openapi import Content, Operation
from neomag.service.problems import ProblemError
from neomag.service.rest.answers import computed, example_of
from neomag.service.rest.keeping import ID_HEADER, ID_SAYS, answered_before, kept, key_of
from neomag.service.rest.reading import SMALL, read_json
from neomag.service.rest.rules_json import rules_json
from neomag.service.rest.schemas import ref
from neomag.service.settings import Settings

# When so many faults are found the other cases of a list are not looked at.
_MOST_FAULTS = 100
# Of the rules of an answer, in an example.
_SHOWN = 2


def said(case: Case) -> dict[str, Any]:
    """The answer to a case, as the command gives it in JSON; its rules are JSON already."""
    answer = answer_to(case)
    return answered(case, answer, rules=rules_json(answer))


def _all_said(given: list[Any], knowledge: Knowledge) -> list[dict[str, Any]]:
    cases: list[Case] = []
    faults: list[Fault] = []
    for place, one in enumerate(given):
        if len(faults) >= _MOST_FAULTS:
            break
        try:
            cases.append(read_case(one, knowledge, place))
        except NotValidError as error:
            faults += error.faults
    if faults:
        raise NotValidError(faults)
    return [said(case) for case in cases]


def _cut(given: Any) -> Any:
    """The answer as an example shows it: of its rules, each explained, the first few."""
    if isinstance(given, list):
        return [_cut(one) for one in cast(list[Any], given)]
    case = Case.from_dict(given)
    answer = answer_to(case)
    return answered(case, answer, rules=[rule.to_dict() for rule in answer.rules[:_SHOWN]])


def _example() -> dict[str, Any]:
    return json.loads((files("neomag") / "examples" / "P-014.json").read_text("utf-8"))


@post(
    "/assess",
    status_code=200,
    opt={
        "scope": "assess",
        "operation": Operation(
            "Assess an infant",
            "How urgent it is, what the magnesium level means, what to do and not to do, and why. A list of cases is answered "
            "by a list, in its order; when one of them cannot be read none is answered, and `errors` says which. With a store, "
            "the same request with the same `Idempotency-Key` is answered as before.",
            "assess",
            Content("The answer, or a list of them.", {"oneOf": [ref("Answer"), {"type": "array", "items": ref("Answer")}]}),
            body=Content(
                "A case, or a list of them.",
                {"oneOf": [ref("Case"), {"type": "array", "minItems": 1, "items": ref("Case")}]},
                {"a case": _example, "several": lambda: [{"case": "one", "now": "3 d"}, {"case": "two", "now": "60 d"}]},
            ),
            problems=("unreadable-json", "not-acceptable", "unsupported-media-type", "not-valid", "conflict", "not-ready"),
            answer_headers={ID_HEADER: ID_SAYS},
            example=lambda given: example_of(lambda: _cut(given)),
        ),
    },
)
async def assess(request: Request[Any, Any, Any]) -> Response[bytes]:
    """Answer a case, or several, and keep the answers where there is a store."""
    given = await read_json(request)
    key = await key_of(request)
    if (before := await answered_before(request, key)) is not None:
        return before
    return await kept(request, key, computed(await _said(request, given)))


async def _said(request: Request[Any, Any, Any], given: Any) -> Any:
    """The answer, or a list of them; what takes long is worked on in a thread."""
    knowledge = rulebook().knowledge
    settings: Settings = request.app.state.settings
    workers: Workers = request.app.state.workers
    if isinstance(given, list):
        several = cast(list[Any], given)
        if not several:
            raise ProblemError.not_valid([Fault("", "the list is empty; write at least one case")])
        if len(several) > settings.max_cases:
            raise ProblemError.not_valid([Fault("", f"{len(several)} cases; at most {settings.max_cases} at once")])
        return await workers.run(_all_said, several, knowledge)
    # A usual case takes less than it costs to hand it to a thread.
    if len(await request.body()) > SMALL:
        return await workers.run(lambda: said(read_case(given, knowledge)))
    return said(read_case(given, knowledge))
