"""What neomag dose and neomag dose check ask of the infant: the options, and the state that they and a case describe."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from neomag.dosing import State
    from neomag.knowledge import Knowledge

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
# Not with a case, which has places of its own for them.
_IN_CASE = ("serum_mg", "given_24h", "age")


def state_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options that describe the infant."""
    command = click.option("--with", "beside", multiple=True, metavar="NAME", help=_WITH)(command)
    for name, says in reversed(_FLAGS):
        command = click.option(name, is_flag=True, help=says)(command)
    for name, metavar, says in reversed(_VALUES):
        command = click.option(name, metavar=metavar, help=says)(command)
    return command


def state_of(knowledge: Knowledge, given: dict[str, Any]) -> State:
    """The state that flags, a case, or both describe. Raises DoseInputError and CaseError."""
    from neomag.case import Case, CaseError
    from neomag.dosing import DoseInputError, State, parse_given, parse_level, parse_weight, state_of_case, with_flags

    weight = None if given["weight"] is None else parse_weight(given["weight"], knowledge)
    flags = {name: given[name] for name in (flag[2:].replace("-", "_") for flag, _ in _FLAGS)}
    if given["case"] is not None:
        for name in _IN_CASE:
            if given[name] is not None:
                raise DoseInputError(f"--{name.replace('_', '-')} does not go with --case; write it into the case")
        try:
            one = Case.read(given["case"])
        except CaseError as error:
            raise CaseError([f"{given['case']}: {problem}" for problem in error.problems]) from None
        state = state_of_case(one, weight_kg=weight, knowledge=knowledge)
    elif weight is None:
        raise DoseInputError("give --weight (such as 3.0kg), or --case with a weight in it")
    else:
        state = State(weight_kg=weight)
    level = None if given["serum_mg"] is None else parse_level(given["serum_mg"], knowledge)
    if flags["fresh_level"] and level is None:
        raise DoseInputError("--fresh-level goes with --serum-mg; a case says it by its times")
    for name in given["beside"]:
        if name not in knowledge.dosing.interactions:
            raise DoseInputError(f"--with `{name[:40]}`: write one of {', '.join(knowledge.dosing.interactions)}")
    total, unclear = (None, None) if given["given_24h"] is None else parse_given(given["given_24h"], state.weight_kg, knowledge)
    beside = tuple(dict.fromkeys((*state.interactions, *given["beside"])))
    return with_flags(
        state, **flags, level=level, given_24h_mmol=total, given_unclear=unclear, age=_age(given["age"]), interactions=beside
    )


def _age(text: str | None) -> int | None:
    from neomag.ages import seconds
    from neomag.dosing import DoseInputError

    try:
        return None if text is None else seconds(text)
    except ValueError as error:
        raise DoseInputError(f"--age: {error}") from None


def span(text: str | None, name: str) -> int | None:
    """A span of time in seconds, None when it was not given. Raises DoseInputError."""
    from neomag.ages import seconds
    from neomag.dosing import DoseInputError

    if text is None:
        return None
    try:
        return seconds(text)
    except ValueError:
        raise DoseInputError(f"--{name} `{text[:40]}`: write a time with its unit, such as `60min` or `12h`") from None
