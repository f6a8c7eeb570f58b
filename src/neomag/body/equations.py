"""The model's equations as expressions, read off `model` and `physiology`: what every engine but the native one is made from.

Nothing of the model is written here a second time; a change there is a change here.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from functools import cache
from typing import Any, cast

from neomag.body.expression import Expression, Value, symbol
from neomag.body.model import PLACES, Body, Inflow, body_of
from neomag.body.parameters import Parameters
from neomag.body.physiology import Physiology
from neomag.body.scenario import Scenario
from neomag.body.trace import Trace

AGE, LEVEL, DEPLETION, MASS = "age", "start_level", "depletion", "mg_per_mmol"
FLOWS = ("fed", "undissolved", "vein", "lost")
MOTHER = "mother_level"
# Of an infant: what is neither a parameter nor known to be nought for a newborn.
OF_INFANT = tuple(field.name for field in fields(Physiology) if field.name != "p")
OF_MODEL = tuple(field.name for field in fields(Parameters))
# Every number that an infant's equations turn on, in the order in which engines take them. Parameters have `p_` before
# them, since some are called as a place is.
INPUTS = (*OF_INFANT, MASS, *(f"p_{name}" for name in OF_MODEL))


@dataclass(frozen=True, slots=True)
class Equations:
    """The model of a newborn (or, `settled`, of an older infant) over the symbols INPUTS, AGE, FLOWS and the places.

    `born` and `unborn` are the changes of every place in mmol/h, `level` is serum in mmol/L, `at_rest` and `depleted`
    the start over LEVEL and DEPLETION, `kinks` the ages at which a rate changes its course. Under a `guard` the model
    does not describe what happens. `names` says what some expressions are called.
    """

    settled: bool
    born: tuple[Value, ...]
    unborn: tuple[Value, ...]
    level: Value
    at_rest: tuple[Value, ...]
    depleted: tuple[Value, ...]
    kinks: tuple[Value, ...]
    guards: tuple[Expression, ...]
    names: dict[Expression, str]


class _Settled(Physiology):
    """An infant known to be past the newborn time although its offset is not yet a number."""

    __slots__ = ()

    @property
    def settled(self) -> bool:
        return True


@cache
def equations(settled: bool) -> Equations:
    """The equations. Raises TraceError when the model does what cannot be read into expressions."""
    trace = Trace()
    p = Parameters(**{name: cast("float", symbol(f"p_{name}")) for name in OF_MODEL})
    given: dict[str, Any] = {name: symbol(name) for name in OF_INFANT}
    if not settled:
        given["offset"] = 0.0
    infant = (_Settled if settled else Physiology)(p=p, **given)
    body = cast("Body", trace(body_of, infant, symbol(MASS)))
    state, age = [symbol(place) for place in PLACES], symbol(AGE)
    flows = {name: cast("float", symbol(name)) for name in FLOWS}
    born = trace(body.rates, age, state, Inflow(**flows))
    unborn = trace(body.rates, age, state, Inflow(**flows, mother=cast("float", symbol(MOTHER))))
    start = (symbol(LEVEL), 0.0)
    return Equations(
        settled, tuple(born), tuple(unborn), trace(body.level, state, age), tuple(trace(body.start, *start)),
        tuple(trace(body.start, *start, symbol(DEPLETION))), tuple(trace(infant.kinks)), tuple(dict.fromkeys(trace.guards)),
        trace.names,
    )  # fmt: skip


def inputs(scenario: Scenario, mg_per_mmol: float) -> dict[str, float]:
    """The number of every one of INPUTS for the infant of a scenario."""
    infant = scenario.infant
    return {
        **{name: float(getattr(infant, name)) for name in OF_INFANT},
        MASS: mg_per_mmol,
        **{f"p_{name}": float(getattr(infant.p, name)) for name in OF_MODEL},
    }


def of(scenario: Scenario) -> Equations:
    """The equations for the infant of a scenario."""
    return equations(scenario.infant.settled)
