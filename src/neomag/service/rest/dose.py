"""POST /v1/dose and /v1/dose/check: a dose worked out, and an order checked."""

from __future__ import annotations

from typing import Any

from litestar import Request, Response, post

from neomag.asking.dose import check as check_of
from neomag.asking.dose import dose as dose_of
from neomag.service.openapi import Content, Operation
from neomag.service.rest.answers import STATUS_HEADER, STATUS_SAYS, computed, example_of
from neomag.service.rest.reading import read_json
from neomag.service.rest.schemas import ref

_PROBLEMS = ("unreadable-json", "not-acceptable", "unsupported-media-type", "not-valid")
_INFANT = {"weight": "3.0kg", "serum_mg": "0.45mmol/L"}


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
            example=lambda given: example_of(lambda: dose_of(given).to_dict()),
        ),
    },
)
async def dose(request: Request[Any, Any, Any]) -> Response[bytes]:
    """Work out a dose."""
    found = await request.app.state.workers.run(dose_of, await read_json(request))
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
            example=lambda given: example_of(lambda: check_of(given).to_dict()),
        ),
    },
)
async def check(request: Request[Any, Any, Any]) -> Response[bytes]:
    """Check an order."""
    found = await request.app.state.workers.run(check_of, await read_json(request))
    return computed(found.to_dict(), refused=bool(found.refused))
