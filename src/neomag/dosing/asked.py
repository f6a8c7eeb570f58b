"""What is asked of the dose calculator, as texts and flags: the same for the command line and for HTTP.

Every fault is found before anything is refused.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from neomag import ages
from neomag.case import Case
from neomag.dosing.amounts import DoseInputError
from neomag.dosing.dose import Dose, calculate
from neomag.dosing.from_case import state_of_case, with_flags
from neomag.dosing.order_text import OrderCheck, check_order
from neomag.dosing.state import State, parse_given, parse_level, parse_percent, parse_weight
from neomag.knowledge import Knowledge

T = TypeVar("T")
# What is so of the infant, as State has it: said or not said.
FLAGS = (
    "emergency", "kidney_injury", "anuria", "dehydrated", "hypotension", "heart_block", "pulseless_torsades",
    "severe_malnutrition_day_1", "antenatal_magnesium", "preterm", "fresh_level",
)  # fmt: skip
# Not with a case, which has places of its own for them.
_IN_CASE = ("serum_mg", "given_24h", "age")


class AskedError(DoseInputError):
    """Faults of what is asked: `faults` holds the name of each field (the empty text for none) and what is wrong with it."""

    def __init__(self, faults: list[tuple[str, str]]):
        self.faults = tuple(faults)
        super().__init__(*(says for _, says in faults))


class _Asked:
    """Reads fields and collects their faults."""

    def __init__(self, given: Mapping[str, Any]):
        self.given = given
        self.faults: list[tuple[str, str]] = []

    def read(self, name: str, parse: Callable[[str], T]) -> T | None:
        """The field `name`, read by `parse`; None when it was not given or cannot be read."""
        text = self.given.get(name)
        if text is None:
            return None
        try:
            return parse(text)
        except DoseInputError as error:
            self.faults += [(name, problem) for problem in error.problems]
            return None

    def refuse(self, name: str, says: str) -> None:
        """Note a fault."""
        self.faults.append((name, says))

    def check(self) -> None:
        """Raises AskedError when there is a fault."""
        if self.faults:
            raise AskedError(self.faults)


def state_asked(given: Mapping[str, Any], case: Case | None, knowledge: Knowledge, said: Callable[[str], str]) -> State:
    """The state that the fields `given`, a case, or both describe. `said` is what the asker calls a field (`--serum-mg`).

    Fields: weight, serum_mg, age and given_24h are texts, FLAGS truths, and `beside` a list of the ids of interactions.
    Raises AskedError, and DoseInputError when the case and what is given do not go together.
    """
    asked = _Asked(given)
    weight = asked.read("weight", lambda text: parse_weight(text, knowledge))
    level = asked.read("serum_mg", lambda text: parse_level(text, knowledge))
    age = asked.read("age", lambda text: _age(text, said("age")))
    if case is not None:
        for name in _IN_CASE:
            if given.get(name) is not None:
                asked.refuse(name, f"{said(name)} does not go with {said('case')}; write it into the case")
    elif given.get("weight") is None:
        asked.refuse("", f"give {said('weight')} (such as 3.0kg), or {said('case')} with a weight in it")
    if given.get("fresh_level") and given.get("serum_mg") is None:
        asked.refuse("fresh_level", f"{said('fresh_level')} goes with {said('serum_mg')}; a case says it by its times")
    beside: tuple[str, ...] = tuple(given.get("beside") or ())
    for name in beside:
        if name not in knowledge.dosing.interactions:
            asked.refuse("beside", f"{said('beside')} `{name[:40]}`: write one of {', '.join(knowledge.dosing.interactions)}")
    asked.check()
    if case is not None:
        state = state_of_case(case, weight_kg=weight, knowledge=knowledge)
    else:
        assert weight is not None  # or a fault was raised
        state = State(weight_kg=weight)
    total = asked.read("given_24h", lambda text: parse_given(text, state.weight_kg, knowledge)) or (None, None)
    asked.check()
    flags = {name: bool(given.get(name)) for name in FLAGS}
    both = tuple(dict.fromkeys((*state.interactions, *beside)))
    return with_flags(state, **flags, level=level, given_24h_mmol=total[0], given_unclear=total[1], age=age, interactions=both)


def dose_asked(given: Mapping[str, Any], case: Case | None, knowledge: Knowledge, said: Callable[[str], str]) -> Dose:
    """The dose for the order that `given` asks for and the state that it and the case describe.

    Fields beside those of `state_asked`: regimen, amount, product, route, over, concentration and every are texts, `doses` a
    whole number, `same_line` a truth. Raises AskedError and DoseInputError.
    """
    state = state_asked(given, case, knowledge, said)
    asked = _Asked(given)
    over = asked.read("over", lambda text: _span(text, said("over")))
    percent = asked.read("concentration", parse_percent)
    every = asked.read("every", lambda text: _span(text, said("every")))
    asked.check()
    return calculate(
        state, knowledge, amount=given.get("amount"), regimen=given.get("regimen"), product=given.get("product"),
        route=given.get("route"), over=over, percent=percent, every=every, doses=given.get("doses"),
        same_line=bool(given.get("same_line")),
    )  # fmt: skip


def order_asked(given: Mapping[str, Any], case: Case | None, knowledge: Knowledge, said: Callable[[str], str]) -> OrderCheck:
    """The field `order`, a text, checked for the state that the other fields and the case describe. Raises as state_asked."""
    return check_order(given["order"], state_asked(given, case, knowledge, said), knowledge)


def _age(text: str, said: str) -> int:
    try:
        return ages.seconds(text)
    except ValueError as error:
        raise DoseInputError(f"{said}: {error}") from None


def _span(text: str, said: str) -> int:
    try:
        return ages.seconds(text)
    except ValueError:
        raise DoseInputError(f"{said} `{text[:40]}`: write a time with its unit, such as `60min` or `12h`") from None
