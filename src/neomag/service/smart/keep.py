"""Keeping what SMART showed: the record that was read, and the answer, with their entry in the audit trail."""

from __future__ import annotations

import json
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from neomag.answer import Answer
from neomag.service.store import Store

# Called with the FHIR server, the Bundle that was read there, and the answer, before the page is shown.
Keep = Callable[[str, dict[str, Any], Answer], None]


def keep_in(store: Store) -> Keep:
    """Keeps each answer in `store`, as one of the client `smart:` with the address of the FHIR server. Raises StoreError."""

    def keep(server: str, bundle: dict[str, Any], answer: Answer) -> None:
        knowledge = answer.rulebook.knowledge
        # What was read has numbers as they were written.
        case = json.loads(json.dumps(bundle, default=_number))
        store.save_assessment(
            client=f"smart:{server}"[:200], case=case, answer=answer.to_dict(), knowledge=knowledge.version,
            knowledge_digest=knowledge.digest,
        )  # fmt: skip

    return keep


def _number(value: Any) -> float:
    if isinstance(value, Decimal):
        return float(value)
    raise TypeError(type(value).__name__)
