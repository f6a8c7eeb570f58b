"""How urgent what a parent marked is: by the danger signs, and by the rules that judge every case. It only ever raises."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from neomag import ages
from neomag.assess import assess
from neomag.case import Case
from neomag.knowledge.caregiver import Caregiver, DangerSign, load_caregiver
from neomag.web.sheet_form import Given


@dataclass(frozen=True, slots=True)
class Judged:
    """The danger signs that were marked, in their order, and whether help is called now: for one of them, or by the rules."""

    signs: tuple[DangerSign, ...]
    emergency: bool


def judge(given: Given) -> Judged:
    """The judgement of a form. What was not answered is unknown; a baby of unknown age is taken for a newborn."""
    known = load_caregiver()
    marked = set(_marked(given, known))
    signs = tuple(sign for name, sign in known.signs.items() if name in marked)
    return Judged(signs, bool(signs) or assess(_case(given)).urgency == "emergency")


def judging() -> dict[str, Any]:
    """By what the signs are told from ages (seconds), lengths, temperatures and answers, for the script that judges alike."""
    known = load_caregiver()
    measures = ("before", "longest", "longest_newborn", "from_celsius", "to_celsius", "when")
    return {
        "newborn": known.newborn_before,
        "celsius": known.sheet.celsius,
        "signs": {sign.id: {name: getattr(sign, name) for name in measures} for sign in known.signs.values()},
    }


def _marked(given: Given, known: Caregiver) -> Iterator[str]:
    for replies in given.replies.values():
        yield from (reply.danger for reply in replies if reply.danger is not None)
    newborn = given.age is None or given.age < known.newborn_before
    for sign in known.signs.values():
        longest = sign.longest_newborn if newborn else sign.longest
        if (
            (sign.before is not None and (given.age is None or given.age < sign.before))
            or (longest is not None and given.lasted is not None and given.lasted > longest)
            or (sign.from_celsius is not None and given.celsius is not None and given.celsius >= sign.from_celsius)
            or (sign.to_celsius is not None and given.celsius is not None and given.celsius <= sign.to_celsius)
            or (sign.when and all(given.chose(question, reply) for question, reply in sign.when.items()))
        ):
            yield sign.id


def _case(given: Given) -> Case:
    """The answers as a case: everything is seen now, in a baby of this age."""
    now = ages.written(round(given.age or 0))
    events: list[dict[str, Any]] = []
    for replies in given.replies.values():
        for reply in replies:
            if reply.sign is not None:
                events.append({"sign": reply.sign, "at": now})
            if reply.condition is not None:
                events.append({"condition": reply.condition})
    if given.celsius is not None:
        events.append({"lab": "temperature", "value": given.celsius, "unit": "Cel", "at": now})
    return Case.from_dict({"case": "sheet", "infant": {}, "now": now, "events": events})
