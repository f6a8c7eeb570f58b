"""Assess a case: findings, then rules, then what follows from the true ones."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cache
from itertools import compress
from typing import Any

from neomag import ages, intervals
from neomag.answer import Advice, Answer, Magnesium
from neomag.case import Case, Event
from neomag.knowledge import GRADES, STATUSES, SUSPICIONS, URGENCIES, Entry, RuleEntry
from neomag.rules import Rulebook, rulebook

# An answer's limits are shown to this many decimal places; rules compare them unrounded.
_PLACES = 4
# Lines of answers that are kept for the next one; then all are made anew.
_MOST_LINES = 10_000
_LISTS = ("actions", "blocks", "causes", "consider", "caveats")


@dataclass(frozen=True, slots=True)
class _Judgement:
    """What follows for the answer as a whole when a rule is true: its places among urgencies, statuses…; `done` are lines that
    are not advised again.
    """

    urgency: int
    status: int
    grade: int
    suspicion: int
    done: tuple[str, ...]
    problem: str | None


@dataclass(frozen=True, slots=True, eq=False)
class _Outcomes:
    """The consequences of every rule, by the rule's place; of those that have none of a kind, None.

    `lined` holds the rule's place and the numbers of its lines, counted through all lists in file order. `lines` holds what
    each says, and the number of its list.
    """

    judged: tuple[_Judgement | None, ...]
    lined: tuple[tuple[int, tuple[int, ...]] | None, ...]
    lines: tuple[tuple[Entry, int], ...]
    any_age: tuple[bool, ...]
    out_of_scope: int
    kept: dict[tuple[int, ...], Advice] = field(default_factory=dict[Any, Advice])

    def advice(self, line: int, because: Sequence[int], rules: Sequence[RuleEntry]) -> Advice:
        """A line for the true rules at the places `because`. The same ones come back from infant to infant, so each is made
        once.
        """
        key = (line, *because)
        found = self.kept.get(key)
        if found is None:
            if len(self.kept) >= _MOST_LINES:
                self.kept.clear()
            found = self.kept[key] = Advice(self.lines[line][0], tuple(rules[place] for place in because))
        return found


@cache
def _outcomes(rulebook: Rulebook) -> _Outcomes:
    lists = rulebook.knowledge.lists()
    lines = [(entry, n) for n, name in enumerate(_LISTS) for entry in lists[name].values()]
    numbers = {(n, entry.code): number for number, (entry, n) in enumerate(lines)}
    judged: list[_Judgement | None] = []
    lined: list[tuple[int, tuple[int, ...]] | None] = []
    for place, rule in enumerate(rulebook.entries):
        judgement = _Judgement(
            urgency=URGENCIES.index(rule.urgency) if rule.urgency else 0,
            status=STATUSES.index(rule.status) if rule.status else len(STATUSES),
            grade=GRADES.index(rule.grade) if rule.grade else len(GRADES),
            suspicion=SUSPICIONS.index(rule.suspicion) if rule.suspicion else len(SUSPICIONS),
            done=tuple(rule.done),
            problem=rule.problem,
        )
        judges = rule.done or rule.urgency or rule.status or rule.grade or rule.suspicion or rule.problem
        judged.append(judgement if judges else None)
        own = tuple(numbers[n, code] for n, name in enumerate(_LISTS) for code in getattr(rule, name))
        lined.append((place, own) if own else None)
    scope = next(i for i, rule in enumerate(rulebook.entries) if rule.id == "out-of-scope")
    any_age = tuple(rule.any_age for rule in rulebook.entries)
    return _Outcomes(tuple(judged), tuple(lined), tuple(lines), any_age, scope)


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
    counted = values
    if values[outcomes.out_of_scope] is True:
        counted = tuple(value and any_age for value, any_age in zip(values, outcomes.any_age, strict=True))

    urgency, status, grade, suspicion = 0, len(STATUSES), len(GRADES), len(SUSPICIONS)
    problems: list[str] = []
    dropped: set[str] = set()
    for judgement in compress(outcomes.judged, counted):
        if judgement is not None:
            urgency = max(urgency, judgement.urgency)
            status = min(status, judgement.status)
            grade = min(grade, judgement.grade)
            suspicion = min(suspicion, judgement.suspicion)
            dropped.update(judgement.done)
            if judgement.problem:
                problems.append(judgement.problem)

    because: dict[int, list[int]] = defaultdict(list)
    for leads in compress(outcomes.lined, counted):
        if leads is not None:
            for line in leads[1]:
                because[line].append(leads[0])
    lists: tuple[list[Advice], ...] = ([], [], [], [], [])
    for line in sorted(because):
        lists[outcomes.lines[line][1]].append(outcomes.advice(line, because[line], book.entries))
    actions, blocks, causes, consider, caveats = map(tuple, lists)
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
