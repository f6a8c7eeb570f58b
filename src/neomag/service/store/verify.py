"""Whether the audit trail is whole, and whether the records are those it tells of."""

from __future__ import annotations

import json
from bisect import bisect_right
from collections.abc import Generator
from contextlib import closing
from dataclasses import dataclass
from itertools import accumulate, islice
from typing import Any, Literal, cast

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
    return [*_first(1, _chain(session, anchor)), *_first(most, _records(session))]


def _first(most: int, found: Generator[Break]) -> list[Break]:
    """At most so many; what is read from the database is let go of then."""
    with closing(found):
        return list(islice(found, most))


def _chain(session: Session, anchor: Anchor | None) -> Generator[Break]:
    """The breaks of the chain, the first one first; what comes after the first may follow from it."""
    end = head(session)
    last = Anchor(0, GENESIS)
    asked = select(Entry).order_by(Entry.sequence).execution_options(yield_per=_ROWS)
    with session.scalars(asked) as entries:
        for entry in entries:
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


def _records(session: Session) -> Generator[Break]:
    for table, kind in RECORDS.items():
        yield from _stored(session, table, kind)
        yield from _told(session, table, kind)


def _stored(session: Session, table: type[Record], kind: str) -> Generator[Break]:
    """Records that the trail does not tell of, or tells of otherwise."""
    told = select(table, Entry.sequence, Entry.record).outerjoin(
        Entry, (Entry.subject == table.id) & (Entry.action == f"{kind}.save")
    )
    with session.execute(told.execution_options(yield_per=_ROWS)) as rows:
        for record, sequence, digest in cast(Any, rows):
            if sequence is None:
                yield Break("record not audited", 0, f"{kind} {record.id} is in no entry")
            elif record_digest(record) != digest:
                yield Break("record changed", sequence, f"{kind} {record.id} is not as entry {sequence} says")
            if record in session:  # two entries may tell of one record
                session.expunge(record)


def _told(session: Session, table: type[Record], kind: str) -> Generator[Break]:
    """Records that the trail tells of and that are not there, though no entry says that they were pruned."""
    prunes, limits = _prunes(session, kind)
    gone = (
        select(Entry.sequence, Entry.at, Entry.subject)
        .outerjoin(table, Entry.subject == table.id)
        .where(Entry.action == f"{kind}.save", table.id.is_(None))
        .order_by(Entry.sequence)
    )
    with session.execute(gone.execution_options(yield_per=_ROWS)) as rows:
        for sequence, at, subject in rows:
            if at < limits[bisect_right(prunes, sequence)]:
                continue
            yield Break("record missing", sequence, f"{kind} {subject} of entry {sequence} is not there")


def _before(detail: str) -> str:
    """Records older than this were pruned; none when the entry was spoilt, which the chain shows."""
    try:
        said = json.loads(detail)["before"]
    except (ValueError, TypeError, KeyError, RecursionError):
        return ""
    return said if isinstance(said, str) else ""


def _prunes(session: Session, kind: str) -> tuple[list[int], list[str]]:
    """The entries that tell of pruning, in order, and for each the latest time before which it or a later one pruned."""
    asked = select(Entry.sequence, Entry.detail).where(Entry.action == f"{kind}.prune").order_by(Entry.sequence)
    rows = session.execute(asked).all()
    latest = list(accumulate((_before(detail) for _, detail in reversed(rows)), max, initial=""))
    return [sequence for sequence, _ in rows], latest[::-1]
