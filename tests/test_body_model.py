"""The model of the body: nothing is lost or made, known limits come out, and another integrator agrees."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from math import exp
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.integrate import solve_ivp
from tests.strategies import a_tenth

from neomag.body.errors import BodyModelError
from neomag.body.integrate import integrate
from neomag.body.model import BODY, FLUID, GIVEN, MOTHER, PLACES, STOOL, URINE, Body, held, total
from neomag.body.physiology import HOURS, Physiology
from neomag.body.run import Run, run
from neomag.body.scenario import names, read, shipped
from neomag.body.timeline import inflow, marks, put
from neomag.knowledge import Knowledge, load

STILL = {"fast": 0, "muscle": 0, "bone": 0, "deep": 0, "density": 0, "gut-loss": 0, "release": 0, "gain": 0}
GROWN = {"weight": "10 kg", "age": "18 mo"}  # filtration no longer changes


def scenario(knowledge: Knowledge, **given: Any) -> Any:
    whole = {"says": "A test.", "infant": {"weight": "3.4 kg"}, "lasts": "2 d", **given}
    return read(whole, "test", knowledge)


amounts = st.floats(0, 2, allow_nan=False).map(lambda x: f"{x:.6f}")
hours = st.integers(0, 20).map(lambda h: f"{h} h")
doses = st.one_of(
    st.builds(lambda a, t, o: {"route": "iv", "amount": f"{a} mmol/kg", "at": t, "over": f"{o} min"}, amounts, hours, st.integers(1, 180)),
    st.builds(lambda r, a, t: {"route": r, "amount": f"{a} mmol/kg", "at": t}, st.sampled_from(["im", "oral"]), amounts, hours),
)  # fmt: skip
feeds = st.builds(
    lambda a, d: {"magnesium": f"{a} mmol/kg/d", "dissolves": d}, amounts, st.sampled_from(["human", "formula", "dose"])
)
infants = st.one_of(
    st.builds(lambda w, g: {"weight": f"{w} g", "gestation": f"{g}w"}, st.integers(600, 4500), st.integers(24, 42)),
    st.builds(lambda w, a: {"weight": f"{w} g", "age": f"{a} d"}, st.integers(3000, 12000), st.integers(28, 700)),
)


@a_tenth
@given(infant=infants, level=st.floats(0.2, 2.5), doses=st.lists(doses, max_size=3), feeds=st.lists(feeds, max_size=2))
def test_mass_is_conserved(infant: Any, level: float, doses: Any, feeds: Any) -> None:
    knowledge = load()
    found = run(
        scenario(knowledge, infant=infant, lasts="1 d", level=f"{level:.4f} mmol/L", doses=doses, feeds=feeds), knowledge
    )
    assert found.imbalance <= 1e-9
    first = found.points[0].state
    for point in found.points:
        inside = sum(point.state[i] - first[i] for i in BODY) + point.state[URINE] + point.state[STOOL]
        assert inside == pytest.approx(point.state[GIVEN] + point.state[MOTHER], rel=1e-9, abs=1e-9 * sum(first))
        assert point.level > 0
        assert min(v for i, v in enumerate(point.state) if i != MOTHER) >= -1e-9


@a_tenth
@given(level=st.floats(0.5, 3), span=st.integers(1, 72))
def test_mass_is_conserved_across_the_placenta(level: float, span: int) -> None:
    knowledge = load()
    given = scenario(knowledge, lasts="12 h", mother={"level": f"{level:.4f} mmol/L", "for": f"{span} h"})
    found = run(given, knowledge)
    assert found.imbalance <= 1e-9
    born = found.at(0.0).state
    assert sum(born[i] for i in BODY) + born[STOOL] - sum(found.points[0].state[i] for i in BODY) == pytest.approx(
        born[MOTHER], rel=1e-9, abs=1e-8
    )
    assert born[URINE] == 0


def test_all_that_is_given_arrives(knowledge: Knowledge) -> None:
    doses = [
        {"route": "iv", "amount": "0.2 mmol/kg", "at": "3 h", "over": "20 min", "every": "8 h", "times": 3},
        {"route": "im", "amount": "0.1 mmol/kg", "at": "0 h"},
        {"route": "oral", "amount": "0.3 mmol/kg", "at": "48 h"},
    ]
    feeds = [{"milk": "formula", "volume": "100 mL/kg/d", "from": "6 h", "to": "30 h"}]
    found = run(scenario(knowledge, doses=doses, feeds=feeds, lasts="49 h"), knowledge)
    wanted = 3.4 * (0.6 + 0.1 + 0.3) + 3.4 * 0.1 * 45 / 24.305
    assert found.points[-1].state[GIVEN] == pytest.approx(wanted, rel=1e-9)


def test_a_leak_is_found(knowledge: Knowledge, monkeypatch: pytest.MonkeyPatch) -> None:
    rates = Body.rates

    def leaking(self: Body, age: float, state: Any, inflow: Any) -> Any:
        found = rates(self, age, state, inflow)
        found[FLUID] -= 1e-6
        return found

    monkeypatch.setattr(Body, "rates", leaking)
    with pytest.raises(BodyModelError, match="not conserved"):
        run(scenario(knowledge), knowledge)


# Limits that are known


def test_a_closed_body_at_rest_stays_as_it_is(knowledge: Knowledge) -> None:
    given = scenario(knowledge, infant=GROWN, set={"floor": 0, "slope": 0, "gut-loss": 0, "gain": 0}, lasts="14 d")
    found = run(given, knowledge)
    assert found.points[-1].state == pytest.approx(found.points[0].state, rel=1e-9)
    assert found.points[-1].level == pytest.approx(0.76, rel=1e-9)


def test_a_closed_body_conserves_while_it_redistributes(knowledge: Knowledge) -> None:
    given = scenario(
        knowledge, infant=GROWN, set={"floor": 0, "slope": 0, "gut-loss": 0, "gain": 0}, depletion="20 %", lasts="14 d"
    )
    found = run(given, knowledge)
    first, last = found.points[0], found.points[-1]
    assert held(list(last.state)) == pytest.approx(held(list(first.state)), rel=1e-9)
    assert last.level < 0.6 * first.level


def test_an_infusion_of_what_is_spilt_holds_the_level(knowledge: Knowledge) -> None:
    still = scenario(knowledge, infant=GROWN, level="1.1 mmol/L", set={"gut-loss": 0, "gain": 0})
    spilt = run(still, knowledge).body.spilt(1.1, 0.0)
    dose = {"route": "iv", "amount": f"{spilt * 48:.10f} mmol", "at": "0 h", "over": "48 h"}
    found = run(scenario(knowledge, infant=GROWN, level="1.1 mmol/L", set={"gut-loss": 0, "gain": 0}, doses=[dose]), knowledge)
    assert [p.level for p in found.points] == pytest.approx([1.1] * len(found.points), rel=1e-7)


@pytest.mark.parametrize("floor", [0.02, 0.2, 1.0])
def test_linear_elimination_is_the_exponential(knowledge: Knowledge, floor: float) -> None:
    found = run(scenario(knowledge, infant=GROWN, set={**STILL, "slope": 0, "floor": floor}), knowledge)
    infant, body = found.scenario.infant, found.body
    rate = infant.filtration_l(0) * floor * infant.ultrafilterable(0) / body.spread_l(0)
    for point in found.points:
        assert point.level == pytest.approx(0.76 * exp(-rate * point.t), rel=1e-7)


def test_a_depot_empties_as_the_exponential(knowledge: Knowledge) -> None:
    found = run(scenario(knowledge, doses=[{"route": "im", "amount": "0.2 mmol/kg", "at": "0 h"}]), knowledge)
    depot, rate = PLACES.index("depot"), found.scenario.infant.p.depot_rate
    for point in found.points[1:40]:
        assert point.state[depot] == pytest.approx(0.68 * exp(-rate * point.t), rel=1e-6, abs=1e-9)


def test_a_fetus_comes_to_its_mothers_level_over_the_ratio(knowledge: Knowledge) -> None:
    mother = {"level": "2.28 mmol/L", "for": "3 wk"}
    found = run(scenario(knowledge, mother=mother, lasts="1 h"), knowledge)
    assert found.at(0.0).level == pytest.approx(2.0, rel=2e-3)


# The integrator


def by_lsoda(found: Run) -> list[float]:
    given, state, state_of_nothing = found.scenario, list(found.points[0].state), [0.0] * len(PLACES)
    for start, end in pairwise(marks(given, given.infant.kinks())):
        flow = inflow(given, (start + end) / 2)
        state = [held + more for held, more in zip(state, put(given, start) or state_of_nothing, strict=True)]
        solved = solve_ivp(
            lambda t, y, flow=flow: found.body.rates(t, list(y), flow), (start, end), state, method="LSODA",
            rtol=1e-10, atol=1e-12,
        )  # fmt: skip
        state = [float(v) for v in solved.y[:, -1]]
    return state


@pytest.mark.parametrize("name", ["maternal-magnesium-sulfate", "iv-dose", "im-dose", "oral-one-dose", "diarrhoea-week"])
def test_lsoda_agrees(knowledge: Knowledge, name: str) -> None:
    found = run(shipped(name, knowledge), knowledge)
    assert by_lsoda(found) == pytest.approx(list(found.points[-1].state), rel=1e-6, abs=1e-8)


@given(rate=st.floats(0.01, 50), span=st.floats(0.1, 20))
def test_the_integrator_follows_decay(rate: float, span: float) -> None:
    found = integrate(lambda _, y: [-rate * y[0], rate * y[0]], 0.0, span, [1.0, 0.0], check=lambda *_: None)
    assert found[0] == pytest.approx(exp(-rate * span), rel=1e-5, abs=1e-8)
    assert sum(found) == pytest.approx(1, rel=1e-12)


def test_the_integrator_gives_up_rather_than_guess() -> None:
    with pytest.raises(BodyModelError, match="could not be followed"):
        integrate(lambda _, y: [y[0] ** 2], 0.0, 2.0, [1.0], check=lambda *_: None)


# What the scenarios are to show


@pytest.mark.parametrize("name", names())
def test_every_scenario_runs_and_balances(knowledge: Knowledge, name: str) -> None:
    found = run(shipped(name, knowledge), knowledge)
    assert found.imbalance <= 1e-9
    assert all(0.05 < p.level < 3 for p in found.points)


def test_a_low_newborn_recovers_in_days_and_a_defect_shows_in_weeks(knowledge: Knowledge) -> None:
    low = run(shipped("low-from-mother", knowledge), knowledge)
    assert next(p.t for p in low.points if p.level > 0.76) < 5 * HOURS
    defect = run(shipped("trpm6-defect", knowledge), knowledge)
    assert 2 * 7 * HOURS < next(p.t for p in defect.points if p.level < 0.25) < 7 * 7 * HOURS


def test_four_parts_are_absorbed_better_than_one(knowledge: Knowledge) -> None:
    one, four = (run(shipped(f"oral-{n}", knowledge), knowledge) for n in ("one-dose", "four-doses"))
    assert four.points[-1].state[STOOL] < one.points[-1].state[STOOL]
    assert held(list(four.points[-1].state)) > held(list(one.points[-1].state))


def test_a_depleted_infant_keeps_more_of_a_load(knowledge: Knowledge) -> None:
    kept: list[float] = []
    dose = [{"route": "im", "amount": "0.49 mEq/kg", "at": "0 h"}]
    for depletion in ("0 %", "7 %"):
        found = run(scenario(knowledge, infant={"weight": "5 kg", "age": "60 d"}, depletion=depletion, doses=dose), knowledge)
        kept.append(found.points[-1].state[URINE])
    assert kept[1] < 0.6 * kept[0]


def test_a_loss_that_no_body_could_give_is_refused(knowledge: Knowledge) -> None:
    with pytest.raises(BodyModelError):
        run(scenario(knowledge, losses=[{"magnesium": "20 mmol/kg/d"}]), knowledge)


def test_total_counts_what_came_in_against_what_is_there() -> None:
    state = [0.0] * len(PLACES)
    state[FLUID], state[GIVEN] = 3.0, 1.0
    assert total(state) == 2


# The infant


@given(kg=st.floats(0.5, 5), weeks=st.integers(23, 42))
def test_filtration_and_water_of_a_newborn(kg: float, weeks: int) -> None:
    knowledge = load()
    p = run_parameters(knowledge)
    infant = Physiology(kg, weeks, p)
    rates = [infant.filtration_l(day * HOURS) for day in range(40)]
    assert rates == sorted(rates)
    assert rates[0] > 0
    assert infant.weight_kg(0) == infant.tissue_kg(infant.lightest) == kg
    weights = [infant.weight_kg(day * HOURS) for day in range(40)]
    assert min(weights) == pytest.approx(infant.weight_kg(infant.lightest)) == pytest.approx(kg * (1 - infant.water_loss))
    assert infant.fluid_l(10 * HOURS) <= infant.fluid_l(0)
    assert 0 < infant.ultrafilterable(0) < infant.ultrafilterable(60 * HOURS) <= p.ultrafilterable


@given(weeks=st.floats(23, 42), age=st.floats(0, 120))
def test_what_can_be_filtered_goes_by_time_since_conception(weeks: float, age: float) -> None:
    """Two infants of one time since conception, before term, filter the same share, however long ago either was born."""
    p = run_parameters(load())
    older = Physiology(2.0, weeks, p)
    share = older.ultrafilterable(age * HOURS)
    since = weeks + age / 7
    if since <= 40:
        assert share == pytest.approx(Physiology(2.0, since, p).ultrafilterable(0), rel=1e-9)
        assert older.ultrafilterable((age + 1) * HOURS) > share
    assert share <= older.ultrafilterable((age + 1) * HOURS) <= p.ultrafilterable


@given(days=st.floats(0, 400), deficit=st.floats(0, 3))
def test_the_newborns_answer_to_a_load_ripens_and_never_turns(days: float, deficit: float) -> None:
    p = replace(run_parameters(load()), slope_deficit=deficit)
    infant = Physiology(3.4, 40, p)
    now, later = infant.spilling(days * HOURS), infant.spilling((days + 1) * HOURS)
    assert 0 <= now <= later <= p.slope
    assert infant.spilling(400 * HOURS) == pytest.approx(p.slope, rel=1e-9)
    # An infant whose run starts at that age answers as one who was born in the run.
    assert Physiology(3.4, 40, p, offset=30 * HOURS).spilling(0) == pytest.approx(infant.spilling(30 * HOURS))


@given(weeks=st.integers(23, 42), kg=st.floats(0.5, 4.5), days=st.floats(0, 60))
def test_weight_is_tissue_less_the_water_that_was_lost(weeks: int, kg: float, days: float) -> None:
    p = run_parameters(load())
    infant = Physiology(kg, weeks, p)
    age = days * HOURS
    lost = infant.tissue_kg(age) - infant.weight_kg(age)
    assert 0 <= lost <= infant.water_loss * kg * (1 + 1e-9)
    # What the fluid loses is what the scales lose, so that weight regained is tissue and nothing else.
    if age <= infant.lightest:
        assert infant.fluid_l(0) - infant.fluid_l(age) == pytest.approx(lost, abs=1e-9)
    assert infant.growth_kg(age) == (infant.gain_kg if age >= infant.lightest else 0)


@given(weeks=st.integers(24, 42), level=st.floats(0.8, 3), deficit=st.floats(0, 1))
def test_a_newborn_that_answers_less_clears_more_slowly(weeks: int, level: float, deficit: float) -> None:
    p = run_parameters(load())
    spilt = [Body(Physiology(2.0, weeks, replace(p, slope_deficit=d)), 0.0).spilt(level, 24.0) for d in (deficit, 0.0)]
    filtered = Physiology(2.0, weeks, p).filtration_l(24.0) * Physiology(2.0, weeks, p).ultrafilterable(24.0) * level
    assert 0 <= spilt[0] <= spilt[1] <= filtered


def test_fluid_and_its_loss_before_term_are_the_published(knowledge: Knowledge) -> None:
    """BAUER89: 499 mL in 1101 g at 28 weeks; GILL86: 14 % lost by infants of 23 to 29 weeks."""
    p = run_parameters(knowledge)
    assert Physiology(1.101, 28, p).fluid_l(0) == pytest.approx(0.499, rel=0.02)
    assert Physiology(0.9, 27, p).water_loss == pytest.approx(0.14, rel=0.05)
    assert Physiology(3.4, 40, p).water_loss == p.water_loss
    assert Physiology(3.4, 40, p, offset=24.0 * 60).water_loss == p.water_loss


def test_filtration_of_the_term_and_the_preterm_is_the_published(knowledge: Knowledge) -> None:
    p = run_parameters(knowledge)
    term = Physiology(3.4, 40, replace(p, gain=0.0))
    surface = (4 * 3.4 + 7) / (3.4 + 90)
    for day, published in ((0, 19.6), (5, 40.6), (28, 59.4)):
        assert term.filtration_l(day * HOURS) / 0.06 / surface * 1.73 == pytest.approx(published)
    preterm = Physiology(1.6, 31.5, p)
    for day, published in ((4, 0.88), (11, 1.18)):
        assert preterm.filtration_l(day * HOURS) / 0.06 / 1.6 == pytest.approx(published, rel=0.08)


def run_parameters(knowledge: Knowledge) -> Any:
    from neomag.body.parameters import parameters

    return parameters(knowledge)
