"""From a call to its cards."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import httpx

from neomag.answer import Answer
from neomag.assess import assess
from neomag.knowledge import Knowledge
from neomag.service.cds.asked import Asked
from neomag.service.cds.cards import Moment, card
from neomag.service.cds.decide import chosen
from neomag.service.cds.entries import Entries, Service
from neomag.service.cds.fetch import fetched
from neomag.service.cds.infant import concerned, read_infant
from neomag.service.cds.orders import orders_of
from neomag.service.cds.prefetch import Had
from neomag.service.settings import Settings

PATIENT = "patient"


@dataclass(frozen=True, slots=True)
class Told:
    """The cards of a call, their codes, and the answer behind them; None for a patient who was not assessed."""

    cards: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    codes: tuple[str, ...] = ()
    answer: Answer | None = None


def cards_of(
    asked: Asked,
    service: Service,
    facts: Sequence[Had],
    *,
    now: datetime,
    settings: Settings,
    entries: Entries,
    knowledge: Knowledge,
    transport: httpx.BaseTransport | None = None,
) -> Told:
    """The cards of a call; none for an infant out of neomag's range. Raises ProblemError (412, 422).

    The patient is read first: for most patients of a hospital nothing more is asked for.
    """
    zone = settings.zone or "UTC"
    had = {one.template.key: one.resource for one in facts if one.resource is not None}
    if PATIENT not in had:
        found, _ = fetched(asked, [one for one in facts if one.template.key == PATIENT], settings, transport)
        had |= found
    if not concerned(had[PATIENT], asked, now, knowledge, zone):
        return Told()
    wanted = [one for one in facts if one.template.key not in had]
    found, unread = fetched(asked, wanted, settings, transport) if wanted else ({}, [])
    had |= found
    reading = read_infant(asked, had, now, knowledge, entries.codes, zone)
    if reading is None:
        return Told()
    orders = orders_of(asked, had, reading, entries, knowledge)
    answer = assess(reading.case)
    moment = Moment(service.id, asked.instance, asked.patient, answer, reading, now, tuple(unread), entries, knowledge)
    found = chosen(service, answer, reading.case, orders, entries, knowledge)
    return Told([card(one, moment) for one in found], tuple(one.entry.code for one in found), answer)
