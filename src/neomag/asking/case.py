"""A case asked about, and its answer."""

from __future__ import annotations

from typing import Any

from neomag.asking.fault import Fault, NotValidError, pointer
from neomag.case import Case, CaseError
from neomag.knowledge import Knowledge


def case_faults(error: CaseError, *where: str | int) -> list[Fault]:
    """The problems of a case that stands at `where` in what is asked, each at its own place in it."""
    found: list[Fault] = []
    for problem, place in zip(error.problems, error.places, strict=True):
        parts = [
            int(part) if part.isdecimal() else part for part in place.replace("[", ".").replace("]", "").split(".") if part
        ]
        found.append(Fault(pointer(*where, *parts), problem.removeprefix(f"{place}: ")))
    return found


def read_case(given: Any, knowledge: Knowledge, *where: str | int) -> Case:
    """The case that stands at `where` in what is asked. Raises NotValidError with every fault."""
    try:
        return Case.from_dict(given, knowledge=knowledge)
    except CaseError as error:
        raise NotValidError(case_faults(error, *where)) from None
