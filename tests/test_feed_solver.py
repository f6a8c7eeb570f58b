"""The path to the solver, on a problem whose answer is known: Stigler's diet of 1945 (77 foods, 9 nutrients)."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from neomag.feeding.highs import HighsSession
from neomag.feeding.problem import Problem, Row

# What an adult needs a day, as Stigler had it. The foods are what a dollar bought in August 1939.
NEEDS = {
    "energy_kkcal": 3.0, "protein_g": 70, "calcium_g": 0.8, "iron_mg": 12, "vit_a_kiu": 5, "vit_b1_mg": 1.8, "vit_b2_mg": 2.7,
    "niacin_mg": 18, "vit_c_mg": 75,
}  # fmt: skip
YEAR = 365


def stigler(*, integer: bool = False) -> Problem:
    with (Path(__file__).parent / "data" / "stigler1945.csv").open(encoding="utf-8", newline="") as file:
        foods = list(csv.DictReader(file))
    problem = Problem()
    columns = [problem.column(food["food"], integer=integer) for food in foods]
    for nutrient, need in NEEDS.items():
        problem.row(nutrient, {c: float(food[nutrient]) for c, food in zip(columns, foods, strict=True)}, low=need)
    return problem


def test_stiglers_diet_to_the_cent() -> None:
    problem = stigler()
    found = HighsSession(problem).minimise(dict.fromkeys(range(len(problem.names)), 1.0))
    assert found.status == "optimal"
    assert found.objective * YEAR == pytest.approx(39.6617, abs=5e-5)
    bought = {problem.names[c]: v * YEAR for c, v in enumerate(found.values) if v > 1e-9}
    assert bought == pytest.approx(
        {
            "Wheat Flour (Enriched)": 10.7745,
            "Liver (Beef)": 0.6908,
            "Cabbage": 4.0933,
            "Spinach": 1.8278,
            "Navy Beans, Dried": 22.2754,
        },
        abs=5e-5,
    )
    duals = {row.name: dual * YEAR for row, dual in zip(problem.rows, found.duals, strict=True) if abs(dual) > 1e-9}
    wanted = {"energy_kkcal": 3.1993, "calcium_g": 11.5843, "vit_a_kiu": 0.1461, "vit_b2_mg": 5.9707, "vit_c_mg": 0.0526}
    assert duals == pytest.approx(wanted, abs=5e-5)


def test_whole_numbers_cost_more_and_are_whole() -> None:
    problem = stigler(integer=True)
    costs = dict.fromkeys(range(len(problem.names)), 1.0)
    session = HighsSession(problem)
    whole, parts = session.minimise(costs), session.minimise(costs, relaxed=True)
    assert whole.objective == pytest.approx(1.0)  # one dollar of one thing is more than a day needs
    assert all(v == pytest.approx(round(v)) for v in whole.values)
    assert parts.objective * YEAR == pytest.approx(39.6617, abs=5e-5)


def test_what_cannot_be_is_said_and_a_row_added_later_counts() -> None:
    problem = Problem()
    x = problem.column("x", 2.0)
    session = HighsSession(problem)
    assert session.minimise({x: -1.0}).objective == pytest.approx(-2.0)
    session.row(Row("less", {x: 1.0}, 0.0, 0.5))
    assert session.minimise({x: -1.0}).values == pytest.approx((0.5,))
    session.row(Row("more", {x: 1.0}, 1.0, 2.0))
    assert session.minimise({x: -1.0}).status == "infeasible"


def test_costs_of_an_earlier_question_are_forgotten() -> None:
    problem = Problem()
    x, y = problem.column("x", 1.0), problem.column("y", 1.0)
    problem.row("one of them", {x: 1.0, y: 1.0}, low=1.0)
    session = HighsSession(problem)
    assert session.minimise({x: 1.0}).values == pytest.approx((0.0, 1.0))
    assert session.minimise({y: 1.0}).values == pytest.approx((1.0, 0.0))
