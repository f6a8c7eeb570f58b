"""The interval that serum is drawn against: the default one at the infant's age."""

from __future__ import annotations

from neomag.intervals import DEFAULT, Limits, in_canonical
from neomag.knowledge import Knowledge


def limits(age_hours: float, birth_kg: float | None, knowledge: Knowledge) -> Limits:
    """Lower and upper default limit in mmol/L at an age; None where none is given. Before birth there is none.

    `birth_kg` chooses the rows of the smallest newborns; None: not known.
    """
    if age_hours < 0:
        return None, None
    groups = [
        name
        for name, group in knowledge.settings["interval_groups"].items()
        if isinstance(group, dict) and birth_kg is not None and birth_kg * 1000 < group["birth_weight_below_g"]
    ]
    rows = [i for i in knowledge.intervals if i.analyte == "magnesium" and i.authority == DEFAULT]
    for group in (*groups, "any"):
        for row in rows:
            if row.group == group and row.start <= age_hours * 3600 < row.end:
                return in_canonical(row, knowledge)
    return None, None


def birth_kg(settled: bool, kg: float) -> float | None:
    """The birth weight when it is known: an older infant's weight is not it."""
    return None if settled else kg
