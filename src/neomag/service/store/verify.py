"""Whether the audit trail is whole, and whether the records are those it tells of."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import select
from sqlalchemy.orm import Session

from neomag.service.store.audit import GENESIS, Anchor, hash_of, head
from neomag.service.store.records import RECORDS, Record, record_digest
from neomag.service.store.tables import Entry

Kind = Literal["changed", "missing", "reordered", "truncated", "record changed", "record missing", "record not audited"]
_ROWS = 1_000


@dataclass(frozen=True, slots=True)
class Break:
    """One thing that is not as it was written: its kind, the number of the entry where it shows, and a sentence."""

    kind: Kind
    sequence: int
    says: str


def verify(session: Session, anchor: Anchor | None = None, *, most: int = 100) -> list[Break]:
    """The first break of the chain, then at most `most` records that differ from the trail; an empty list when all is whole.

    With `anchor`, also that the trail still holds that entry. Reads in one transaction, so that writers do not disturb it.
    """
    found = list(_chain(session, anchor))[:1]
    for number, other in enumerate(_records(session)):
        if number == most:
            break
        found.append(other)
    return found


def _chain(session: Session, anchor: Anchor | None) -> Iterator[Break]:
    """The breaks of the chain, the first one first; what comes after the first may follow from it."""
    end = head(session)
    last = Anchor(0, GENESIS)
    for entry in session.scalars(select(Entry).order_by(Entry.sequence).execution_options(yield_per=_ROWS)):
        place = last.sequence + 1
        if entry.sequence != place:
            gone = f"entry {place} is" if entry.sequence == place + 1 else f"entries {place} to {entry.sequence - 1} are"
            yield Break("missing", place, f"{gone} missing")
        elif entry.hash != hash_of(entry):
            yield _differs(entry, max(end.sequence, entry.sequence))
        elif entry.previous != last.hash:
            yield Break("changed", place, f"entry {place} does not follow entry {place - 1}: one of the two was rewritten")
        if anchor and entry.sequence == anchor.sequence and entry.hash != anchor.hash:
            yield Break("changed", place, f"entry {place} is not the one that was anchored: the trail was rewritten")
        last = Anchor(entry.sequence, entry.hash)
        session.expunge(entry)
    if last.sequence < end.sequence:
        yield Break("truncated", last.sequence + 1, f"the trail ends at entry {last.sequence} and went on to {end.sequence}")
    elif last != end:
        yield Break("changed", last.sequence, f"the head says entry {end.sequence}, and the trail ends at another")
    if anchor and last.sequence < anchor.sequence:
        yield Break("truncated", last.sequence + 1, f"entry {anchor.sequence} was anchored; the trail ends at {last.sequence}")


def _differs(entry: Entry, end: int) -> Break:
    """An entry whose content does not give its hash: it was changed, or is another entry moved here."""
    for other in range(1, end + 1):
        if hash_of(entry, other) == entry.hash:
            return Break("reordered", entry.sequence, f"entry {other} stands in the place of entry {entry.sequence}")
    return Break("changed", entry.sequence, f"entry {entry.sequence} was changed")


def _records(session: Session) -> Iterator[Break]:
    for table, kind in RECORDS.items():
        yield from _stored(session, table, kind)
        yield from _told(session, table, kind)


def _stored(session: Session, table: type[Record], kind: str) -> Iterator[Break]:
    """Records that the trail does not tell of, or tells of otherwise."""
    told = select(table, Entry.sequence, Entry.record).outerjoin(
        Entry, (Entry.subject == table.id) & (Entry.action == f"{kind}.save")
    )
    rows: Any = session.execute(told.execution_options(yield_per=_ROWS))
    for record, sequence, digest in rows:
        if sequence is None:
            yield Break("record not audited", 0, f"{kind} {record.id} is in no entry")
        elif record_digest(record) != digest:
            yield Break("record changed", sequence, f"{kind} {record.id} is not as entry {sequence} says")
        session.expunge(record)


def _told(session: Session, table: type[Record], kind: str) -> Iterator[Break]:
    """Records that the trail tells of and that are not there, though no entry says that they were pruned."""
    prunes = [(n, json.loads(text)["before"]) for n, text in _prunes(session, kind)]
    gone = (
        select(Entry.sequence, Entry.at, Entry.subject)
        .outerjoin(table, Entry.subject == table.id)
        .where(Entry.action == f"{kind}.save", table.id.is_(None))
        .order_by(Entry.sequence)
    )
    for sequence, at, subject in session.execute(gone.execution_options(yield_per=_ROWS)):
        if not any(sequence < prune and at < before for prune, before in prunes):
            yield Break("record missing", sequence, f"{kind} {subject} of entry {sequence} is not there")


def _prunes(session: Session, kind: str) -> Any:
    return session.execute(select(Entry.sequence, Entry.detail).where(Entry.action == f"{kind}.prune"))
