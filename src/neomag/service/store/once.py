"""What may happen once only: a request with an idempotency key, an HL7 v2 message, a signed token."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from sqlalchemy import delete, insert
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from neomag.service.store.canonical import digest
from neomag.service.store.errors import ConflictError
from neomag.service.store.tables import Idempotency, SeenMessage, UsedToken, now
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


def seen_message(session: Session, sender: str, control_id: str, message: bytes) -> str | None:
    """The acknowledgement that the same message got before, None when it is new.

    Raises ConflictError when the sender used the control id for another message.
    """
    found = session.get(SeenMessage, (sender, control_id))
    if found is None:
        return None
    if found.request != _of_bytes(message):
        raise ConflictError("the control id was used before for another message")
    return found.reply


def remember_message(session: Session, sender: str, control_id: str, message: bytes, reply: str) -> None:
    """Keep the acknowledgement of a message. Raises ValueError for a sender or control id that is none."""
    row: Mapping[str, Any] = {
        "sender": fit("sender", sender, 200),
        "control_id": fit("control id", control_id, 199),
        "request": _of_bytes(message),
        "reply": reply,
        "at": now(),
    }
    session.execute(insert(SeenMessage), [row])


def _of_bytes(message: bytes) -> str:
    return sha256(message).hexdigest()


def use_token(session: Session, issuer: str, jti: str, expires: int, at: int) -> bool:
    """Whether a `jti` is used for the first time; from now on it is used. Times in seconds since 1970.

    Of two that ask at once, one is told so. Also forgets those that have expired: their tokens are refused as such.
    """
    session.execute(delete(UsedToken).where(UsedToken.expires < at))
    row = {"issuer": fit("issuer", issuer, 400), "jti": fit("jti", jti, 255), "expires": expires}
    dialect = sqlite if session.get_bind().dialect.name == "sqlite" else postgresql
    made = session.execute(dialect.insert(UsedToken).values(row).on_conflict_do_nothing().returning(UsedToken.jti))
    return made.first() is not None
