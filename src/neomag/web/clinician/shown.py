"""The answer as the page shows it: lines with their reasons, what is not known, and the facts behind a rule."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from neomag.answer import Advice, Answer
from neomag.case import Case
from neomag.findings.catalogue import entries
from neomag.knowledge import Knowledge, RuleEntry, Source
from neomag.unknowns import unknowns
from neomag.web.clinician.dose import Panel, panel
from neomag.web.clinician.fields import Fields
from neomag.web.clinician.layout import KINDS, layout
from neomag.web.clinician.scale import Scale, scale
from neomag.web.clinician.timeline import Timeline, timeline
from neomag.web.clinician.words import FLAG, GRADES, SETTING, SEX, WEIGHTS, YES_NO
from neomag.web.languages import Language

# Unknown findings that are shown at once; the others are behind a further tap.
_FIRST = 8
# The codes that a finding may have for its value.
_CODES = {**SETTING, **SEX, **GRADES, **FLAG}


@dataclass(frozen=True, slots=True)
class Unknown:
    """Something not known: what it is, the rules it would settle, and the field of the form that asks for it."""

    says: str
    rules: tuple[RuleEntry, ...]
    field: str | None


@dataclass(frozen=True, slots=True)
class Shown:
    """An answer ready for its template."""

    case: Case
    answer: Answer
    sections: tuple[tuple[str, Sequence[Advice]], ...]
    urgency_rules: tuple[RuleEntry, ...]
    suspicion_rules: tuple[RuleEntry, ...]
    rules: tuple[RuleEntry, ...]
    unknown: tuple[Unknown, ...]
    problems: tuple[tuple[str, str], ...]
    scale: Scale | None
    timeline: Timeline
    dose: Panel | None
    first: int = _FIRST


def shown(case: Case, answer: Answer, fields: Fields, language: Language, *, doses: bool) -> Shown:
    """The answer to `case` for reading. `doses`: whether the reader may see doses."""
    known = answer.rulebook.knowledge
    used = [rule for rule, value in zip(answer.rulebook.entries, answer.values, strict=True) if value]
    urgency = tuple(rule for rule in used if rule.urgency == answer.urgency)
    suspicion = tuple(rule for rule in used if rule.suspicion == answer.suspicion)
    sections: tuple[tuple[str, Sequence[Advice]], ...] = (
        ("do", answer.actions), ("not", answer.blocked), ("consider", answer.consider), ("causes", answer.causes),
        ("caveats", answer.magnesium.caveats),
    )  # fmt: skip
    named = {rule.id for _, lines in sections for line in lines for rule in line.rules}
    named |= {rule.id for rule in (*urgency, *suspicion)}
    return Shown(
        case=case, answer=answer, sections=sections, urgency_rules=urgency, suspicion_rules=suspicion,
        rules=tuple(rule for rule in used if rule.id in named),
        unknown=tuple(
            Unknown(words(name, known, language), tuple(known.rules[rule] for rule in ids), _field(name, known))
            for name, ids in unknowns(answer)
        ),
        problems=tuple(_problem(problem, known, language) for problem in answer.problems),
        scale=scale(case, answer), timeline=timeline(case), dose=panel(fields, case, answer, language) if doses else None,
    )  # fmt: skip


def sources(keys: Sequence[str], knowledge: Knowledge) -> list[Source]:
    """The sources by their keys."""
    return [knowledge.sources[key] for key in keys if key in knowledge.sources]


def words(name: str, knowledge: Knowledge, language: Language) -> str:
    """What a finding is, in words of the language."""
    _ = language.gettext
    if name in knowledge.findings:
        return language.say(knowledge.findings[name].says)
    kind, params, says = entries(knowledge)[name]
    code = params.get("lab") or (params["drugs"][0] if "drugs" in params else params["key"].partition(":")[2])
    of = {"doses": "drug"}.get(kind, "lab" if "lab" in params else str(params.get("key", "")).partition(":")[0])
    term = knowledge.vocabulary.get(of, {}).get(code)
    if term is None:
        return says
    meaning = language.say(term.meaning)
    said = {
        "sign-now": _("%(what)s: now"), "sign-before": _("%(what)s: in the newborn period"),
        "doses": _("%(what)s: how often given"),
        "lab-state": _("%(what)s: low, normal or high"), "lab-results": _("%(what)s: how often measured"),
    }.get(kind, "%(what)s")  # fmt: skip
    return said % {"what": meaning}


def _field(name: str, knowledge: Knowledge) -> str | None:
    """The field of the form that asks for a finding."""
    if name in knowledge.findings:
        return None
    _, params, _ = entries(knowledge)[name]
    found = layout(knowledge)
    if "lab" in params:
        first = found.first_sample
        return f"samples.0.results.{first.index(params['lab'])}.value" if params["lab"] in first else None
    kind, _, code = str(params.get("key", "")).partition(":")
    if kind in KINDS and code in found.chips(kind):
        return f"{kind}-{code}"
    ask = found.ask_of(code)
    return None if ask is None else f"sign.{ask.id}"


def _problem(problem: dict[str, Any], knowledge: Knowledge, language: Language) -> tuple[str, str]:
    """A problem of the case: what it says, and what it is about."""
    says = knowledge.problems[problem["code"]].says
    detail = str(problem["says"])[len(says) :].strip().removeprefix("(").removesuffix(")")
    lab = knowledge.vocabulary["lab"].get(detail) or knowledge.vocabulary["sign"].get(detail)
    where, _, written = detail.partition(" ")
    if where in WEIGHTS:
        return language.say(says), f"{language.gettext(WEIGHTS[where])}{language.colon}{written}"
    return language.say(says), language.say(lab.meaning if lab else detail)


def found(value: Any, language: Language) -> str:
    """A finding's value for reading."""
    if value is None or isinstance(value, bool):
        return language.gettext(YES_NO[value])
    if isinstance(value, int | float):
        return language.number(value)
    return language.gettext(_CODES.get(str(value), str(value)))


def facts(rule: RuleEntry, answer: Answer) -> dict[str, Any]:
    """The findings that decided a rule, with their values."""
    return answer.explainer.grounds(rule.name)
