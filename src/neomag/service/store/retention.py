"""Retention: what is older than it may be is deleted, and the audit trail says so."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, cast

from sqlalchemy import CursorResult, delete
from sqlalchemy.orm import Session

from neomag.service.store.audit import append
from neomag.service.store.records import RECORDS
from neomag.service.store.tables import Idempotency, UsedToken, written


def prune(session: Session, actor: str, retention: timedelta | None, replies: timedelta, now: datetime) -> Mapping[str, int]:
    """Delete records older than `retention` (None: none), and replies kept for repeated requests older than `replies`.

    Returns how many of each kind went. The trail keeps its entries, and gains one for each kind of record of which some went.
    """
    went: dict[str, int] = {}
    if retention is not None:
        before = written(now - retention)
        for table, kind in RECORDS.items():
            went[kind] = _gone(session, delete(table).where(table.at < before))
            if went[kind]:
                append(session, f"{kind}.prune", actor, "store", detail={"before": before, "records": went[kind]})
    old = written(now - replies)
    went["reply"] = _gone(session, delete(Idempotency).where(Idempotency.at < old))
    went["token"] = _gone(session, delete(UsedToken).where(UsedToken.expires < int(now.timestamp())))
    return went


def _gone(session: Session, statement: Any) -> int:
    return cast("CursorResult[Any]", session.execute(statement)).rowcount
