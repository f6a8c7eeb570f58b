"""A dose asked for, and an order to be checked."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from neomag.asking.case import read_case
from neomag.asking.fault import Fault, NotValidError, pointer
from neomag.asking.form import checked
from neomag.asking.schemas import Schema, asked_check, asked_dose
from neomag.case import Case
from neomag.dosing import Dose, DoseInputError, with_site_regimens
from neomag.dosing.asked import AskedError, dose_asked, order_asked
from neomag.dosing.order_text import OrderCheck
from neomag.rules import rulebook

T = TypeVar("T")
_DOSE, _CHECK = asked_dose(), asked_check()


def dose(given: Any) -> Dose:
    """The dose that `given` (see `asked_dose`) asks for. Raises NotValidError with every fault."""
    return _worked_out(dose_asked, given, _DOSE)


def check(given: Any) -> OrderCheck:
    """The order that `given` (see `asked_check`) holds, checked. Raises NotValidError with every fault."""
    return _worked_out(order_asked, given, _CHECK)


def _said(field: str) -> str:
    """What a field of the calculator is called in what is asked."""
    return "`with`" if field == "beside" else f"`{field}`"


def _worked_out(asked: Callable[..., T], given: Any, schema: Schema) -> T:
    known = rulebook().knowledge
    fields = {**checked(given, schema)}
    case: Case | None = read_case(fields.pop("case"), known, "case") if "case" in fields else None
    fields["beside"] = fields.pop("with", ())
    if "doses" in fields:
        fields["doses"] = int(fields["doses"])
    try:
        return asked(fields, case, with_site_regimens(known), _said)
    except AskedError as error:
        places = {"": "", "beside": "/with"}
        raise NotValidError(Fault(places.get(name, pointer(name)), says) for name, says in error.faults) from None
    except DoseInputError as error:
        raise NotValidError(Fault("", says) for says in error.problems) from None
