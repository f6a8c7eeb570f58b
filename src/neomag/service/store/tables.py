"""The tables of the store. Times are texts of UTC, one width, so that they sort and are the same bytes on every database."""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import BigInteger, Integer, MetaData, String, Text
from sqlalchemy.orm import DeclarativeBase, Mapped, MappedAsDataclass, mapped_column

# SQLite gives a row its number only when the column is INTEGER.
Sequence = BigInteger().with_variant(Integer, "sqlite")


def written(moment: datetime) -> str:
    """A moment as the store writes it: 2026-11-26T11:21:33.123456Z. Raises ValueError for one without a zone."""
    if moment.tzinfo is None:
        raise ValueError("a moment without a time zone")
    return moment.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def now() -> str:
    """This moment, as the store writes it."""
    return written(datetime.now(UTC))


class Base(MappedAsDataclass, DeclarativeBase):
    """What all tables share."""

    metadata = MetaData(naming_convention={"ix": "ix_%(table_name)s_%(column_0_name)s", "pk": "pk_%(table_name)s"})


class Assessment(Base):
    """What was asked and answered. `case` and `answer` are JSON. `salt` goes with the record, so that once it is pruned the
    digest that stays in the audit trail tells nothing of it."""

    __tablename__ = "assessment"
    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    at: Mapped[str] = mapped_column(String(27), index=True)
    client: Mapped[str] = mapped_column(String(200))
    case: Mapped[str] = mapped_column(Text)
    answer: Mapped[str] = mapped_column(Text)
    knowledge: Mapped[str] = mapped_column(String(40))
    knowledge_digest: Mapped[str] = mapped_column(String(64))
    salt: Mapped[str] = mapped_column(String(32))


class Feedback(Base):
    """What became of one card of CDS Hooks. `suggestions` is a JSON list of ids; times are as the store writes them."""

    __tablename__ = "feedback"
    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    at: Mapped[str] = mapped_column(String(27), index=True)
    client: Mapped[str] = mapped_column(String(200))
    service: Mapped[str] = mapped_column(String(100))
    card: Mapped[str] = mapped_column(String(100), index=True)
    outcome: Mapped[str] = mapped_column(String(10))
    outcome_at: Mapped[str | None] = mapped_column(String(40))
    reason: Mapped[str | None] = mapped_column(String(200))
    reason_system: Mapped[str | None] = mapped_column(String(200))
    comment: Mapped[str | None] = mapped_column(Text)
    suggestions: Mapped[str] = mapped_column(Text)
    salt: Mapped[str] = mapped_column(String(32))


class Idempotency(Base):
    """The reply that an idempotency key of a client stands for."""

    __tablename__ = "idempotency"
    client: Mapped[str] = mapped_column(String(200), primary_key=True)
    key: Mapped[str] = mapped_column("idempotency_key", String(255), primary_key=True)
    request: Mapped[str] = mapped_column(String(64))
    status: Mapped[int] = mapped_column(Integer)
    reply: Mapped[str] = mapped_column(Text)
    at: Mapped[str] = mapped_column(String(27), index=True)


class UsedToken(Base):
    """A `jti` that was used, until it expires (seconds since 1970)."""

    __tablename__ = "used_token"
    issuer: Mapped[str] = mapped_column(String(400), primary_key=True)
    jti: Mapped[str] = mapped_column(String(255), primary_key=True)
    expires: Mapped[int] = mapped_column(BigInteger, index=True)


class ApiKey(Base):
    """A key that was made. Only the hash of its secret is kept; `scopes` stand between spaces."""

    __tablename__ = "api_key"
    id: Mapped[str] = mapped_column(String(16), primary_key=True)
    hash: Mapped[str] = mapped_column(String(64))
    client: Mapped[str] = mapped_column(String(200))
    scopes: Mapped[str] = mapped_column(String(400))
    made: Mapped[str] = mapped_column(String(27))
    expires: Mapped[str | None] = mapped_column(String(27))
    revoked: Mapped[str | None] = mapped_column(String(27), default=None)
    used: Mapped[str | None] = mapped_column(String(27), default=None)


class Entry(Base):
    """One entry of the audit trail. `hash` is over everything else in it, `previous` the hash of the entry before."""

    __tablename__ = "audit"
    sequence: Mapped[int] = mapped_column(Sequence, primary_key=True, autoincrement=False)
    at: Mapped[str] = mapped_column(String(27))
    actor: Mapped[str] = mapped_column(String(200))
    action: Mapped[str] = mapped_column(String(60), index=True)
    subject: Mapped[str] = mapped_column(String(128), index=True)
    record: Mapped[str | None] = mapped_column(String(64))
    detail: Mapped[str] = mapped_column(String(400))
    previous: Mapped[str] = mapped_column(String(64))
    hash: Mapped[str] = mapped_column(String(64))


class Head(Base):
    """The one row that says where the trail ends. Writers lock it, so that the chain cannot fork."""

    __tablename__ = "audit_head"
    one: Mapped[int] = mapped_column(Integer, primary_key=True)
    sequence: Mapped[int] = mapped_column(Sequence)
    hash: Mapped[str] = mapped_column(String(64))
