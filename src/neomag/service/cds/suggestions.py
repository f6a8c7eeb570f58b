"""What a card offers to do: tests as drafts of ServiceRequest, and the order removed. Never a drug."""

from __future__ import annotations

from datetime import datetime
from itertools import compress
from typing import Any
from uuid import UUID, uuid5

from neomag.answer import Advice, Answer
from neomag.fhir import Reading
from neomag.fhir.draft import Draft
from neomag.fhir.proposals import service_request
from neomag.service.cds.decide import Chosen
from neomag.service.cds.entries import Entries

Json = dict[str, Any]


def suggestions(chosen: Chosen, card: UUID, answer: Answer, reading: Reading, now: datetime, entries: Entries) -> list[Json]:
    """The suggestions of a card: those of its tests that are not done, and to remove its orders where they have an id."""
    found: list[Json] = []
    if codes := _codes(chosen, answer):
        draft = Draft(answer, reading, now)
        for code in codes:
            found.append(_suggestion(f"test:{code}", entries.labels[code], _create(code, draft), card, recommended=not found))
    if chosen.entry.deletes:
        actions = [
            {"type": "delete", "description": entries.words["delete"], "resourceId": order.reference}
            for order in chosen.orders
            if order.reference
        ]
        if actions:
            found.append(_suggestion("delete", entries.words["delete"], actions, card, recommended=not found))
    return found


def _codes(chosen: Chosen, answer: Answer) -> list[str]:
    """The tests of a card; those that are not advised are left out, but for the first, which is what the card is about."""
    advised = {action.code for action in answer.actions}
    done = {code for rule in compress(answer.rulebook.entries, answer.values) for code in rule.done}
    wanted = [code for code in chosen.entry.suggests if code not in done]
    return [code for place, code in enumerate(wanted) if code in advised or (place == 0 and code == chosen.entry.suggests[0])]


def _create(code: str, draft: Draft) -> list[Json]:
    """Actions that create the requests of an action of the knowledge."""
    advice = next((a for a in draft.answer.actions if a.code == code), None) or Advice(draft.knowledge.actions[code], ())
    made = [service_request(advice, draft, lab) for lab in draft.settings["laboratory"].get(code, [None])]
    # FHIR allows no empty list.
    kept = [{name: value for name, value in resource.items() if value != []} for resource in made]
    return [{"type": "create", "description": r["code"]["text"], "resource": r} for r in kept]


def _suggestion(name: str, label: str, actions: list[Json], card: UUID, *, recommended: bool) -> Json:
    return {"label": label, "uuid": str(uuid5(card, name)), "isRecommended": recommended, "actions": actions}
