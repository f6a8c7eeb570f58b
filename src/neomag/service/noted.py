"""What is noted in the audit trail of answers that are not kept: to calls of CDS Hooks, to messages of HL7 v2.

Who asked, when, what answered, how urgent it was and by which knowledge: nothing of a patient.
"""

from __future__ import annotations

from collections.abc import Sequence

from neomag.answer import Answer
from neomag.hl7v2.listener import Noted
from neomag.service.access import log_error
from neomag.service.store import Store, StoreError

# An entry of the trail is short.
_MOST_CARDS = 6


def note_call(store: Store, client: str, service: str, answer: Answer, cards: Sequence[str], request: str) -> None:
    """Note that a call of a service was answered, with the codes of its first cards."""
    _note(store, "cds.answer", client, service, answer, request, cards=list(cards[:_MOST_CARDS]))


def noting(store: Store) -> Noted:
    """Notes each patient of a message that was assessed and accepted."""

    def noted(sender: str, kind: str, answer: Answer) -> None:
        # A sender names itself as it likes; what no column takes is left out.
        plain = sender.replace("|", " ").strip()
        actor = f"hl7v2:{plain}"[:200] if plain.isprintable() and plain else "hl7v2"
        _note(store, "hl7v2.answer", actor, kind, answer, "hl7v2")

    return noted


def _note(store: Store, action: str, actor: str, subject: str, answer: Answer, request: str, **more: object) -> None:
    detail = {"urgency": answer.urgency, "knowledge": answer.knowledge, **more}
    try:
        store.record(action, actor, subject, detail=detail)
    except (StoreError, ValueError) as error:
        # A warning about an infant must not be lost to a full disk: the answer goes out, and the log says that this is missing.
        log_error(request, error)
