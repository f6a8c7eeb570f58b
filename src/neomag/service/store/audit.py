"""The audit trail: who did what to which record and when, each entry holding the hash of the one before."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

from sqlalchemy import Table, bindparam, insert, select, update
from sqlalchemy.orm import Session

from neomag.service.store.canonical import canonical, digest
from neomag.service.store.tables import Entry, Head, now
from neomag.service.store.text import an_id, fit

GENESIS = "0" * 64
# Statements over tables, made once: through the ORM's unit of work they cost more than everything else in a write.
_HEAD = select(Head.sequence, Head.hash)
_LOCKED_HEAD = _HEAD.with_for_update()  # SQLite, whose writers have locked everything by now, leaves this out
_ADD = insert(cast(Table, Entry.__table__))
_MOVE_HEAD = update(cast(Table, Head.__table__)).values(sequence=bindparam("to_sequence"), hash=bindparam("to_hash"))


@dataclass(frozen=True, slots=True)
class Anchor:
    """Where the trail ended at some moment. Kept outside the database, it shows later that nothing was cut off or rewritten."""

    sequence: int
    hash: str

    def __str__(self) -> str:
        return f"{self.sequence}:{self.hash}"

    @classmethod
    def parse(cls, text: str) -> Anchor:
        """An anchor as it is printed, SEQUENCE:HASH. Raises ValueError."""
        sequence, _, hash_ = text.strip().partition(":")
        if not (sequence.isascii() and sequence.isdigit() and len(hash_) == 64 and set(hash_) <= set("0123456789abcdef")):
            raise ValueError("write an anchor as `neomag audit head` prints it: a number, a colon and 64 hexadecimal digits")
        return cls(int(sequence), hash_)


def hash_of(entry: Entry, sequence: int | None = None) -> str:
    """What the hash of an entry must be; with `sequence`, what it would be at another place."""
    return digest(content(entry) | ({} if sequence is None else {"sequence": sequence}))


def content(entry: Entry) -> dict[str, Any]:
    """What an entry says, which is what its hash is over."""
    return {
        "sequence": entry.sequence,
        "at": entry.at,
        "actor": entry.actor,
        "action": entry.action,
        "subject": entry.subject,
        "record": entry.record,
        "detail": entry.detail,
        "previous": entry.previous,
    }


def head(session: Session, *, lock: bool = False) -> Anchor:
    """Where the trail ends. With `lock`, no other writer writes until this transaction ends."""
    sequence, hash_ = session.connection().execute(_LOCKED_HEAD if lock else _HEAD).one()
    return Anchor(sequence, hash_)


def append(
    session: Session,
    action: str,
    actor: str,
    subject: str,
    *,
    record: str | None = None,
    detail: Mapping[str, Any] | None = None,
    at: str | None = None,
) -> Entry:
    """Append an entry in the transaction of a Writer, whose end makes it lasting together with what it tells of.

    `action` is a word such as `assessment.save`, `actor` who did it, `subject` the id of what was touched, `record` its digest,
    `detail` figures that are not about a patient, `at` the time of the record (now, when none). Raises ValueError when one of
    them is not of that kind.
    """
    last = head(session)
    entry = Entry(
        sequence=last.sequence + 1,
        at=at or now(),
        actor=fit("actor", actor, 200),
        action=an_id("action", action, 60),
        subject=an_id("subject", subject, 128),
        record=record,
        detail=canonical(dict(detail or {})),
        previous=last.hash,
        hash="",
    )
    if len(entry.detail) > 400:
        raise ValueError("detail: at most 400 characters of JSON")
    entry.hash = hash_of(entry)
    connection = session.connection()
    connection.execute(_ADD, content(entry) | {"hash": entry.hash})
    connection.execute(_MOVE_HEAD, {"to_sequence": entry.sequence, "to_hash": entry.hash})
    return entry
