"""What a day held, and what to give."""

from __future__ import annotations

from functools import partial
from typing import Any

from neomag.asking.fault import Fault, NotValidError, pointer
from neomag.asking.form import checked
from neomag.asking.schemas import asked_intake, asked_plan
from neomag.feeding.asked import request_asked
from neomag.feeding.diary import DiaryError, read_diary
from neomag.feeding.errors import AskedError, FeedingInputError
from neomag.feeding.explain import Explainer
from neomag.feeding.highs import HighsSession
from neomag.feeding.intake import intake as intake_of
from neomag.feeding.plan import plan as plan_of
from neomag.feeding.plan_dict import plan_dict
from neomag.knowledge.feeding import load_feeding
from neomag.knowledge.foods import load_foods

_INTAKE, _PLAN = asked_intake(), asked_plan()
_MOST_BYTES = 256 * 1024


def intake(given: Any) -> dict[str, Any]:
    """The intake that the diary in `given` (see `asked_intake`) holds. Raises NotValidError with every fault."""
    fields = checked(given, _INTAKE)
    written = fields["diary"]
    diary = written.encode() if isinstance(written, str) else written
    if isinstance(diary, bytes) and len(diary) > _MOST_BYTES:
        raise NotValidError([Fault("/diary", f"larger than {_MOST_BYTES // 1024} kB; a diary is one day")])
    table = load_foods()
    try:
        day = read_diary(diary, table.foods, age=fields.get("age"))
    except DiaryError as error:
        raise NotValidError(Fault("/diary", problem) for problem in error.problems) from None
    named = {name: fields[name] for name in ("authority", "fill", "iron", "zinc") if name in fields}
    try:
        return intake_of(day, table, **named).to_dict()
    except FeedingInputError as error:
        raise NotValidError(Fault("", line) for line in str(error).splitlines()) from None


def plan(given: Any, until: float | None) -> dict[str, Any]:
    """The plan that `given` (see `asked_plan`) asks for.

    `until` is when it must be done, by the monotonic clock. Raises NotValidError with every fault, and OutOfTimeError.
    """
    fields = checked(given, _PLAN)
    if "days" in fields:
        fields = {**fields, "days": int(fields["days"])}
    known, table = load_feeding(), load_foods()
    try:
        found = plan_of(request_asked(fields, lambda name: f"`{name}`"), known, table, partial(HighsSession, until=until))
        return plan_dict(found, Explainer(found, known, table))
    except AskedError as error:
        raise NotValidError(Fault(pointer(name), says) for name, says in error.faults) from None
    except FeedingInputError as error:
        raise NotValidError(Fault("", line) for line in str(error).splitlines()) from None
