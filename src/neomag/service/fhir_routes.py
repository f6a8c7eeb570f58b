"""FHIR R4: POST /fhir/$assess, and what the server says of itself. Everything here answers in FHIR, its errors too."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from litestar import Request, Response, Router, get, post

from neomag.assess import assess as answer_to
from neomag.fhir import FhirInputError, capability_statement, operation_definition, read_case, refused, to_bundle
from neomag.rules import rulebook
from neomag.service.access import request_urn
from neomag.service.errors import problem_of
from neomag.service.fhir_form import FHIR, PREFIX, Form, check_version, fhir_response, form_of
from neomag.service.limits import Workers
from neomag.service.loopback import authenticates
from neomag.service.openapi import JSON, Content, Operation, Parameter, Schema
from neomag.service.rest.answers import has_already, tag_of
from neomag.service.rest.keeping import ID_HEADER, ID_SAYS, answered_before, kept, key_of
from neomag.service.rest.reading import LARGE, read_json
from neomag.service.settings import Settings

_HOST = re.compile(r"([A-Za-z0-9.-]{1,253}|\[[0-9a-fA-F:.]{2,45}\])(:[0-9]{1,5})?")

OUTCOME: Schema = {
    "type": "object",
    "description": "An OperationOutcome of FHIR R4: each issue with its type, what is wrong and would be accepted, and where: "
    "`expression` (FHIRPath) in what was sent, or `location` for a parameter or header (`http._format`).",
    "required": ["resourceType", "issue"],
    "properties": {
        "resourceType": {"const": "OperationOutcome"},
        "issue": {
            "type": "array",
            "minItems": 1,
            "items": {
                "type": "object",
                "required": ["severity", "code"],
                "properties": {
                    "severity": {"enum": ["fatal", "error", "warning", "information"]},
                    "code": {"type": "string"},
                    "details": {"type": "object", "required": ["text"]},
                    "diagnostics": {"type": "string"},
                    "expression": {"type": "array", "items": {"type": "string"}},
                    "location": {"type": "array", "items": {"type": "string"}},
                },
            },
        },
    },
}
_FORMATS: Schema = {"type": "string", "enum": ["json", FHIR, JSON, "text/json"]}
_FORMAT = Parameter("_format", "The form of the answer; wins over Accept.", _FORMATS, "json")
_PRETTY = Parameter("_pretty", "Whether the answer is indented.", {"type": "boolean"})
_KINDS = ("not-acceptable", "not-valid")


def _resource(kind: str, **more: Schema) -> Schema:
    said = {"resourceType": {"const": kind}, **more}
    return {"type": "object", "required": ["resourceType"], "properties": said}


@dataclass(frozen=True, slots=True)
class FhirOperation(Operation):
    """An operation whose errors are OperationOutcome, and whose body may be sent under either type."""

    def to_dict(self, name: str, scope: str | None = None) -> dict[str, Any]:
        """As OpenAPI has it."""
        said = Operation.to_dict(self, name, scope)
        for status, answer in said["responses"].items():
            if status >= "400":
                answer["content"] = {media: {"schema": dict(OUTCOME)} for media in (FHIR, JSON)}
            elif "content" in answer:
                answer["content"] = dict.fromkeys((FHIR, JSON), answer["content"][FHIR])
        if "requestBody" in said:
            content = said["requestBody"]["content"]
            content[JSON] = {"schema": content[FHIR]["schema"]}
        return said


def _example() -> dict[str, Any]:
    """A seizure of a newborn, and its magnesium."""
    about = {"reference": "Patient/example"}
    at = "2026-01-21T06:00:00Z"
    level = {
        "resourceType": "Observation", "id": "magnesium", "status": "final", "subject": about, "effectiveDateTime": at,
        "code": {"coding": [{"system": "http://loinc.org", "code": "2601-3"}]},
        "valueQuantity": {"value": 0.41, "unit": "mmol/L", "system": "http://unitsofmeasure.org", "code": "mmol/L"},
    }  # fmt: skip
    seizure = {
        "resourceType": "Condition", "id": "seizure", "subject": about, "onsetDateTime": at,
        "code": {"coding": [{"system": "http://snomed.info/sct", "code": "91175000"}]},
    }  # fmt: skip
    infant = {"resourceType": "Patient", "id": "example", "birthDate": "2026-01-01", "gender": "female"}
    found = [{"name": "resource", "resource": resource} for resource in (infant, seizure, level)]
    return {"resourceType": "Parameters", "parameter": [{"name": "now", "valueDateTime": "2026-01-21T08:00:00Z"}, *found]}


def _answered(given: Any, settings: Settings, base: str | None = None) -> dict[str, Any]:
    reading = read_case(given, codes=settings.site_codes, zone=settings.zone or "UTC")
    return to_bundle(answer_to(reading.case), reading, base=base)


def _shown(given: Any) -> dict[str, Any]:
    """The answer as an example shows it: its first resource."""
    bundle = _answered(given, Settings())
    return bundle | {"entry": bundle["entry"][:1]}


def base_of(request: Request[Any, Any, Any]) -> str:
    """The address of this FHIR server: by the settings, else as it was called."""
    settings: Settings = request.app.state.settings
    host = request.headers.get("host", "")
    if settings.public_url:
        return settings.public_url + PREFIX
    # What is no host is not repeated.
    return f"{request.scope['scheme']}://{host if _HOST.fullmatch(host) else f'{settings.host}:{settings.port}'}{PREFIX}"


def _status(error: FhirInputError) -> int:
    """400 for what is no resource of FHIR, 422 for one that cannot be answered as it stands."""
    return 400 if any(issue.type == "structure" for issue in error.issues) else 422


@post(
    "/$assess",
    status_code=200,
    opt={
        "scope": "assess",
        "operation": FhirOperation(
            "Assess an infant, in FHIR",
            "Reads the Parameters or Bundle of one infant (FHIR R4). The answer is a Bundle: GuidanceResponse first, "
            "ClinicalImpression, DetectedIssue, and proposals in draft, each with its Provenance. Nothing is ordered. With a "
            "store, the same request with the same `Idempotency-Key` is answered as before.",
            "fhir",
            Content("The answer.", _resource("Bundle", type={"const": "collection"}), media_type=FHIR),
            parameters=(_FORMAT, _PRETTY),
            body=Content(
                "The infant.",
                {
                    "oneOf": [
                        _resource("Parameters", parameter={"type": "array", "items": {"type": "object"}}),
                        _resource("Bundle", entry={"type": "array", "items": {"type": "object"}}),
                    ]
                },
                {"a seizure": _example},
                FHIR,
            ),
            problems=("unreadable-json", "unsupported-media-type", "conflict", *_KINDS),
            answer_headers={ID_HEADER: ID_SAYS},
            example=_shown,
        ),
    },
)
async def assess(request: Request[Any, Any, Any]) -> Response[bytes]:
    """Answer a Parameters or Bundle, and keep it with its answer where there is a store."""
    form = form_of(request)
    check_version(request)
    given = await read_json(request)
    key = await key_of(request)
    if (before := await answered_before(request, key, form.content_type)) is not None:
        return before
    settings: Settings = request.app.state.settings
    base = base_of(request)
    workers: Workers = request.app.state.workers
    try:
        if len(await request.body()) > LARGE:
            said = await workers.run(_answered, given, settings, base)
        else:
            said = _answered(given, settings, base)
    except FhirInputError as error:
        return form.response(refused(error), _status(error))
    return await kept(request, key, form.response(said))


def _fixed(request: Request[Any, Any, Any], form: Form, resource: Mapping[str, Any]) -> Response[bytes]:
    """What changes only with the release: named by its content."""
    response = form.response(resource)
    tag = tag_of(response.content)
    more = {"ETag": f"W/{tag}", "Cache-Control": "no-cache"}
    if has_already(request, tag):
        return Response(b"", status_code=304, headers=more)
    response.headers.update(more)
    return response


_SAME = {304: "Not changed: the ETag sent in If-None-Match is that of the answer."}


@get(
    "/metadata",
    opt={
        "exclude_from_auth": True,
        "operation": FhirOperation(
            "CapabilityStatement", "What this FHIR server can do.", "fhir",
            Content("The statement.", _resource("CapabilityStatement"), media_type=FHIR),
            parameters=(_FORMAT, _PRETTY), problems=_KINDS, also=_SAME,
        ),
    },
)  # fmt: skip
async def metadata(request: Request[Any, Any, Any]) -> Response[bytes]:
    """Say what this server can do."""
    settings: Settings = request.app.state.settings
    takes_tokens = authenticates(settings) and settings.oidc_issuer is not None
    return _fixed(request, form_of(request), capability_statement(base_of(request), smart=takes_tokens))


@get(
    "/OperationDefinition/assess",
    opt={
        "exclude_from_auth": True,
        "operation": FhirOperation(
            "OperationDefinition of $assess", "What `$assess` takes and gives.", "fhir",
            Content("The definition.", _resource("OperationDefinition"), media_type=FHIR),
            parameters=(_FORMAT, _PRETTY), problems=_KINDS, also=_SAME,
        ),
    },
)  # fmt: skip
async def definition(request: Request[Any, Any, Any]) -> Response[bytes]:
    """Define the operation."""
    return _fixed(request, form_of(request), operation_definition(base_of(request)))


def _outcome(request: Request[Any, Any, Any], error: Exception) -> Response[bytes]:
    return fhir_response(problem_of(request, error), request_urn(request.scope))


def router() -> Router:
    """The routes under /fhir. `fhir_form.Outcomes`, around the application, answers in FHIR also where no route
    is reached."""
    rulebook()
    return Router(PREFIX, route_handlers=[assess, metadata, definition], exception_handlers={Exception: _outcome})
