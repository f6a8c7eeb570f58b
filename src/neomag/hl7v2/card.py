"""The interpretation as JSON for a webhook: a card as CDS Hooks 2.0 has them, with whom it is about."""

from __future__ import annotations

from typing import Any

from neomag.answer import Answer
from neomag.hl7v2.patient import Patient
from neomag.hl7v2.reading import Reading
from neomag.hl7v2.terms import Terms

_SUMMARY = 140


def card(
    reading: Reading, patient: Patient, answer: Answer, *, terms: Terms, identity: str, earlier: bool = False
) -> dict[str, Any]:
    """What is posted: the patient's identifier, the message it comes from, one card, and the whole answer.

    `identity` is the card's uuid: the same when it is sent again. `earlier` says that earlier results were read too.
    """
    identifier, _, authority = patient.key.partition("^")
    return {
        "patient": {"identifier": identifier, "authority": authority or None},
        "message": {"sender": list(reading.header.sender), "control": reading.header.control, "corrected": patient.corrected},
        "cards": [
            {
                "uuid": identity,
                "summary": _summary(answer),
                "indicator": terms.ways["indicator"][answer.urgency],
                "detail": _detail(answer, patient, terms, earlier=earlier),
                "source": {"label": f"neomag {answer.knowledge}"},
            }
        ],
        "answer": answer.to_dict(),
        "problems": [{"code": p.code, "says": p.says, "where": p.where} for p in patient.problems],
    }


def _summary(answer: Answer) -> str:
    level = answer.magnesium
    words = [f"{answer.urgency.capitalize()}: magnesium {level.status}", *([level.grade] if level.grade else [])]
    said = ", ".join(words) + (f" ({level.reported})" if level.reported else "")
    return said if len(said) < _SUMMARY else f"{said[: _SUMMARY - 2]}…"


def _detail(answer: Answer, patient: Patient, terms: Terms, *, earlier: bool) -> str:
    """Markdown. Its headings are the names that the message out has too."""
    names, says = terms.ways["observations"], terms.ways["says"]
    parts: list[str] = []
    for name, advices in (
        ("action", answer.actions), ("blocked", answer.blocked), ("consider", answer.consider),
        ("caveat", answer.magnesium.caveats),
    ):  # fmt: skip
        if advices:
            lines = [f"- {advice.says} ({', '.join(advice.because)})" for advice in advices]
            parts.append("\n".join([f"**{names[name]}**", "", *lines]))
    problems = [*(p["says"] for p in answer.problems), *(f"{p.where}: {p.says}" for p in patient.problems)]
    if problems:
        parts.append("\n".join([f"**{names['problem']}**", "", *(f"- {problem}" for problem in problems)]))
    return "\n\n".join([*parts, says["history" if earlier else "scope"], says["disclaimer"]])
