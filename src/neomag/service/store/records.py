"""The records that are kept: assessments and feedback. Each is saved with its entry in the audit trail, in one transaction."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from typing import Any, cast
from uuid import uuid4

from sqlalchemy import Table, insert, inspect
from sqlalchemy.orm import Session

from neomag.service.store.audit import append
from neomag.service.store.canonical import canonical, digest
from neomag.service.store.tables import Assessment, Feedback, now
from neomag.service.store.text import an_id, fit, told

Record = Assessment | Feedback
RECORDS: Mapping[type[Record], str] = {Assessment: "assessment", Feedback: "feedback"}
_NAMES = {table: [column.key for column in inspect(table).column_attrs] for table in RECORDS}
_ADD = {table: insert(cast(Table, table.__table__)) for table in RECORDS}
OUTCOMES = ("accepted", "overridden")
# Of the comment of a clinician who overrides a card.
COMMENT = 4_000


def record_digest(record: Record) -> str:
    """The digest of everything in a record, as the audit trail holds it."""
    return digest(_columns(record))


def _columns(record: Record) -> dict[str, Any]:
    return {name: getattr(record, name) for name in _NAMES[type(record)]}


def _save(session: Session, record: Record) -> None:
    columns = _columns(record)
    session.connection().execute(_ADD[type(record)], columns)
    append(session, f"{RECORDS[type(record)]}.save", record.client, record.id, record=digest(columns), at=record.at)


def save_assessment(
    session: Session,
    *,
    client: str,
    case: Mapping[str, Any],
    answer: Mapping[str, Any],
    knowledge: str,
    knowledge_digest: str,
) -> Assessment:
    """Keep what was asked and answered, by which knowledge. Raises ValueError for a client or version that is none."""
    record = Assessment(
        id=uuid4().hex,
        at=now(),
        client=fit("client", client, 200),
        case=canonical(case),
        answer=canonical(answer),
        knowledge=an_id("knowledge", knowledge, 40),
        knowledge_digest=an_id("knowledge digest", knowledge_digest, 64),
        salt=secrets.token_hex(16),
    )
    _save(session, record)
    return record


def save_feedback(
    session: Session,
    *,
    client: str,
    service: str,
    card: str,
    outcome: str,
    outcome_at: str | None = None,
    reason: str | None = None,
    reason_system: str | None = None,
    comment: str | None = None,
    suggestions: Sequence[str] = (),
) -> Feedback:
    """Keep what became of a card: `accepted` or `overridden`, the code of the reason, and what was said.

    Raises ValueError naming what is not accepted.
    """
    if outcome not in OUTCOMES:
        raise ValueError(f"outcome: write {' or '.join(OUTCOMES)}")
    record = Feedback(
        id=uuid4().hex,
        at=now(),
        client=fit("client", client, 200),
        service=an_id("service", service, 100),
        card=an_id("card", card, 100),
        outcome=outcome,
        outcome_at=None if outcome_at is None else fit("outcomeTimestamp", outcome_at, 40),
        reason=None if reason is None else fit("reason", reason, 200),
        reason_system=None if reason_system is None else fit("system of the reason", reason_system, 200),
        comment=told(comment, COMMENT),
        suggestions=canonical([an_id("suggestion", one, 100) for one in suggestions[:100]]),
        salt=secrets.token_hex(16),
    )
    _save(session, record)
    return record
