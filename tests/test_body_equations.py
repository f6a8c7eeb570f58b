"""The equations read into expressions are those of the model; what cannot be read is refused; units hold."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from neomag.body.dimensions import Dimensions, UnitsError, text, unit
from neomag.body.equations import AGE, DEPLETION, FLOWS, INPUTS, LEVEL, MOTHER, equations, inputs
from neomag.body.errors import BodyModelError
from neomag.body.expression import OPERATIONS, Expression, decided, make, symbol, symbols, walk, where
from neomag.body.model import PLACES, Inflow, body_of
from neomag.body.parameters import parameters
from neomag.body.physiology import Physiology
from neomag.body.scenario import read
from neomag.body.stores import mg_per_mmol
from neomag.body.trace import Trace, TraceError
from neomag.knowledge import load


def value(root: Any, numbers: dict[str, float]) -> float:
    """An expression worked out."""
    known: dict[Expression, float] = {}
    for e in walk([root]):
        if e.op == "symbol":
            known[e] = numbers[e.args[0]]
            continue
        try:
            known[e] = OPERATIONS[e.op](*(known[a] if isinstance(a, Expression) else a for a in e.args))
        except (ZeroDivisionError, OverflowError):
            known[e] = math.nan  # of a branch that is not taken
    return known[root] if isinstance(root, Expression) else root


amount = st.floats(0.001, 20)


@given(
    infant=st.one_of(
        st.builds(
            lambda kg, weeks: {"weight": f"{kg:.3f} kg", "gestation": f"{weeks}w"}, st.floats(0.5, 5), st.integers(23, 42)
        ),
        st.builds(lambda kg, days: {"weight": f"{kg:.3f} kg", "age": f"{days} d"}, st.floats(3, 12), st.integers(28, 700)),
    ),
    factors=st.lists(st.floats(0, 3), min_size=6, max_size=6),
    age=st.floats(-200, 9000),
    held=st.lists(amount, min_size=len(PLACES), max_size=len(PLACES)),
    flows=st.lists(st.floats(0, 2), min_size=len(FLOWS), max_size=len(FLOWS)),
    mother=st.floats(0.3, 3),
    depletion=st.floats(0, 0.9),
)
def test_the_equations_are_the_models(
    infant: Any, factors: list[float], age: float, held: list[float], flows: list[float], mother: float, depletion: float
) -> None:
    knowledge = load()
    moved = dict(zip(("gain", "transporter", "threshold", "floor", "slope", "water-loss"), factors, strict=True))
    scenario = read({"says": "A test.", "infant": infant, "lasts": "1 d", "times": moved}, "test", knowledge)
    mass = mg_per_mmol(knowledge)
    body, eq = body_of(scenario.infant, mass), equations(scenario.infant.settled)
    numbers = inputs(scenario, mass) | dict(zip(PLACES, held, strict=True)) | dict(zip(FLOWS, flows, strict=True))
    numbers |= {AGE: age, MOTHER: mother, LEVEL: mother, DEPLETION: depletion}
    close: Any = lambda wanted: pytest.approx(wanted, rel=1e-12, abs=1e-13)  # noqa: E731
    assert value(eq.level, numbers) == close(body.level(held, age))
    assert [value(r, numbers) for r in eq.born] == close(body.rates(age, held, Inflow(*flows)))
    assert [value(r, numbers) for r in eq.unborn] == close(body.rates(age, held, Inflow(*flows, mother=mother)))
    assert [value(r, numbers) for r in eq.at_rest] == close(body.start(mother, 0.0))
    assert [value(r, numbers) for r in eq.depleted] == close(body.start(mother, 0.0, depletion))
    assert sorted(value(k, numbers) for k in eq.kinks) == close(sorted(scenario.infant.kinks()))


def test_the_guard_is_where_the_model_refuses() -> None:
    knowledge = load()
    (guard,) = equations(False).guards
    body = body_of(Physiology(3.4, 40, parameters(knowledge)), mg_per_mmol(knowledge))
    for fluid, refused in ((-1.0, True), (0.0, True), (1.0, False)):
        state = [1.0] * len(PLACES)
        state[PLACES.index("fluid")] = fluid
        assert value(guard, dict(zip(PLACES, state, strict=True))) is refused
        if refused:
            with pytest.raises(BodyModelError):
                body.rates(1.0, state, Inflow())


def test_every_input_is_used_by_newborns_or_nothing_is_lost() -> None:
    eq = equations(False)
    used = symbols([*eq.born, *eq.unborn, *eq.kinks, *eq.at_rest])
    # What an older infant's equations or a scenario's amounts use alone.
    assert set(INPUTS) - used == {"offset", "p_available_human", "p_available_formula", "p_available_dose"}


def test_equal_expressions_are_one() -> None:
    a, b = symbol("a"), symbol("b")
    assert a + b is a + b
    assert a + b is not b + a
    assert make("+", 2, 3) == 5
    assert (a * 0, 0 + a, a - 0, where(True, a, b), where(make("<", a, b), a, a)) == (0.0, a, a, a, a)
    with pytest.raises(TypeError):
        bool(make("<", a, b))


def test_a_choice_that_numbers_make_is_made() -> None:
    a, b = symbol("a"), symbol("b")
    chosen = where(make(">", a, 1), where(make(">", b, 1), a, b), a / (a - a))
    assert decided([chosen], {"a": 2.0}, {}) == [where(make(">", b, 1), a, b)]
    assert decided([where(make(">", a - 2, 0), 1 / (a - 2), b)], {"a": 2.0}, {}) == [b]


# Functions that cannot be read


def looping(x: float) -> float:
    while x > 1:
        x /= 2
    return x


def calling(x: float) -> float:
    return math.gamma(x)


def filtering(x: float) -> float:
    return sum(i * x for i in range(3) if i)


def naming(x: float) -> bool:
    return x in (1, 2)


def following(x: float) -> float:
    a, b = (x, 2.0) if x > 1 else (2.0, x)
    total = 0.0
    for i in range(3):
        if i == 1:
            total += a
        elif a > b or not b > 3:
            total = total + b * i
    return max(total, 0.0) if 0 < x < 5 else -total


@pytest.mark.parametrize("function", [looping, calling, filtering, naming])
def test_what_cannot_be_followed_is_refused(function: Any) -> None:
    with pytest.raises(TraceError):
        Trace()(function, symbol("x"))


@given(x=st.floats(-10, 10))
def test_what_is_followed_gives_what_the_function_gives(x: float) -> None:
    assert value(Trace()(following, symbol("x")), {"x": x}) == pytest.approx(following(x), rel=1e-14)


# Units


def test_units_are_read_and_written() -> None:
    assert text(unit("mmol/kg/h")) == "mmol_per_h_per_kg"
    assert text(unit("mL/min/1.73 m2")) == "mL_per_bsa_per_min"
    assert text(unit("kg m2")) == "kg_m2"
    assert text(unit("1/week")) == "one_per_week"
    assert unit("1") == unit("%") == {}


def test_a_number_has_the_unit_that_makes_the_equation_hold() -> None:
    a, b = symbol("a"), symbol("b")
    per_day = a / 24.0
    found = Dimensions([(per_day + b, unit("g/h"))], {"a": unit("g/d"), "b": unit("g/h")})
    assert text(found.number(per_day, 1)) == "h_per_d"
    assert text(found.of(per_day)) == "g_per_h"


@pytest.mark.parametrize(
    "of", [lambda a, b: a + b, lambda a, b: make("exp", a), lambda a, b: where(make(">", a, b), a, a + 1), lambda a, b: a * b]
)
def test_units_that_do_not_agree_are_found(of: Any) -> None:
    a, b = symbol("a"), symbol("b")
    with pytest.raises(UnitsError, match="do not agree"):
        Dimensions([(of(a, b), unit("kg"))], {"a": unit("kg"), "b": unit("L")})


def test_a_parameter_of_a_wrong_unit_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    from neomag.body import sbml

    knowledge = load()
    figures = sbml._figures(knowledge)  # pyright: ignore[reportPrivateUsage]
    wrong = figures | {"p_fast": replace(figures["p_fast"], unit="mmol/L")}
    monkeypatch.setattr(sbml, "_figures", lambda knowledge: wrong)
    with pytest.raises(UnitsError):
        sbml.sbml(read({"says": "A test.", "infant": {"weight": "3 kg"}, "lasts": "1 d"}, "test", knowledge), knowledge)
