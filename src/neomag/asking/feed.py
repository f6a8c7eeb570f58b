"""What a day held, and what to give."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Any, cast

from neomag.asking.fault import Fault, NotValidError, pointer
from neomag.asking.form import checked
from neomag.asking.schemas import asked_intake, asked_plan
from neomag.feeding.asked import request_asked
from neomag.feeding.diary import DiaryError, read_diary
from neomag.feeding.errors import AskedError, FeedingInputError
from neomag.feeding.explain import Explainer
from neomag.feeding.habit import habit_in
from neomag.feeding.highs import HighsSession
from neomag.feeding.intake import intake as intake_of
from neomag.feeding.market import market
from neomag.feeding.plan import plan as plan_of
from neomag.feeding.plan_dict import plan_dict
from neomag.feeding.site import Sheet
from neomag.knowledge.feeding import load_feeding
from neomag.knowledge.foods import load_foods

_INTAKE, _PLAN = asked_intake(), asked_plan()
# A day is a few dozen entries and a market a few hundred foods; for each that is not known the nearest are looked for.
_MOST_ENTRIES, _MOST_LINES = 300, 3_000


def _diary_in(written: Any, where: str) -> bytes | dict[str, Any]:
    """A diary as it is read: the bytes of a text, or a mapping. Raises NotValidError when it is too long."""
    if isinstance(written, str):
        entries = written.count("\n") + 1
    else:
        entries = sum(len(cast(list[Any], of)) for of in written.values() if isinstance(of, list))
    if entries > _MOST_ENTRIES:
        raise NotValidError([Fault(where, f"{entries} entries; a diary is one day, at most {_MOST_ENTRIES}")])
    return written.encode() if isinstance(written, str) else written


def intake(given: Any) -> dict[str, Any]:
    """The intake that the diary in `given` (see `asked_intake`) holds. Raises NotValidError with every fault."""
    fields = checked(given, _INTAKE)
    table = load_foods()
    try:
        day = read_diary(_diary_in(fields["diary"], "/diary"), table.foods, age=fields.get("age"))
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
    numbers: dict[str, Any] = {name: kind(fields[name]) for name, kind in (("days", int), ("budget", float)) if name in fields}
    fields = fields | numbers
    known, table = load_feeding(), load_foods()
    place, warnings = "", ()
    try:
        asked = request_asked(fields, lambda name: f"`{name}`")
        if (written := fields.get("foods")) is not None:
            place = "/foods"
            if (count := written.count("\n") + 1) > _MOST_LINES:
                raise FeedingInputError(f"{count} lines; at most {_MOST_LINES}")
            asked = replace(asked, candidates=market(Sheet("foods", written), known, table))
        if (written := fields.get("habit")) is not None:
            place = "/habit"
            habit, warnings = habit_in(_diary_in(written, place), asked.age_months, table, where="habit")
            asked = replace(asked, habit=habit)
        place = ""
        found = plan_of(asked, known, table, partial(HighsSession, until=until))
        said = plan_dict(found, Explainer(found, known, table))
    except AskedError as error:
        raise NotValidError(Fault(pointer(name), says) for name, says in error.faults) from None
    except FeedingInputError as error:
        raise NotValidError(Fault(place, line) for line in str(error).splitlines()) from None
    # The command writes these beside its answer.
    return said | ({"habit_warnings": [warning.to_dict() for warning in warnings]} if "habit" in fields else {})
