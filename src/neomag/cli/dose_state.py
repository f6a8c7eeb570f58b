"""What neomag dose and neomag dose check ask of the infant: the options, and the case."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from neomag.case import Case

# The flags that say what is so of the infant, by the field of State they set.
_FLAGS = (
    ("--emergency", "Treated before the level is known: seizing, or an abnormal rhythm."),
    ("--kidney-injury", "Acute kidney injury or reduced kidney function."),
    ("--anuria", "Little or no urine."),
    ("--dehydrated", "Dehydrated."),
    ("--hypotension", "Low blood pressure, or a slow heart."),
    ("--heart-block", "AV block or myocardial damage."),
    ("--pulseless-torsades", "Torsades de pointes without a pulse."),
    ("--severe-malnutrition-day-1", "The first day of treating severe malnutrition."),
    ("--antenatal-magnesium", "The mother had magnesium before birth."),
    ("--preterm", "Born before 37 weeks."),
    ("--fresh-level", "The level was taken after the last dose, and no sooner than its plan says."),
)
_VALUES = (
    ("--weight", "WEIGHT", "The current weight, such as 3.0kg."),
    ("--case", "FILE", "A case that brings weight, level, kidneys, heart and drugs."),
    ("--serum-mg", "LEVEL", "The magnesium level, such as 0.45mmol/L."),
    ("--age", "AGE", "The infant's age, such as 14d."),
    ("--given-24h", "AMOUNT", "Magnesium given in the last 24 hours, such as 450mg-salt or 1.8mmol; not in mL."),
)
_WITH = "Also present or given: neuromuscular, digoxin, calcium, ceftriaxone, aminoglycoside. May be repeated."


def state_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options that describe the infant."""
    command = click.option("--with", "beside", multiple=True, metavar="NAME", help=_WITH)(command)
    for name, says in reversed(_FLAGS):
        command = click.option(name, is_flag=True, help=says)(command)
    for name, metavar, says in reversed(_VALUES):
        command = click.option(name, metavar=metavar, help=says)(command)
    return command


def option(field: str) -> str:
    """What a field is called on the command line."""
    return "--with" if field == "beside" else f"--{field.replace('_', '-')}"


def case_of(given: dict[str, Any]) -> Case | None:
    """The case of --case, if there is one. Raises CaseError."""
    from neomag.case import Case, CaseError

    if given["case"] is None:
        return None
    try:
        return Case.read(given["case"])
    except CaseError as error:
        raise CaseError([f"{given['case']}: {problem}" for problem in error.problems]) from None
