"""What the answer advises, as proposals: ServiceRequest for tests, CommunicationRequest for messages, Task for the rest, and a
RequestGroup that holds all of them in their order.

Nothing is ordered: every request is a proposal in draft. A treatment is a Task for a person to think about, never an order of a
drug: doses are for the dose calculator.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from neomag.answer import Advice
from neomag.fhir import own
from neomag.fhir.draft import Draft
from neomag.fhir.elements import Resource, citations, concept, narrative
from neomag.knowledge import Knowledge
from neomag.knowledge.tables import fhir_file, read_toml

_LOINC = "http://loinc.org"


def proposals(draft: Draft) -> Resource | None:
    """Add the requests of every action; a reference to the RequestGroup that holds them, None when nothing is advised."""
    actions = [_action(advice, draft) for advice in draft.answer.actions]
    if not actions:
        return None
    advised = draft.answer.actions
    resource = {
        "resourceType": "RequestGroup",
        "text": narrative([advice.says for advice in advised]),
        "status": "draft",
        "intent": "proposal",
        "priority": draft.priority,
        "subject": draft.subject,
        **draft.encounter,
        "authoredOn": draft.recorded,
        "author": draft.device,
        "action": actions,
    }
    because = [rule for advice in advised for rule in advice.because]
    return draft.put(resource, "actions", because, [key for advice in advised for key in advice.sources])


def _action(advice: Advice, draft: Draft) -> Resource:
    found: dict[str, Any] = {
        "title": draft.knowledge.actions[advice.code].code,
        "description": advice.says,
        "priority": draft.priority,
        "code": [concept("action", advice.code, advice.says)],
    }
    if documents := citations(advice.sources, draft.knowledge):
        found["documentation"] = documents
    requests = _requests(advice, draft)
    if len(requests) == 1:
        found["resource"] = requests[0][1]
    else:
        found["action"] = [{"title": title, "resource": request} for title, request in requests]
    return found


def _requests(advice: Advice, draft: Draft) -> list[tuple[str, Resource]]:
    """The requests of one action, each with its title."""
    settings, code = draft.settings, advice.code
    if code in settings["laboratory"]:
        return [(lab, _service(advice, draft, lab)) for lab in settings["laboratory"][code]]
    if code in settings["investigation"]["actions"]:
        return [(code, _service(advice, draft, None))]
    if code in settings["communication"]["actions"]:
        return [(code, _communication(advice, draft))]
    return [(code, _task(advice, draft))]


def _service(advice: Advice, draft: Draft, lab: str | None) -> Resource:
    resource = {**service_request(advice, draft, lab), "requester": draft.device}
    return draft.put(resource, f"{advice.code}:{lab or ''}", advice.because, advice.sources)


def service_request(advice: Advice, draft: Draft, lab: str | None) -> Resource:
    """The ServiceRequest of an action, for one laboratory test or (None) for the action itself; nothing is added."""
    if lab is None:
        code = concept("action", advice.code, advice.says)
    else:
        loinc = loinc_of(lab, draft.knowledge)
        more = [{"system": _LOINC, "code": loinc}] if loinc else []
        code = concept("lab", lab, draft.knowledge.vocabulary["lab"][lab].meaning, *more)
    return {
        "resourceType": "ServiceRequest",
        "text": narrative([advice.says]),
        "status": "draft",
        "intent": "proposal",
        "priority": draft.priority,
        "code": code,
        "subject": draft.subject,
        **draft.encounter,
        "authoredOn": draft.recorded,
        "reasonCode": _reasons(advice, draft),
        "note": [{"text": advice.says}],
    }


def _communication(advice: Advice, draft: Draft) -> Resource:
    resource = {
        "resourceType": "CommunicationRequest",
        "text": narrative([advice.says]),
        "status": "draft",
        "category": [concept("action", advice.code, advice.says)],
        "priority": draft.priority,
        "subject": draft.subject,
        **draft.encounter,
        "payload": [{"contentString": advice.says}],
        "authoredOn": draft.recorded,
        "reasonCode": _reasons(advice, draft),
    }
    return draft.put(resource, advice.code, advice.because, advice.sources)


def _task(advice: Advice, draft: Draft) -> Resource:
    resource = {
        "resourceType": "Task",
        "text": narrative([advice.says]),
        "status": "draft",
        "intent": "proposal",
        "priority": draft.priority,
        "code": concept("action", advice.code, advice.says),
        "description": advice.says,
        "for": draft.subject,
        **draft.encounter,
        "authoredOn": draft.recorded,
        "requester": draft.device,
        "reasonCode": _reasons(advice, draft)[0],
    }
    return draft.put(resource, advice.code, advice.because, advice.sources)


def _reasons(advice: Advice, draft: Draft) -> list[Resource]:
    return [concept("rule", rule, draft.knowledge.rules[rule].says) for rule in advice.because]


@cache
def loinc_of(lab: str, knowledge: Knowledge) -> str | None:
    """The confirmed LOINC code of a laboratory test: of moles, else of mass, else of neither; None where none is."""
    bound = list(own.bindings((), knowledge).by_code.values())
    order = read_toml(fhir_file("resources.toml"))["loinc"]["order"]
    found = {b.property: b.code for b in reversed(bound) if (b.system, b.kind, b.vocabulary) == ("LOINC", "lab", lab)}
    return next((found[kind] for kind in order if kind in found), None)
