"""What may happen once only: a request with an idempotency key, a signed token."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import delete, insert
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from neomag.service.store.canonical import digest
from neomag.service.store.errors import ConflictError
from neomag.service.store.tables import Idempotency, UsedToken, now
from neomag.service.store.text import fit


@dataclass(frozen=True, slots=True)
class Reply:
    """A reply that was given before: its HTTP status and body."""

    status: int
    body: str


@dataclass(frozen=True, slots=True)
class RequestKey:
    """An idempotency key of a client, and the digest of the request that it stands for.

    Make one with `of`. Keys of two clients have nothing to do with each other.
    """

    client: str
    key: str
    request: str

    @classmethod
    def of(cls, client: str, key: str, route: str, body: Any) -> RequestKey:
        """The key of a request to `route` with `body` (JSON that was read). Raises ValueError for a key that is none."""
        return cls(fit("client", client, 200), fit("Idempotency-Key", key, 255), digest([route, body]))


def recall(session: Session, key: RequestKey) -> Reply | None:
    """The reply given to the same request before, None when there was none.

    Raises ConflictError when the key was used for another request.
    """
    found = session.get(Idempotency, (key.client, key.key))
    if found is None:
        return None
    if found.request != key.request:
        raise ConflictError("the idempotency key was used before for another request")
    return Reply(found.status, found.reply)


def remember(session: Session, key: RequestKey, reply: Reply) -> None:
    """Keep the reply to a request. The caller holds the writer's lock and has asked `recall`."""
    row = {"client": key.client, "key": key.key, "request": key.request, "status": reply.status, "reply": reply.body}
    session.execute(insert(Idempotency), [row | {"at": now()}])


def use_token(session: Session, issuer: str, jti: str, expires: int, at: int) -> bool:
    """Whether a `jti` is used for the first time; from now on it is used. Times in seconds since 1970.

    Of two that ask at once, one is told so. Also forgets those that have expired: their tokens are refused as such.
    """
    session.execute(delete(UsedToken).where(UsedToken.expires < at))
    row = {"issuer": fit("issuer", issuer, 400), "jti": fit("jti", jti, 255), "expires": expires}
    dialect = sqlite if session.get_bind().dialect.name == "sqlite" else postgresql
    made = session.execute(dialect.insert(UsedToken).values(row).on_conflict_do_nothing().returning(UsedToken.jti))
    return made.first() is not None
