"""POST /v1/dose and /v1/dose/check: a dose worked out, and an order checked."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from litestar import Request, Response, post

from neomag.case import Case
from neomag.dosing import DoseInputError, with_site_regimens
from neomag.dosing.asked import AskedError, dose_asked, order_asked
from neomag.rules import rulebook
from neomag.service.openapi import Content, Operation, Schema
from neomag.service.problems import Fault, ProblemError
from neomag.service.rest.answers import STATUS_HEADER, STATUS_SAYS, computed, example_of
from neomag.service.rest.assess import read_case
from neomag.service.rest.form import pointer
from neomag.service.rest.reading import checked, read_json
from neomag.service.rest.schemas import asked_check, asked_dose, ref

_PROBLEMS = ("unreadable-json", "not-acceptable", "unsupported-media-type", "not-valid")
_DOSE, _CHECK = asked_dose(), asked_check()
_INFANT = {"weight": "3.0kg", "serum_mg": "0.45mmol/L"}


def _said(field: str) -> str:
    """What a field of the calculator is called in a body."""
    return "`with`" if field == "beside" else f"`{field}`"


def _worked_out(asked: Callable[..., Any], given: Any, schema: Schema) -> Any:
    """The answer of the calculator to a body. Raises ProblemError with every fault."""
    known = rulebook().knowledge
    fields = {**checked(given, schema)}
    case: Case | None = read_case(fields.pop("case"), known, "case") if "case" in fields else None
    fields["beside"] = fields.pop("with", ())
    if "doses" in fields:
        fields["doses"] = int(fields["doses"])
    try:
        return asked(fields, case, with_site_regimens(known), _said)
    except AskedError as error:
        places = {"": "", "beside": "/with"}
        raise ProblemError.not_valid([Fault(places.get(name, pointer(name)), says) for name, says in error.faults]) from None
    except DoseInputError as error:
        raise ProblemError.not_valid([Fault("", says) for says in error.problems]) from None


def _dose(given: Any) -> Any:
    return _worked_out(dose_asked, given, _DOSE)


def _check(given: Any) -> Any:
    return _worked_out(order_asked, given, _CHECK)


@post(
    "/dose",
    status_code=200,
    opt={
        "scope": "dose",
        "operation": Operation(
            "Work out a dose",
            "One dose of magnesium in five units: how to make it, how fast, what to watch, or why not to give it. "
            "For clinicians. A refusal is an answer too: its status is 200, `refused` is not empty, and the header says 3.",
            "dose",
            Content("The dose, or why it is refused.", ref("Dose")),
            body=Content(
                "The infant and the order, as texts with their units.",
                ref("AskedDose"),
                {
                    "a dose": lambda: {
                        **_INFANT,
                        "amount": "0.2mmol/kg",
                        "product": "mgso4-50",
                        "route": "iv",
                        "over": "60min",
                    },
                    "refused": lambda: {**_INFANT, "amount": "50mg/kg"},
                },
            ),
            problems=_PROBLEMS,
            answer_headers={STATUS_HEADER: STATUS_SAYS},
            example=lambda given: example_of(lambda: _dose(given).to_dict()),
        ),
    },
)
async def dose(request: Request[Any, Any, Any]) -> Response[bytes]:
    """Work out a dose."""
    found = await request.app.state.workers.run(_dose, await read_json(request))
    return computed(found.to_dict(), refused=bool(found.refused))


@post(
    "/dose/check",
    status_code=200,
    opt={
        "scope": "dose",
        "operation": Operation(
            "Check an order",
            "An order as it is written: accepted, unusual or refused, and why. A refused order is an answer too: its status is "
            "200, the verdict is refused, and the header says 3.",
            "dose",
            Content("The verdict.", ref("Check")),
            body=Content(
                "The order and the infant.",
                ref("AskedCheck"),
                {"an order": lambda: {"order": "MgSO4 0.8 mL of 50% IV over 30 min", **_INFANT}},
            ),
            problems=_PROBLEMS,
            answer_headers={STATUS_HEADER: STATUS_SAYS},
            example=lambda given: example_of(lambda: _check(given).to_dict()),
        ),
    },
)
async def check(request: Request[Any, Any, Any]) -> Response[bytes]:
    """Check an order."""
    found = await request.app.state.workers.run(_check, await read_json(request))
    return computed(found.to_dict(), refused=bool(found.refused))
