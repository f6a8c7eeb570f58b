"""What became of cards: POST /cds-services/{id}/feedback, read strictly and kept as a whole or not at all."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, cast
from uuid import UUID

from neomag.service.problems import Fault, ProblemError

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from neomag.service.store import Store

OUTCOMES = ("accepted", "overridden")
_MOST = 100


@dataclass(frozen=True, slots=True)
class Told:
    """What became of one card: accepted with these suggestions, or overridden for this reason (a code and its system)."""

    card: str
    outcome: str
    at: str
    suggestions: tuple[str, ...] = ()
    reason: str | None = None
    system: str | None = None
    comment: str | None = None


def feedback_of(given: object) -> list[Told]:
    """The feedback of a body. Raises ProblemError (422) with every fault."""
    entries: object = cast("Mapping[str, Any]", given).get("feedback") if isinstance(given, dict) else None
    if not isinstance(entries, list) or not entries:
        raise ProblemError.not_valid([Fault("/feedback", "a list of at least one feedback is expected")])
    several = cast("list[object]", entries)
    if len(several) > _MOST:
        raise ProblemError.not_valid([Fault("/feedback", f"at most {_MOST} at once")])
    faults: list[Fault] = []
    found = [_one(entry, f"/feedback/{place}", faults) for place, entry in enumerate(several)]
    if faults:
        raise ProblemError.not_valid(faults)
    return found


def _one(value: object, where: str, faults: list[Fault]) -> Told:
    if not isinstance(value, dict):
        faults.append(Fault(where, "an object is expected"))
        return Told("", "", "")
    entry = cast("Mapping[str, Any]", value)
    outcome = entry.get("outcome")
    if outcome not in OUTCOMES:
        faults.append(Fault(f"{where}/outcome", f"{' or '.join(OUTCOMES)} is expected"))
    reason, system, comment = _reason(entry.get("overrideReason"), f"{where}/overrideReason", faults)
    return Told(
        card=_uuid(entry.get("card"), f"{where}/card", faults),
        outcome=str(outcome),
        at=_moment(entry.get("outcomeTimestamp"), f"{where}/outcomeTimestamp", faults),
        suggestions=_suggestions(entry.get("acceptedSuggestions"), outcome, f"{where}/acceptedSuggestions", faults),
        reason=reason,
        system=system,
        comment=comment,
    )


def _uuid(value: object, where: str, faults: list[Fault]) -> str:
    try:
        return str(UUID(value if isinstance(value, str) else ""))
    except ValueError:
        faults.append(Fault(where, "the uuid of a card or suggestion is expected"))
        return ""


def _moment(value: object, where: str, faults: list[Fault]) -> str:
    try:
        if not isinstance(value, str) or len(value) > 40 or datetime.fromisoformat(value).tzinfo is None:
            raise ValueError
    except ValueError:
        faults.append(Fault(where, "a date and time with its zone is expected, such as 2026-01-03T04:10:00Z"))
        return ""
    return value


def _suggestions(value: object, outcome: object, where: str, faults: list[Fault]) -> tuple[str, ...]:
    items = cast("list[object]", value) if isinstance(value, list) else []
    if (value is not None and not isinstance(value, list)) or (outcome == "accepted" and not items):
        faults.append(Fault(where, "a list of what was accepted is expected, each with its `id`"))
    if len(items) > _MOST:
        faults.append(Fault(where, f"at most {_MOST}"))
    ids = [cast("Mapping[str, Any]", item).get("id") if isinstance(item, dict) else None for item in items[:_MOST]]
    return tuple(_uuid(one, f"{where}/{place}/id", faults) for place, one in enumerate(ids))


def _reason(value: object, where: str, faults: list[Fault]) -> tuple[str | None, str | None, str | None]:
    """Code and system of the reason, and the comment."""
    if value is None:
        return None, None, None
    said = cast("Mapping[str, Any]", value) if isinstance(value, dict) else None
    reason: object = said.get("reason") if said is not None else None
    if said is None or not (reason is None or isinstance(reason, dict)):
        faults.append(Fault(where, "an object with `reason` (a Coding) and `userComment` is expected"))
        return None, None, None
    coding: Mapping[str, Any] = cast("Mapping[str, Any]", reason) if isinstance(reason, dict) else {}
    code = _text(coding.get("code"), f"{where}/reason/code", 200, faults)
    if reason is not None and code is None:
        faults.append(Fault(f"{where}/reason/code", "a code is expected"))
    comment: object = said.get("userComment")
    if comment is not None and not isinstance(comment, str):
        faults.append(Fault(f"{where}/userComment", "a text is expected"))
    return (
        code,
        _text(coding.get("system"), f"{where}/reason/system", 200, faults),
        comment if isinstance(comment, str) else None,
    )


def _text(value: object, where: str, most: int, faults: list[Fault]) -> str | None:
    if value is None:
        return None
    if not isinstance(value, str) or not 0 < len(value) <= most or not value.isprintable():
        faults.append(Fault(where, f"a text of 1 to {most} characters that can be printed is expected"))
        return None
    return value


def saved(told: Sequence[Told], service: str, client: str, store: Store) -> None:
    """Keep all of it in one transaction. Raises StoreError."""
    from neomag.service.store.records import save_feedback

    def work(session: Session) -> None:
        for one in told:
            save_feedback(
                session, client=client, service=service, card=one.card, outcome=one.outcome, outcome_at=one.at,
                reason=one.reason, reason_system=one.system, comment=one.comment, suggestions=one.suggestions,
            )  # fmt: skip

    store.write(work)
