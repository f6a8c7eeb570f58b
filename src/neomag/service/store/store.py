"""The store: what is kept, and the audit trail of it. Threads may share one; several processes may open the same database."""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Self, TypeVar

from sqlalchemy import Engine, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from neomag.service.store import audit, feedback, once, records, retention
from neomag.service.store import verify as verifying
from neomag.service.store.engine import WRITES, make_engine, masked
from neomag.service.store.errors import StoreError
from neomag.service.store.migrate import migrate
from neomag.service.store.tables import Assessment, Entry, Feedback
from neomag.service.store.writer import Writer, told

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Saved:
    """An assessment that was kept and what was replied; `repeated` when that was before, for the same idempotency key."""

    id: str | None
    reply: once.Reply | None = None
    repeated: bool = False


class Store:
    """A database that is open. Every method raises StoreError when the database cannot be used."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._writer = Writer(engine)

    @classmethod
    def open(cls, url: str, *, new: bool = True) -> Self:
        """Open the database at `url` (sqlite:///FILE or postgresql://…), making or migrating its tables.

        Raises StoreError when it cannot be reached, was written by a newer neomag, or, unless `new`, is not there yet.
        """
        engine = make_engine(url, new=new)
        try:
            with engine.execution_options(**{WRITES: True}).begin() as connection:
                migrate(connection, new=new)
        except SQLAlchemyError as error:
            engine.dispose()
            raise StoreError(f"{masked(url)}: the store cannot be opened ({type(error).__name__})") from None
        except BaseException:
            engine.dispose()
            raise
        return cls(engine)

    def close(self) -> None:
        """Finish what is being written, and let go of the database."""
        self._writer.close()
        self._engine.dispose()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def write(self, work: Callable[[Session], T]) -> T:
        """Several steps in one transaction: `work` gets the session; what it returns is returned once it is committed."""
        return self._writer.do(work)

    @contextmanager
    def reading(self, **options: Any) -> Generator[Session]:
        """A session to read in."""
        try:
            with Session(self._engine.execution_options(**options)) as session:
                yield session
        except SQLAlchemyError as error:
            raise told(error) from None

    def save_assessment(
        self,
        *,
        client: str,
        case: Mapping[str, Any],
        answer: Mapping[str, Any],
        knowledge: str,
        knowledge_digest: str,
        key: once.RequestKey | None = None,
        reply: Callable[[str], once.Reply] | None = None,
    ) -> Saved:
        """Keep an assessment with its entry in the trail. With `key`, also the reply that `reply` makes of its id, unless the
        same request was kept before: then that one. Raises ConflictError when the key stands for another request."""

        def work(session: Session) -> Saved:
            before = None if key is None else once.recall(session, key)
            if before is not None:
                return Saved(None, before, repeated=True)
            record = records.save_assessment(
                session, client=client, case=case, answer=answer, knowledge=knowledge, knowledge_digest=knowledge_digest
            )
            answered = None if reply is None else reply(record.id)
            if key is not None and answered is not None:
                once.remember(session, key, answered)
            return Saved(record.id, answered)

        return self.write(work)

    def assessment(self, id: str, client: str | None = None) -> Assessment | None:  # noqa: A002
        """An assessment by id; with `client`, only when it is that client's. None when there is none."""
        with self.reading() as session:
            found = session.get(Assessment, id)
            return found if found is not None and client in {None, found.client} else None

    def recall(self, key: once.RequestKey) -> once.Reply | None:
        """The reply to the same request before. Raises ConflictError when the key stands for another request."""
        with self.reading() as session:
            return once.recall(session, key)

    def remember(self, key: once.RequestKey, reply: once.Reply) -> once.Reply:
        """Keep a reply; when another was kept for the same request meanwhile, that one. Raises ConflictError."""

        def work(session: Session) -> once.Reply:
            if (before := once.recall(session, key)) is not None:
                return before
            once.remember(session, key, reply)
            return reply

        return self.write(work)

    def use_token(self, issuer: str, jti: str, expires: int, at: int) -> bool:
        """Whether the `jti` of a token that expires (seconds since 1970) is used for the first time."""
        return self.write(lambda session: once.use_token(session, issuer, jti, expires, at))

    def save_feedback(self, **given: Any) -> Feedback:
        """Keep what became of a card; see `records.save_feedback` for what is given. Raises ValueError."""
        return self.write(lambda session: records.save_feedback(session, **given))

    def feedback_report(self, since: datetime | None = None, until: datetime | None = None) -> Sequence[feedback.CardsOf]:
        """What became of the cards of each service."""
        with self.reading() as session:
            return feedback.report(session, since, until)

    def record(self, action: str, actor: str, subject: str, **more: Any) -> audit.Anchor:
        """Append an entry to the audit trail; see `audit.append`. Returns where the trail now ends. Raises ValueError."""

        def work(session: Session) -> audit.Anchor:
            entry = audit.append(session, action, actor, subject, **more)
            return audit.Anchor(entry.sequence, entry.hash)

        return self.write(work)

    def head(self) -> audit.Anchor:
        """Where the audit trail ends: kept elsewhere, it shows later whether the trail was cut or rewritten."""
        with self.reading() as session:
            return audit.head(session)

    def entries(self, after: int = 0, most: int = 100, subject: str | None = None) -> Sequence[Entry]:
        """Entries of the trail in order, at most `most`, after the one numbered `after`; with `subject`, those of one id."""
        asked = select(Entry).where(Entry.sequence > after).order_by(Entry.sequence).limit(most)
        with self.reading() as session:
            return session.scalars(asked if subject is None else asked.where(Entry.subject == subject)).all()

    def verify(self, anchor: audit.Anchor | None = None) -> list[verifying.Break]:
        """What is wrong with the audit trail and the records it tells of; an empty list when nothing is."""
        # One snapshot: SQLite reads in one anyway.
        snapshot = {"isolation_level": "REPEATABLE READ"} if self._engine.dialect.name == "postgresql" else {}
        with self.reading(**snapshot) as session:
            return verifying.verify(session, anchor)

    def prune(
        self, retention_time: timedelta | None, now: datetime | None = None, *, actor: str = "neomag",
        replies: timedelta = timedelta(days=1),
    ) -> Mapping[str, int]:  # fmt: skip
        """Delete what is older than it may be, saying so in the trail; how many of each kind. See `retention.prune`."""
        return self.write(lambda session: retention.prune(session, actor, retention_time, replies, now or datetime.now(UTC)))
