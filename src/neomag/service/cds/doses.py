"""What the dose rules say of a magnesium order."""

from __future__ import annotations

from dataclasses import dataclass

from neomag.case import Case
from neomag.dosing import DoseInputError, Line, State, state_of_case, with_site_regimens
from neomag.dosing.order_text import OrderCheck, check_order
from neomag.knowledge import Knowledge
from neomag.service.cds.dosage import written
from neomag.service.cds.entries import Entries
from neomag.service.cds.orders import Order

_SEVERAL = "each of several dosages or orders is within the dose rules by itself; what they give together is not checked"


@dataclass(frozen=True, slots=True)
class DoseSaid:
    """The verdict on an order (refused, unusual, noted, unread; accepted when nothing is to be said), and why.

    `read` are the words in which the dosage was checked.
    """

    verdict: str
    lines: tuple[Line, ...] = ()
    read: tuple[str, ...] = ()
    trouble: str | None = None


def dose_said(order: Order, case: Case, entries: Entries, knowledge: Knowledge, *, alone: bool = True) -> DoseSaid:
    """The verdict on every dosage of an order, the gravest.

    Dosages are not added up: of several, or of an order that is not `alone`, none is called fine.
    """
    read: list[str] = []
    try:
        read += written(order, entries, knowledge)
        state = state_of_case(case, knowledge=knowledge)
        known = with_site_regimens(knowledge)
        checks = [_checked(text, state, known) for text in read]
    except DoseInputError as error:
        return DoseSaid("unread", (), tuple(read), "; ".join(error.problems))
    refused = [line for check in checks for line in check.refused]
    warned = [line for check in checks for line in check.warnings]
    lines = tuple(dict.fromkeys((*refused, *warned)))
    if refused:
        verdict = "refused"
    elif any(check.verdict == "unusual" for check in checks):
        verdict = "unusual"
    else:
        verdict = "noted" if lines else "accepted"
        if len(read) > 1 or not alone:
            return DoseSaid("unread", lines, tuple(read), _SEVERAL)
    return DoseSaid(verdict, lines, tuple(read))


def _checked(text: str, state: State, knowledge: Knowledge) -> OrderCheck:
    try:
        return check_order(text, state, knowledge)
    except (ArithmeticError, ValueError) as error:
        # Numbers that no order has: what cannot be worked out is unread, not accepted.
        raise error if isinstance(error, DoseInputError) else DoseInputError("the order cannot be worked out") from None
