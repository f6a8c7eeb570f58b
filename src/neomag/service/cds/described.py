"""What the routes say of themselves in the OpenAPI document."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from neomag.rules import rulebook
from neomag.service.openapi import Content, Operation, Parameter, Schema
from neomag.service.rest.answers import example_of

_TEXT: Schema = {"type": "string", "minLength": 1}
_NAMED = Parameter(
    "service", "The id of the service, as discovery gives it.", _TEXT, "neomag-patient-view", "path", required=True
)
_PROBLEMS = ("unreadable-json", "not-found", "not-acceptable", "unsupported-media-type", "not-valid")

_CALLED: Schema = {
    "type": "object",
    "required": ["hook", "hookInstance", "context"],
    "properties": {
        "hook": _TEXT,
        "hookInstance": _TEXT,
        "fhirServer": {"type": ["string", "null"]},
        "fhirAuthorization": {"type": ["object", "null"], "required": ["access_token"], "properties": {"access_token": _TEXT}},
        "context": {
            "type": "object",
            "required": ["patientId"],
            "properties": {
                "userId": {"description": "Who the user is; not used here."},
                "patientId": {"type": "string", "pattern": "^[A-Za-z0-9.-]{1,64}$"},
                "encounterId": {"type": ["string", "null"], "pattern": "^[A-Za-z0-9.-]{1,64}$"},
                "draftOrders": {"description": "For order-select and order-sign: a Bundle of the orders."},
                "selections": {"description": "For order-select: a list of references to the orders just chosen."},
            },
        },
        "prefetch": {
            "type": ["object", "null"],
            "description": "By key of discovery: a resource of FHIR R4, a searchset, null or an OperationOutcome.",
        },
    },
}
_CARDS: Schema = {
    "type": "object",
    "required": ["cards"],
    "properties": {
        "cards": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["uuid", "summary", "indicator", "detail", "source"],
                "properties": {
                    "summary": {"type": "string", "maxLength": 139},
                    "indicator": {"type": "string", "enum": ["info", "warning", "critical"]},
                    "detail": {"type": "string", "description": "GitHub Flavored Markdown."},
                },
            },
        }
    },
}
_TOLD: Schema = {
    "type": "object",
    "required": ["feedback"],
    "properties": {
        "feedback": {
            "type": "array",
            "minItems": 1,
            "maxItems": 100,
            "items": {
                "type": "object",
                "required": ["card", "outcome", "outcomeTimestamp"],
                "properties": {
                    "card": {"type": "string", "format": "uuid"},
                    "outcome": {"type": "string", "enum": ["accepted", "overridden"]},
                    "outcomeTimestamp": {"type": "string", "format": "date-time"},
                },
            },
        }
    },
}  # fmt: skip


def _call() -> dict[str, Any]:
    infant = {"reference": "Patient/infant"}
    seizure = {"coding": [{"system": "http://snomed.info/sct", "code": "91175000"}]}
    found = {
        "resourceType": "Condition",
        "id": "c",
        "subject": infant,
        "code": seizure,
        "onsetDateTime": "2026-02-01T00:00:00Z",
    }
    none = {"resourceType": "Bundle", "type": "searchset", "total": 0}
    return {
        "hook": "patient-view",
        "hookInstance": "6bc883b2-b795-4dcb-b661-34884a31d472",
        "context": {"userId": "Practitioner/1", "patientId": "infant"},
        "prefetch": {
            "patient": {"resourceType": "Patient", "id": "infant", "birthDate": "2026-01-20"},
            "conditions": {**none, "total": 1, "entry": [{"resource": found}]},
            **dict.fromkeys(("observations", "given", "encounters", "specimens", "tests"), none),
        },
    }


def _answered(given: dict[str, Any]) -> dict[str, Any]:
    from neomag.service.cds.answering import cards_of
    from neomag.service.cds.asked import asked_of
    from neomag.service.cds.entries import entries
    from neomag.service.cds.prefetch import had
    from neomag.service.settings import Settings

    knowledge = rulebook().knowledge
    known = entries(knowledge)
    of = known.services["neomag-patient-view"]
    asked = asked_of(given, of)
    facts = [had(known.templates[key], asked.prefetch, null_is_empty=False) for key in of.needs]
    now = datetime(2026, 2, 2, tzinfo=UTC)
    return {"cards": cards_of(asked, of, facts, now=now, settings=Settings(), entries=known, knowledge=knowledge).cards}


def _told() -> dict[str, Any]:
    card = "4e0a3a1e-3283-4575-ab82-028d55fe2719"
    return {"feedback": [{"card": card, "outcome": "overridden", "outcomeTimestamp": "2026-02-02T10:05:31Z"}]}


DISCOVERY = Operation(
    "The services of CDS Hooks",
    "CDS Hooks 2.0: the hooks that are answered, and what to send along (prefetch).",
    "cds-hooks",
    Content("The services.", {"type": "object", "required": ["services"]}),
    problems=("not-acceptable",),
    also={304: "Not changed: the ETag sent in If-None-Match is that of the answer."},
)
CALL = Operation(
    "Call a service of CDS Hooks",
    "Cards for the infant and moment, at most one of them critical; none where there is nothing to say. 412 when data that is "
    "needed was not sent and cannot be fetched.",
    "cds-hooks",
    Content("The cards.", _CARDS),
    (_NAMED,),
    Content("The call.", _CALLED, {"patient-view": _call}),
    (*_PROBLEMS, "data-missing"),
    example=lambda given: example_of(lambda: _answered(given)),
)
FEEDBACK = Operation(
    "Tell what became of cards",
    "Whether cards were accepted or overridden, and why. All of it is kept, or none.",
    "cds-hooks",
    Content("Kept.", {"type": "object"}),
    (_NAMED,),
    Content("What became of them.", _TOLD, {"overridden": _told}),
    (*_PROBLEMS, "not-ready"),
)
