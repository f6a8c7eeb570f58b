"""Assess a case: findings, then rules, then what follows from the true ones."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from typing import Any

from neomag import ages, intervals
from neomag.answer import Advice, Answer, Magnesium
from neomag.case import Case, Event
from neomag.knowledge import GRADES, STATUSES, SUSPICIONS, URGENCIES, Entry, RuleEntry
from neomag.rules import Rulebook, rulebook

# An answer's limits are shown to this many decimal places; rules compare them unrounded.
_PLACES = 4
_LISTS = ("actions", "blocks", "causes", "consider", "caveats")


@dataclass(frozen=True, slots=True)
class _Consequences:
    """What follows when a rule is true: its place among urgencies, statuses…, and its lines as (list, place) pairs."""

    rule: RuleEntry
    urgency: int
    status: int
    grade: int
    suspicion: int
    lines: tuple[tuple[int, int], ...]
    problem: str | None


@dataclass(frozen=True, slots=True, eq=False)
class _Outcomes:
    """The consequences of every rule that has any, by the rule's place; and the lists they point to, in file order."""

    rules: tuple[tuple[int, _Consequences], ...]
    entries: tuple[tuple[Entry, ...], ...]
    out_of_scope: int


@cache
def _outcomes(rulebook: Rulebook) -> _Outcomes:
    lists = rulebook.knowledge.lists()
    places = [{code: place for place, code in enumerate(lists[name])} for name in _LISTS]
    found: list[tuple[int, _Consequences]] = []
    for index, rule in enumerate(rulebook.entries):
        lines = tuple((n, places[n][code]) for n, name in enumerate(_LISTS) for code in getattr(rule, name))
        follows = _Consequences(
            rule,
            urgency=URGENCIES.index(rule.urgency) if rule.urgency else 0,
            status=STATUSES.index(rule.status) if rule.status else len(STATUSES),
            grade=GRADES.index(rule.grade) if rule.grade else len(GRADES),
            suspicion=SUSPICIONS.index(rule.suspicion) if rule.suspicion else len(SUSPICIONS),
            lines=lines,
            problem=rule.problem,
        )
        if lines or rule.done or rule.urgency or rule.status or rule.grade or rule.suspicion or rule.problem:
            found.append((index, follows))
    scope = next(i for i, rule in enumerate(rulebook.entries) if rule.id == "out-of-scope")
    return _Outcomes(tuple(found), tuple(tuple(lists[name].values()) for name in _LISTS), scope)


def assess(case: Case, *, book: Rulebook | None = None) -> Answer:
    """The answer to `case` by the rules in force, or those of `book`.

    Urgency is the highest any true rule demands; status, grade and suspicion are the first in their order of gravity.
    A line that is both advised and blocked is blocked, and one that is done is not advised again. Above 24 months only
    rules marked `any_age` have consequences.
    """
    book = book or rulebook()
    row = book.plan.row(case)
    values = book.evaluate(row)
    outcomes = _outcomes(book)
    out_of_scope = values[outcomes.out_of_scope] is True

    urgency, status, grade, suspicion = 0, len(STATUSES), len(GRADES), len(SUSPICIONS)
    lines: tuple[dict[int, list[RuleEntry]], ...] = ({}, {}, {}, {}, {})
    problems: list[str] = []
    dropped: set[str] = set()
    for index, follows in outcomes.rules:
        if values[index] and (follows.rule.any_age or not out_of_scope):
            urgency = max(urgency, follows.urgency)
            status = min(status, follows.status)
            grade = min(grade, follows.grade)
            suspicion = min(suspicion, follows.suspicion)
            for which, place in follows.lines:
                lines[which].setdefault(place, []).append(follows.rule)
            if follows.problem:
                problems.append(follows.problem)
            dropped.update(follows.rule.done)

    actions, blocks, causes, consider, caveats = (
        tuple([Advice(entries[place], tuple(found[place])) for place in sorted(found)])
        for entries, found in zip(outcomes.entries, lines, strict=True)
    )
    dropped.update(advice.entry.code for advice in blocks)
    if dropped:
        actions = tuple(advice for advice in actions if advice.entry.code not in dropped)
    return Answer(
        case=case.name,
        knowledge=book.knowledge.version,
        urgency=URGENCIES[urgency],
        magnesium=_magnesium(case, status, grade, caveats, book),
        suspicion=SUSPICIONS[suspicion] if suspicion < len(SUSPICIONS) else "not-assessable",
        causes=causes,
        consider=consider,
        actions=actions,
        blocked=blocks,
        problems=_problems(case, problems, book) if problems or case.problems else (),
        rulebook=book,
        row=row,
        values=values,
    )


def _last_level(case: Case) -> Event | None:
    return next((e for e in reversed(case.events) if e.key == "lab:magnesium"), None)


def _magnesium(case: Case, status: int, grade: int, caveats: tuple[Advice, ...], book: Rulebook) -> Magnesium:
    level = _last_level(case)
    named = STATUSES[status] if status < len(STATUSES) else "unknown" if level is None else "uninterpretable"
    if level is None:
        return Magnesium(named, caveats=caveats)
    return Magnesium(
        status=named,
        grade=GRADES[grade] if grade < len(GRADES) else None,
        value=level.value,
        reported=level.reported,
        at=level.at,
        at_written=None if level.at is None else ages.written(level.at),
        interval=_interval(case, level, book),
        caveats=caveats,
    )


def _interval(case: Case, level: Event, book: Rulebook) -> dict[str, Any] | None:
    default = intervals.chooser(level.code, book.knowledge)(case, level.at)
    local = case.intervals.get(level.code)
    unit = book.knowledge.analytes[level.code].canonical
    low, high = intervals.limits_at(level.code, book.knowledge)(case, level.at)
    if local is not None:
        return {
            "low": None if low is None else round(low, _PLACES),
            "high": None if high is None else round(high, _PLACES),
            "unit": unit,
            "population": "the local laboratory's own"
            if None not in local
            else "the local laboratory's own; default for the other limit",
            "source": "local laboratory",
        }
    if default is None:
        return None
    return {"low": low, "high": high, "unit": unit, "population": default.population, "source": default.source}


def _problems(case: Case, codes: Iterable[str], book: Rulebook) -> tuple[dict[str, Any], ...]:
    entries = book.knowledge.problems
    found = [
        {
            "code": p.code,
            "says": f"{entries[p.code].says} ({p.detail})" if p.detail else entries[p.code].says,
            "event": p.event,
        }
        for p in case.problems
    ]
    level = _last_level(case)
    for code in codes:
        event = level.seq if level is not None and code != "out-of-scope" else None
        if not any(p["code"] == code and p["event"] == event for p in found):
            found.append({"code": code, "says": entries[code].says, "event": event})
    return tuple(found)
