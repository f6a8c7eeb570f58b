"""Condition: a condition or sign from its onset, and its end."""

from __future__ import annotations

import re
from typing import Any

from neomag import ages
from neomag.fhir.node import Node
from neomag.fhir.record import Record
from neomag.terminology import meaning


def read_condition(node: Node, record: Record) -> None:
    """Add the events of a Condition: its onset, and its end where it has one. One refuted is absent."""
    verified = _code(node.child("verificationStatus"))
    if verified == "entered-in-error":
        record.note("entered-in-error", node.where("verificationStatus"))
        return
    if not record.about(node):
        return
    if verified in {"unconfirmed", "provisional", "differential"}:
        record.note("unconfirmed", node.where("verificationStatus"), verified)
        return
    means = meaning(record.concept(node.child("code")), record.bindings)
    if means.binding is None or means.binding.kind not in {"sign", "condition"}:
        detail = ", ".join(filter(None, (means.source_code, means.detail)))
        record.note(means.trouble or "excluded-code", node.where("code"), detail)
        return
    kind, word = means.binding.kind, means.binding.vocabulary
    over = _code(node.child("clinicalStatus")) in {"inactive", "remission", "resolved"}
    begun = node.has("onsetDateTime") or node.has("onsetPeriod")
    ended = node.there("abatementDateTime", "abatementPeriod.end", "onsetPeriod.end")
    if over and not begun and not ended:
        record.note("ended-unknown", node.where("clinicalStatus"), word)
        return
    counts, age = record.age(node, "onsetDateTime", "onsetPeriod.start", "recordedDate")
    if not counts:
        return
    event: dict[str, Any] = {kind: word}
    if verified == "refuted":
        record.add(node, event | {"absent": True}, age)
        return
    grade = re.search("mild|moderate|severe", record.concept(node.child("severity")).called)
    if kind == "condition" and grade:
        event["grade"] = grade[0]
    end = record.age(node, *ended)[1] if begun and ended and age is not None else None
    lasted = end - age if age is not None and end is not None and end > age else None
    if lasted is not None and kind == "condition":
        event["for"] = ages.written(lasted)
    record.add(node, event, age)
    if lasted is not None and kind == "sign":
        record.add(node, event | {"absent": True}, end)


def _code(concept: Node | None) -> str | None:
    return next((c.text("code") for c in concept.children("coding")), None) if concept else None
