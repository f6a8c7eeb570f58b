"""A message by patient and order: which results, notes and specimens belong together."""

from __future__ import annotations

from dataclasses import dataclass, field

from neomag.hl7v2 import faults
from neomag.hl7v2.message import Message, Segment

# Orders of drugs: an order is not a dose.
DRUG_ORDERS = ("RXO", "RXE")


@dataclass(slots=True)
class Order:
    """One order or report: its ORC and OBR, its results each with their notes, and its specimens."""

    orc: Segment | None = None
    obr: Segment | None = None
    drug: Segment | None = None
    results: list[tuple[Segment, list[str]]] = field(default_factory=list[tuple[Segment, list[str]]])
    notes: list[str] = field(default_factory=list[str])
    specimens: list[Segment] = field(default_factory=list[Segment])

    @property
    def number(self) -> str:
        """The filler's number of the order, else the placer's, else its place: what corrections refer to."""
        for segment, places in ((self.obr, (3, 2)), (self.orc, (3, 2))):
            for place in places:
                if segment is not None and (number := segment.raw(place)):
                    return f"{place} {number}"
        return self.obr.where() if self.obr else ""


@dataclass(slots=True)
class Group:
    """One patient of a message, with the orders under it."""

    pid: Segment
    visit: Segment | None = None
    orders: list[Order] = field(default_factory=list[Order])


def groups(message: Message) -> list[Group]:
    """The patients of a message in its order. Raises MessageError for a result or order that stands under no patient."""
    found: list[Group] = []
    notes: list[str] = []
    for segment in message.segments:
        name = segment.name
        if name == "PID":
            found.append(Group(segment))
            notes = []
        elif name in {"ORC", "OBR", "OBX", "SPM", *DRUG_ORDERS}:
            if not found:
                raise faults.MessageError([faults.Fault(faults.SEQUENCE, f"{segment.where()} stands before any PID", "PID")])
            notes = _place(found[-1], segment)
        elif name == "PV1" and found:
            found[-1].visit = segment
        elif name == "NTE":
            notes.append(segment.written(3))
    return found


def _place(group: Group, segment: Segment) -> list[str]:
    """Put a segment where it belongs, and give the list that the notes after it go to."""
    name = segment.name
    last = group.orders[-1] if group.orders else None
    fresh = last is None or (name == "ORC" and (last.obr or last.drug or last.orc)) or (name == "OBR" and last.obr)
    if (name in {"ORC", "OBR"} and fresh) or last is None:
        last = Order()
        group.orders.append(last)
    if name == "ORC":
        last.orc = segment
    elif name == "OBR":
        last.obr = segment
    elif name == "SPM":
        last.specimens.append(segment)
        return []
    elif name == "OBX":
        last.results.append((segment, []))
        return last.results[-1][1]
    else:
        last.drug = segment
    return last.notes
