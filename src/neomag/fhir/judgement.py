"""ClinicalImpression: whether magnesium is lacking, and why. GuidanceResponse: the reply itself, with the answer as Parameters.

ClinicalImpression and not RiskAssessment: what is judged is the present and not an outcome to come, and no probability was
worked out. It stays in progress, since a clinician has the last word; only a person can be its assessor, so neomag is named in
its Provenance.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from neomag.answer import Advice
from neomag.fhir.draft import Draft
from neomag.fhir.elements import Resource, concept, lines_of, narrative
from neomag.fhir.own import UCUM, system


def impression(draft: Draft) -> Resource:
    """Add the ClinicalImpression: the suspicion, and the causes that are thought of."""
    answer, named = draft.answer, draft.settings["assessment"]["outcome"]
    rules = draft.true("suspicion", answer.suspicion)
    summary = f"{named}: {answer.suspicion}"
    finding: dict[str, Any] = {"itemCodeableConcept": concept("suspicion", answer.suspicion, summary)}
    if rules:
        finding["basis"] = " ".join(rule.says for rule in rules)
    causes = [
        {
            "itemCodeableConcept": concept("cause", cause.code, cause.says),
            "basis": " ".join(draft.knowledge.rules[rule].says for rule in cause.because),
        }
        for cause in answer.causes
    ]
    resource: dict[str, Any] = {
        "resourceType": "ClinicalImpression",
        "text": narrative([summary, *(rule.says for rule in rules), *(cause.says for cause in answer.causes)]),
        "status": "in-progress",
        "code": concept("outcome", "magnesium-deficiency", named),
        "subject": draft.subject,
        **draft.encounter,
        "effectiveDateTime": draft.reading.now,
        "date": draft.recorded,
        "summary": summary,
        "finding": [finding, *causes],
    }
    if draft.basis:
        resource["supportingInfo"] = draft.basis
    because = [*(rule.id for rule in rules), *(rule for cause in answer.causes for rule in cause.because)]
    sources = [*(key for rule in rules for key in rule.sources), *(key for cause in answer.causes for key in cause.sources)]
    return draft.put(resource, "impression", because, sources)


def guidance(draft: Draft, module: str, result: Resource | None, outcome: Resource | None) -> Resource:
    """Add the GuidanceResponse; `module` is the canonical address of the operation."""
    answer = draft.answer
    # Out of range nothing more would help; else what is not assessable can become so.
    wanting = answer.suspicion == "not-assessable" and not any(p["code"] == "out-of-scope" for p in answer.problems)
    resource: dict[str, Any] = {
        "resourceType": "GuidanceResponse",
        "text": narrative([draft.settings["assessment"]["disclaimer"], *(a.says for a in answer.actions)]),
        "moduleUri": module,
        "status": "data-requested" if wanting else "success",
        "subject": draft.subject,
        **draft.encounter,
        "occurrenceDateTime": draft.reading.now,
        "performer": draft.device,
        "note": [{"text": draft.settings["assessment"]["disclaimer"]}],
        "outputParameters": draft.parameters(answer_parameters(draft)),
    }
    if outcome is not None:
        resource["evaluationMessage"] = [outcome]
    if result is not None:
        resource["result"] = result
    urgent = draft.true("urgency", answer.urgency)
    return draft.put(resource, "guidance", [rule.id for rule in urgent], read=draft.basis)


def answer_parameters(draft: Draft) -> Resource:
    """The whole answer as Parameters: its words as codings, each line with code, text, rules and sources."""
    answer, magnesium = draft.answer, draft.answer.magnesium
    parameters = [
        _coding("urgency", answer.urgency),
        _coding("suspicion", answer.suspicion),
        _coding("status", magnesium.status),
        *([_coding("grade", magnesium.grade)] if magnesium.grade else []),
        {"name": "knowledge", "valueString": answer.knowledge},
    ]
    if magnesium.value is not None:
        parameters.append({"name": "magnesium", "valueQuantity": _amount(magnesium.value, magnesium.unit)})
    if magnesium.reported is not None:
        parameters.append({"name": "reported", "valueString": magnesium.reported})
    if magnesium.interval is not None:
        parameters.append(_interval(magnesium.interval))
    for name, lines in (
        ("caveat", magnesium.caveats), ("cause", answer.causes), ("consider", answer.consider), ("action", answer.actions),
        ("block", answer.blocked),
    ):  # fmt: skip
        parameters += [_line(name, line) for line in lines]
    return {"resourceType": "Parameters", "parameter": parameters}


def _amount(value: float, unit: str) -> Resource:
    return {"value": round(value, 4), "unit": unit, "system": UCUM, "code": unit}


def _interval(interval: dict[str, Any]) -> Resource:
    limits = [(side, interval[side]) for side in ("low", "high") if interval[side] is not None]
    parts = [{"name": side, "valueQuantity": _amount(limit, interval["unit"])} for side, limit in limits]
    return {
        "name": "interval",
        "part": [*parts, *_texts("population", [interval["population"]]), *_texts("source", [interval["source"]])],
    }


def _coding(name: str, word: str) -> Resource:
    return {"name": name, "valueCoding": {"system": system(name), "code": word}}


def _line(name: str, line: Advice) -> Resource:
    parts: list[Resource] = [
        {"name": "code", "valueCoding": {"system": system(name), "code": line.code}},
        *_texts("says", lines_of(line.entry)[:1]),
        *_texts("test", lines_of(line.entry)[1:]),
        *_texts("rule", line.because),
        *_texts("source", line.sources),
    ]
    return {"name": name, "part": parts}


def _texts(name: str, texts: Sequence[str]) -> list[Resource]:
    return [{"name": name, "valueString": text} for text in texts]
