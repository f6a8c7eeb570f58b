"""Properties of the dose calculator: units that agree, ceilings that hold, refusing that is monotone; and an independent converter."""

from __future__ import annotations

import json
import subprocess
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from neomag.dosing import Dose, State, calculate
from neomag.knowledge import Knowledge, load

ROOT = Path(__file__).parent.parent
KNOWN = load()
WEIGHTS = st.decimals("0.3", "25", places=2).map(Fraction)
AMOUNTS = st.decimals("0.001", "3", places=4)
PRODUCTS = st.sampled_from([name for name in KNOWN.dosing.products if name.startswith("mgso4")])
ROUTES = st.sampled_from(["iv", "im"])
LEVELS = st.one_of(st.none(), st.decimals("0.1", "1.5", places=2).map(Fraction))
MINUTES = st.integers(1, 300)
EVERY = st.one_of(st.none(), st.integers(600, 2 * 24 * 3600))
DOSES = st.one_of(st.none(), st.integers(1, 6))
TENTH = Fraction(1, 10)


@st.composite
def states(draw: st.DrawFn) -> State:
    return State(
        weight_kg=draw(WEIGHTS),
        level=draw(LEVELS),
        emergency=draw(st.booleans()),
        kidney_injury=draw(st.booleans()),
        pulseless_torsades=draw(st.booleans()),
        fresh_level=draw(st.booleans()),
        severe_malnutrition_day_1=draw(st.booleans()),
        given_24h_mmol=draw(st.decimals("0", "5", places=2).map(Fraction)),
    )


def fine(weight: Fraction) -> State:
    return State(weight_kg=weight, level=Fraction("0.45"))


def ordered(state: State, amount: str, route: str, product: str, minutes: int | None = None, **more: Any) -> Dose:
    product = product if route in KNOWN.dosing.products[product].routes else "mgso4-50"
    over = minutes * 60 if minutes and route == "iv" else None
    return calculate(state, KNOWN, amount=amount, route=route, product=product, over=over, **more)


def per_kg(mmol: Fraction, state: State) -> float:
    return float(mmol * Fraction("246.47") / state.weight_kg)


@given(WEIGHTS, AMOUNTS, PRODUCTS)
def test_the_five_units_agree(weight: Fraction, amount: object, product: str) -> None:
    found = ordered(fine(weight), f"{amount}mmol/kg", "iv", product)
    assert found.dose is not None
    assert found.echo is not None
    five, strength = found.dose, KNOWN.dosing.products[product].g_per_100ml
    one = float(five.mmol)
    for same in (five.meq / 2, five.mg_elemental / Fraction("24.305"), five.mg_salt / Fraction("246.47"), five.ml * strength * 10 / Fraction("246.47")):  # fmt: skip
        assert float(same) == pytest.approx(one, rel=1e-9)
    assert float(found.echo.ml_per_kg * weight) == pytest.approx(float(five.ml), rel=1e-9)


@given(states(), AMOUNTS, ROUTES, PRODUCTS, MINUTES, EVERY, DOSES)
def test_nothing_passes_a_ceiling(
    state: State, amount: object, route: str, product: str, minutes: int, every: int | None, doses: int | None
) -> None:
    """Not the dose, not what the syringe makes of it, and not the doses of a day, however their interval is told."""
    found = ordered(state, f"{amount}mmol/kg", route, product, minutes, every=every, doses=doses)
    assert found.dose is not None
    if found.refused:
        assert (found.measured, found.drawn, found.plan) == (None, None, None)
        return
    if (
        found.measured is None or found.drawn is None
    ):  # less than any syringe can measure: no recipe, and a warning that says so
        assert "rounding" in {line.code for line in found.warnings}
        assert found.dose.ml < Fraction("0.01")
        return
    ml = max(found.dose.ml, found.measured.ml)
    mg = ml * KNOWN.dosing.products[found.order.product.id if found.order else ""].g_per_100ml * 10
    slack = 1 + 1e-9
    by_kg = float(mg / state.weight_kg)
    most = 100 if route == "iv" or not state.severe_malnutrition_day_1 else 150
    assert by_kg <= most * slack
    assert mg <= (2000 if route == "iv" else 1000)
    # the doses of a day, counted one after the other
    day = list(range(0, 24 * 3600, every))[:doses] if every else [0] * (doses or 1)
    total = by_kg * len(day) + per_kg(state.given_24h_mmol, state)
    assert total <= (400 if state.fresh_level else 200) * slack
    assert float(found.drawn.total_mg_per_kg) <= total * slack
    if route == "iv":
        assert by_kg / minutes <= 10 * slack
        assert minutes >= 10 or state.pulseless_torsades
        assert found.dilution is not None
        assert found.dilution.percent <= 20
        assert mg / found.measured.volume_ml <= 200 * (1 + Fraction(1, 10**9))
    assert Fraction("0.4") <= state.weight_kg <= 20
    assert state.level is None or state.level < 1


