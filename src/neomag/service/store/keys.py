"""API keys at rest. The secret is shown once, when the key is made; here is only its hash."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from neomag.service.store.audit import append
from neomag.service.store.canonical import digest
from neomag.service.store.tables import ApiKey, now, written
from neomag.service.store.text import an_id, fit


def add_key(
    session: Session, actor: str, key_id: str, hash_: str, client: str, scopes: Iterable[str], expires: datetime | None
) -> ApiKey:
    """Keep a key of a client. Raises ValueError for a client that is none."""
    key = ApiKey(
        id=an_id("key", key_id, 16),
        hash=an_id("hash", hash_, 64),
        client=fit("client", client, 200),
        scopes=" ".join(sorted(an_id("scope", scope, 40) for scope in set(scopes))),
        made=now(),
        expires=None if expires is None else written(expires),
    )
    columns = ("id", "hash", "client", "scopes", "made", "expires")
    row = {column: getattr(key, column) for column in columns}
    session.execute(insert(ApiKey), [row])
    append(session, "key.add", actor, key.id, record=digest(row))
    return key


def find_key(session: Session, key_id: str) -> ApiKey | None:
    """The key of an id, whether or not it may still be used."""
    return session.get(ApiKey, key_id)


def list_keys(session: Session) -> Sequence[ApiKey]:
    """All keys, the oldest first."""
    return session.scalars(select(ApiKey).order_by(ApiKey.made)).all()


def revoke_key(session: Session, actor: str, key_id: str) -> bool:
    """Whether there was such a key that was not revoked yet; now it is."""
    key = session.get(ApiKey, key_id)
    if key is None or key.revoked is not None:
        return False
    session.execute(update(ApiKey).where(ApiKey.id == key_id).values(revoked=now()))
    append(session, "key.revoke", actor, key_id)
    return True


def touch_key(session: Session, key_id: str) -> None:
    """Note that a key is used now."""
    session.execute(update(ApiKey).where(ApiKey.id == key_id).values(used=now()))
