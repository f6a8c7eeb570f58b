"""What a client asks when it calls a hook, read strictly: what is needed is there, and is what CDS Hooks 2.0 says it is."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, cast

from neomag.service.cds.entries import Service
from neomag.service.problems import Fault, ProblemError

_ID = re.compile(r"[A-Za-z0-9.-]{1,64}")
_LONGEST_INSTANCE = 200
Json = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Asked:
    """One call of a hook. `prefetch` is as it came; `drafts` are the resources of draftOrders, each with its JSON pointer.

    `selections` is None where the hook has none. `server` and `token` are where more may be read.
    """

    hook: str
    instance: str
    patient: str
    prefetch: Json
    drafts: tuple[tuple[str, Json], ...] = ()
    selections: frozenset[str] | None = None
    encounter: str | None = None
    server: str | None = None
    token: str | None = field(default=None, repr=False)


def asked_of(given: object, service: Service) -> Asked:
    """The call in a body. Raises ProblemError: 400 for another service's hook, 422 with every fault."""
    faults: list[Fault] = []
    body = _object(given, "", faults)
    if faults:
        raise ProblemError.not_valid(faults)
    hook = _text(body, "hook", "", faults)
    if hook and hook != service.hook:
        says = f"this service answers the hook `{service.hook}`"
        raise ProblemError.of("bad-request", says, [Fault("/hook", says)])
    instance = _text(body, "hookInstance", "", faults)
    if len(instance) > _LONGEST_INSTANCE:
        faults.append(Fault("/hookInstance", f"at most {_LONGEST_INSTANCE} characters"))
    context = _object(body.get("context"), "/context", faults)
    patient = _text(context, "patientId", "/context", faults)
    if patient and not _ID.fullmatch(patient):
        faults.append(Fault("/context/patientId", "the id of a Patient: letters, digits, `-` and `.`, at most 64"))
    encounter = None if context.get("encounterId") is None else _text(context, "encounterId", "/context", faults)
    if encounter and not _ID.fullmatch(encounter):
        faults.append(Fault("/context/encounterId", "the id of an Encounter: letters, digits, `-` and `.`, at most 64"))
    prefetch = _object({} if body.get("prefetch") is None else body["prefetch"], "/prefetch", faults)
    drafts: tuple[tuple[str, Json], ...] = ()
    selections: frozenset[str] | None = None
    if service.hook in {"order-select", "order-sign"}:
        drafts = tuple(_drafts(context.get("draftOrders"), faults))
    if service.hook == "order-select":
        selections = _selections(context.get("selections"), faults)
    server, token = _access(body, faults)
    if faults:
        raise ProblemError.not_valid(faults)
    return Asked(hook, instance, patient, prefetch, drafts, selections, encounter, server, token)


def _object(value: object, where: str, faults: list[Fault]) -> Json:
    if isinstance(value, dict):
        return cast("Json", value)
    faults.append(Fault(where, "an object is expected"))
    return {}


def _text(holder: Json, name: str, where: str, faults: list[Fault]) -> str:
    value = holder.get(name)
    if isinstance(value, str) and value.strip():
        return value
    says = "a text that is not empty is expected"
    faults.append(Fault(f"{where}/{name}", f"missing; {says}" if value is None else says))
    return ""


def _drafts(value: object, faults: list[Fault]) -> list[tuple[str, Json]]:
    where = "/context/draftOrders"
    bundle = _object(value, where, faults)
    if not bundle:
        return []
    entries: object = bundle.get("entry", [])
    if bundle.get("resourceType") != "Bundle" or not isinstance(entries, list):
        faults.append(Fault(where, "a Bundle of FHIR R4 with a list `entry` is expected"))
        return []
    found: list[tuple[str, Json]] = []
    for place, entry in enumerate(cast("list[object]", entries)):
        at = f"{where}/entry/{place}"
        resource = _object(_object(entry, at, faults).get("resource"), f"{at}/resource", faults)
        if resource and not isinstance(resource.get("resourceType"), str):
            faults.append(Fault(f"{at}/resource/resourceType", "the type of the resource is expected"))
        found.append((f"{at}/resource", resource))
    return found


def _selections(value: object, faults: list[Fault]) -> frozenset[str]:
    items = cast("list[object]", value) if isinstance(value, list) else None
    if items is None or not all(isinstance(item, str) for item in items):
        faults.append(Fault("/context/selections", "a list of references such as `MedicationRequest/1` is expected"))
        return frozenset()
    return frozenset(cast("list[str]", items))


def _access(body: Json, faults: list[Fault]) -> tuple[str | None, str | None]:
    """The server and the token of `fhirServer` and `fhirAuthorization`, where they are given."""
    server: object = body.get("fhirServer")
    if server is not None and (not isinstance(server, str) or not server.strip()):
        faults.append(Fault("/fhirServer", "the address of a FHIR server is expected"))
        server = None
    if body.get("fhirAuthorization") is None:
        return server, None
    said = _object(body["fhirAuthorization"], "/fhirAuthorization", faults)
    token = _text(said, "access_token", "/fhirAuthorization", faults)
    if str(said.get("token_type", "Bearer")).lower() != "bearer":
        faults.append(Fault("/fhirAuthorization/token_type", "`Bearer` is expected"))
    if not token.isascii() or not token.isprintable():
        faults.append(Fault("/fhirAuthorization/access_token", "characters of ASCII that can be printed are expected"))
    return server, token or None