@given(states(), AMOUNTS, ROUTES, st.decimals("1", "4", places=2))
def test_refusing_is_monotone_in_the_dose(state: State, amount: Fraction, route: str, more: Fraction) -> None:
    less = ordered(state, f"{amount}mmol/kg", route, "mgso4-50", 60)
    larger = ordered(state, f"{amount * more}mmol/kg", route, "mgso4-50", 60)
    assert {line.code for line in less.refused} <= {line.code for line in larger.refused}


@given(st.decimals("0.4", "10", places=2).map(Fraction), AMOUNTS)
def test_twice_the_weight_is_twice_the_dose(weight: Fraction, amount: object) -> None:
    one, two = (ordered(fine(w), f"{amount}mmol/kg", "iv", "mgso4-50").dose for w in (weight, 2 * weight))
    assert one is not None
    assert two is not None
    assert [2 * x for x in (one.mg_salt, one.mg_elemental, one.mmol, one.meq, one.ml)] == [two.mg_salt, two.mg_elemental, two.mmol, two.meq, two.ml]  # fmt: skip


@given(states(), st.decimals("0.001", "1", places=3), ROUTES)
def test_orders_in_other_units_answer_alike(state: State, mmol: Fraction, route: str) -> None:
    """The same dose in mmol, mEq, mg of salt and mg of magnesium has the same refusals and figures."""
    salt, elemental = mmol * 24647 / 100, mmol * 24305 / 1000
    answers = [ordered(state, f"{x}/kg", route, "mgso4-50") for x in (f"{mmol}mmol", f"{mmol * 2}mEq", f"{salt}mg-salt", f"{elemental}mg-elemental")]  # fmt: skip
    assert len({a.dose for a in answers}) == 1
    assert len({tuple(line.code for line in a.refused) for a in answers}) == 1


def test_conversion_agrees_with_ucum_lhc(knowledge: Knowledge) -> None:
    """The National Library of Medicine's converter makes as many mg and mEq of mmol of magnesium, and mg of the salt of mmol of it."""
    salt = float(knowledge.dosing.salts["magnesium-sulfate-heptahydrate"].g_per_mol)
    questions = [
        {"from": "mmol/L", "to": "mg/L", "molarMass": 24.305, "charge": 2},
        {"from": "mmol/L", "to": "mEq/L", "molarMass": 24.305, "charge": 2},
        {"from": "mmol/L", "to": "mg/L", "molarMass": salt, "charge": None},
        {"from": "mEq/L", "to": "mmol/L", "molarMass": 24.305, "charge": 2},
    ]
    oracle = subprocess.run(
        ["node", str(ROOT / "tests" / "oracle" / "ucum.mjs")],
        input=json.dumps(questions), capture_output=True, text=True, check=True, cwd=ROOT, timeout=60,
    )  # fmt: skip
    elemental, meq, mg_salt, mmol = json.loads(oracle.stdout)
    dose = calculate(State(weight_kg=Fraction(3), level=Fraction("0.4")), knowledge, amount="1.5mmol").dose
    assert dose is not None
    found = [float(dose.mg_elemental), float(dose.meq), float(dose.mg_salt)]
    assert found == pytest.approx([elemental, meq, mg_salt], rel=1e-6)
    half = calculate(State(weight_kg=Fraction(3), level=Fraction("0.4")), knowledge, amount="1.5mEq").dose
    assert half is not None
    assert float(half.mmol) == pytest.approx(mmol, rel=1e-6)
