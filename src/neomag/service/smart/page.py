"""The pages: the answer, what went wrong, and the choice of a server. Plain HTML that runs no script and loads nothing."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Sequence
from functools import cache
from hashlib import sha256
from importlib.resources import files
from typing import Any, cast

from jinja2 import Environment, PackageLoader, StrictUndefined
from litestar import Response

from neomag.answer import Advice, Answer
from neomag.fhir.problems import Problem
from neomag.knowledge import Knowledge, RuleEntry
from neomag.service.smart.refusal import Refusal
from neomag.terminal import DISCLAIMER, URGENCY


@cache
def _environment() -> Environment:
    loader = PackageLoader("neomag.service.smart", "templates")
    return Environment(loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)


@cache
def _style() -> tuple[str, str]:
    """The style of every page, and the policy that allows it and nothing else."""
    text = (files("neomag.service.smart") / "templates" / "page.css").read_text("utf-8")
    digest = base64.b64encode(sha256(text.encode()).digest()).decode()
    return text, f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"


def _page(template: str, status: int, **values: Any) -> Response[bytes]:
    style, policy = _style()
    text = _environment().get_template(template).render(style=style, disclaimer=DISCLAIMER, **values)
    headers = {"Content-Security-Policy": policy, "Cache-Control": "no-store", "Referrer-Policy": "no-referrer"}
    return Response(text.encode("utf-8", "replace"), status_code=status, media_type="text/html", headers=headers)


def refusal_page(refusal: Refusal) -> Response[bytes]:
    """The page of a launch that ends."""
    return _page("refusal.html", refusal.status, says=refusal.says, hint=refusal.hint)


def choice_page(servers: Sequence[tuple[str, str]]) -> Response[bytes]:
    """The page of a standalone launch where several servers are trusted: name and address of each."""
    return _page("choice.html", 200, servers=servers)


def answer_page(answer: Answer, patient: dict[str, Any], now: str, problems: Iterable[Problem]) -> Response[bytes]:
    """The page of an answer; `problems` are those of the reading."""
    knowledge = answer.rulebook.knowledge
    used = {rule.id: rule for rule, value in zip(answer.rulebook.entries, answer.values, strict=True) if value}
    sign, word, meaning, _ = URGENCY[answer.urgency]
    said = [*(problem.says for problem in problems), *(str(problem["says"]) for problem in answer.problems)]
    return _page(
        "answer.html", 200, answer=answer, magnesium=answer.magnesium, who=who(patient), now=now, sign=sign, word=word,
        meaning=meaning, urgency_rules=[rule for rule in used.values() if rule.urgency == answer.urgency],
        suspicion_rules=[rule for rule in used.values() if rule.suspicion == answer.suspicion],
        sections=[
            ("Do", answer.actions), ("Do not", answer.blocked), ("Consider, and the test that tells", answer.consider),
            ("Causes of low magnesium to look for", answer.causes), ("Reading the level", answer.magnesium.caveats),
        ],
        problems=list(dict.fromkeys(said)), sources=_sources(answer, list(used.values()), knowledge),
    )  # fmt: skip


def _sources(
    answer: Answer, used: list[RuleEntry], knowledge: Knowledge
) -> list[tuple[RuleEntry, list[tuple[str, str, str | None]]]]:
    """The rules behind something that the answer says, each with its sources: key, title with year, address."""
    lists: tuple[tuple[Advice, ...], ...] = (
        answer.actions, answer.blocked, answer.consider, answer.causes, answer.magnesium.caveats,
    )  # fmt: skip
    said = {rule for lines in lists for line in lines for rule in line.because}
    said |= {rule.id for rule in used if rule.urgency == answer.urgency or rule.suspicion == answer.suspicion}
    found: list[tuple[RuleEntry, list[tuple[str, str, str | None]]]] = []
    for rule in used:
        if rule.id in said:
            sources = [knowledge.sources[key] for key in rule.sources if key in knowledge.sources]
            found.append((rule, [(s.key, f"{s.title} ({s.year})" if s.year else s.title, s.link) for s in sources]))
    return found


def who(patient: dict[str, Any]) -> list[tuple[str, str]]:
    """Who the infant is, so that nobody reads the answer for another: name, birth, sex, and its number on the server."""
    names: Any = patient.get("name")
    name = next((_name(n) for n in cast("list[Any]", names) if _name(n)), "") if isinstance(names, list) else ""
    parts = [("Name", name), *((label, _text(patient.get(key))) for label, key in _SHOWN)]
    return [(label, text) for label, text in parts if text]


_SHOWN = (("Born", "birthDate"), ("Sex", "gender"), ("Patient", "id"))


def _name(name: Any) -> str:
    said = cast("dict[str, Any]", name) if isinstance(name, dict) else {}
    if text := _text(said.get("text")):
        return text
    given: Any = said.get("given")
    parts = [*cast("list[Any]", given if isinstance(given, list) else []), said.get("family")]
    return " ".join(text for part in parts if (text := _text(part)))


def _text(value: Any) -> str:
    return value.strip()[:200] if isinstance(value, str) else ""
