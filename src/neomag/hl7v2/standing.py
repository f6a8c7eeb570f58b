"""Which results of a message stand: those that no later one of it corrects, deletes or withdraws."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from neomag.hl7v2.groups import Order
from neomag.hl7v2.observation import Observed
from neomag.hl7v2.problem import Problem, at
from neomag.hl7v2.terms import Terms

# A result with its notes and its order.
Seen = tuple[Observed, Sequence[str], Order]


def standing_of(seen: Iterable[Seen], terms: Terms) -> tuple[list[Seen], list[Observed], list[Problem]]:
    """The results that stand, and those that take earlier ones back: a correction has replaced, and a withdrawal taken
    away, what it refers to.
    """
    status = terms.ways["status"]
    standing: dict[tuple[str, str, str], list[Seen]] = {}
    taking_back: list[Observed] = []
    problems: list[Problem] = []
    for one, notes, order in seen:
        if one.binding is None:
            continue
        same = standing.setdefault(one.number, [])
        if one.status in (*status["replaces"], *status["withdrawn"], *status["not_obtained"]):
            taking_back.append(one)
            same.clear()
        elif same and same[-1][0].status in status["preliminary"] and same[-1][0].time == one.time:
            same.pop()
        if one.status not in status["usable"]:
            code = "entered-in-error" if one.status in status["withdrawn"] else "not-final"
            problems.append(at(one.obx, code, terms.says(code), 11))
        elif one.obx.repetitions(5) or one.status not in status["without_value"]:
            same.append((one, notes, order))
    found = sorted((s for same in standing.values() for s in same), key=lambda s: s[0].obx.sequence)
    return found, taking_back, problems
