"""Which cards are shown: cards.toml held against the answer and the orders. At most one of them is critical."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import compress

from neomag.answer import Answer
from neomag.case import Case
from neomag.knowledge import Knowledge
from neomag.service.cds.doses import DoseSaid, dose_said
from neomag.service.cds.entries import CardEntry, Entries, Service
from neomag.service.cds.orders import Order, Orders

_GRAVITY = {"critical": 0, "warning": 1, "info": 2}
# More orders than these are not spoken of one by one in one answer.
MOST_CARDS = 10


@dataclass(frozen=True, slots=True)
class Chosen:
    """A card to show: its entry, how urgent, the orders it is about (none: the infant's standing), and the verdict on one."""

    entry: CardEntry
    indicator: str
    orders: tuple[Order, ...] = ()
    dose: DoseSaid | None = None
    again: bool = False


def chosen(
    service: Service, answer: Answer, case: Case, orders: Orders, entries: Entries, knowledge: Knowledge
) -> list[Chosen]:
    """The cards of a service, the gravest first; only the first critical one stays critical."""
    facts = _Facts(answer, orders)
    mine = [entry for entry in entries.cards if service.id in entry.services and facts.hold(entry)]
    standing = list(_first_of_topic(entry for entry in mine if entry.order is None))[: service.most]
    found = [Chosen(entry, entry.how(answer.urgency)) for entry in standing]
    found += _of_orders([entry for entry in mine if entry.order is not None], case, facts, entries, knowledge)
    place = {entry.code: place for place, entry in enumerate(entries.cards)}
    found.sort(key=lambda card: (_GRAVITY[card.indicator], place[card.entry.code]))
    # One alarm at a time is read. The others keep their place right after it, and all of their words.
    kept = [
        replace(card, indicator="warning") if rank and card.indicator == "critical" else card for rank, card in enumerate(found)
    ]
    return kept[:MOST_CARDS]


class _Facts:
    """What cards are held against."""

    def __init__(self, answer: Answer, orders: Orders):
        self.answer, self.orders = answer, orders
        self.true = {entry.id for entry in compress(answer.rulebook.entries, answer.values)}
        self.advised = {action.code for action in answer.actions}
        self.blocked = {block.code for block in answer.blocked}

    def hold(self, entry: CardEntry) -> bool:
        """Whether everything that does not depend on one order holds for a card."""
        return (
            (not entry.any or not self.true.isdisjoint(entry.any))
            and self.true.isdisjoint(entry.unless)
            and (entry.advised is None or entry.advised in self.advised)
            and (entry.blocked is None or entry.blocked in self.blocked)
            and not (entry.unasked and self.orders.test)
        )


def _first_of_topic(found: Iterable[CardEntry]) -> Iterator[CardEntry]:
    topics: set[str] = set()
    for entry in found:
        if entry.topic not in topics:
            topics.add(entry.topic)
            yield entry


def _of_orders(
    mine: Sequence[CardEntry], case: Case, facts: _Facts, entries: Entries, knowledge: Knowledge
) -> Iterator[Chosen]:
    """The cards about orders: of each topic and order the first that holds. Those that say the same of several are one."""
    same: dict[str, Chosen] = {}
    doses: list[Chosen] = []
    groups = Counter(order.group.name for order in facts.orders.asked)
    for order in facts.orders.asked[:MOST_CARDS]:
        of_it = [entry for entry in mine if entry.order == order.group.name]
        if not of_it:
            continue
        again = order.group.name in facts.orders.again
        checked = any(entry.dose for entry in of_it)
        dose = dose_said(order, case, entries, knowledge, alone=groups[order.group.name] == 1) if checked else None
        fit = (e for e in of_it if (again or not e.again) and (e.dose is None or (dose is not None and e.dose == dose.verdict)))
        for entry in _first_of_topic(fit):
            indicator = entry.how(facts.answer.urgency)
            if entry.dose is not None:
                doses.append(Chosen(entry, indicator, (order,), dose))
            elif entry.code in same:
                same[entry.code] = replace(same[entry.code], orders=(*same[entry.code].orders, order))
            else:
                same[entry.code] = Chosen(entry, indicator, (order,), again=again)
    # A test is asked for once, whichever orders ask for it: the gravest card of the topic speaks.
    yield from _gravest_of_topic(same.values())
    yield from doses


def _gravest_of_topic(cards: Iterable[Chosen]) -> Iterator[Chosen]:
    found: dict[str, Chosen] = {}
    for card in cards:
        topic, other = card.entry.topic, found.get(card.entry.topic)
        if other is None or _GRAVITY[card.indicator] < _GRAVITY[other.indicator]:
            found[topic] = card
    yield from found.values()
