"""What became of the cards: of each, its last feedback counts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from neomag.service.store.tables import Feedback, written


@dataclass(frozen=True, slots=True)
class CardsOf:
    """The cards of one service: how many were accepted and overridden, and for which reasons (None: none was given)."""

    service: str
    accepted: int
    overridden: int
    commented: int
    reasons: dict[str | None, int] = field(default_factory=dict[str | None, int])

    @property
    def overridden_share(self) -> float:
        """The share that was overridden, 0 to 1."""
        return self.overridden / (self.accepted + self.overridden)


def report(session: Session, since: datetime | None = None, until: datetime | None = None) -> Sequence[CardsOf]:
    """The cards of each service with feedback from `since` to before `until`, in the order of their names."""
    by_card = (Feedback.service, Feedback.client, Feedback.card)
    rank = func.row_number().over(partition_by=by_card, order_by=(Feedback.at.desc(), Feedback.id.desc())).label("rank")
    asked = select(Feedback.service, Feedback.outcome, Feedback.reason, Feedback.comment.is_not(None).label("commented"), rank)
    if since is not None:
        asked = asked.where(Feedback.at >= written(since))
    if until is not None:
        asked = asked.where(Feedback.at < written(until))
    last = asked.subquery()
    columns = (last.c.service, last.c.outcome, last.c.reason, last.c.commented)
    counts: dict[str, tuple[Counter[str], Counter[str | None]]] = {}
    for service, outcome, reason, commented, cards in session.execute(
        select(*columns, func.count()).where(last.c.rank == 1).group_by(*columns)
    ):
        outcomes, reasons = counts.setdefault(service, (Counter(), Counter()))
        outcomes[outcome] += cards
        if commented:
            outcomes["commented"] += cards
        if outcome == "overridden":
            reasons[reason] += cards
    return [
        CardsOf(service, outcomes["accepted"], outcomes["overridden"], outcomes["commented"], dict(reasons.most_common()))
        for service, (outcomes, reasons) in sorted(counts.items())
    ]
