"""The numbers of the dosing files, each by what a user sees when it is moved: a volume, a rate, a warning on one side of it.

What an authority printed (regimens, centiles) is held against a second entry in tests/data. Each test takes the knowledge, so that
`make mutate` can try it on many without starting pytest.
"""

from __future__ import annotations

import csv
import re
from dataclasses import replace
from fractions import Fraction
from functools import cache
from pathlib import Path
from statistics import NormalDist
from typing import Any

import pytest
from tests.conftest import case, lab

from neomag.ages import DAY, MONTH
from neomag.dosing import Dose, State, antidote, calculate, state_of_case
from neomag.dosing.order_text import check_order
from neomag.dosing.show import how
from neomag.knowledge import Knowledge, load
from neomag.knowledge.checks import check

FIGURES = Path(__file__).parent / "data"
LOW = Fraction("0.45")


@cache
def rows(name: str) -> list[dict[str, str]]:
    with (FIGURES / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def infant(weight: str | float | Fraction = "3", **more: Any) -> State:
    return State(weight_kg=Fraction(str(weight)), **{"level": LOW, **more})


def warned(dose: Dose, code: str) -> bool:
    return code in {line.code for line in dose.warnings}


# Amounts, salts, products


@pytest.mark.parametrize("amount", ["1mmol", "2mEq", "246.47mg-salt", "0.24647g-salt", "24.305mg-elemental", "0.49294mL"])
def test_one_millimole_in_every_unit(amount: str, knowledge: Knowledge) -> None:
    found = calculate(infant("5"), knowledge, amount=amount)
    assert found.dose is not None
    assert found.measured is not None
    assert (found.dose.mmol, found.dose.ml, found.measured.ml) == (1, Fraction("0.49294"), Fraction("0.49"))


def test_nothing_is_made_of_an_ambiguous_mass(knowledge: Knowledge) -> None:
    assert [unit.id for unit in knowledge.dosing.amounts.values() if not unit.factor] == ["ambiguous"]


def test_the_sulfate_weighs_what_its_water_makes_it(knowledge: Knowledge) -> None:
    """MgSO4 and the water that `hydration` says, by the atomic weights of CIAAW 2021; the name shown says the same."""
    salt = knowledge.dosing.salts["magnesium-sulfate-heptahydrate"]
    water = int(salt.hydration.removesuffix(" H2O"))
    assert float(salt.g_per_mol) == pytest.approx(24.305 + 32.06 + 4 * 15.999 + water * (2 * 1.008 + 15.999), abs=0.01)
    assert f"MgSO4·{water}H2O" in salt.says


@pytest.mark.parametrize(("wrong_by", "shown"), [("1.45", True), ("1.55", False), ("-1.45", True), ("-1.55", False)])
def test_an_ampoule_whose_label_is_wrong(wrong_by: str, shown: bool, knowledge: Knowledge) -> None:
    """A label (mmol/mL) may be rounded by 1.5 %; where it is off by more, nothing is shown and the build stops."""
    true, products = Fraction(500) / Fraction("246.47"), knowledge.dosing.products
    off = 1 + Fraction(wrong_by) / 100

    def labelled(label: Fraction) -> Knowledge:
        ampoule = replace(products["mgso4-50"], label_mmol_per_ml=label)
        return replace(knowledge, dosing=replace(knowledge.dosing, products={**products, "mgso4-50": ampoule}))

    assert any("on the label" in problem for problem in check(labelled(true * off))) is not shown
    # the calculator counts the other way round: mL by the label against mL by weight
    if shown:
        assert calculate(infant(), labelled(true / off), amount="0.2mmol/kg").given
    else:
        with pytest.raises(ArithmeticError):
            calculate(infant(), labelled(true / off), amount="0.2mmol/kg")


# Defaults


def test_an_infusion_of_which_nothing_is_said_runs_an_hour_at_ten_percent(knowledge: Knowledge) -> None:
    found = calculate(infant(), knowledge, amount="0.2mmol/kg")
    assert found.rate is not None
    assert found.dilution is not None
    # 147.882 mg: 1.479 mL of 10 %, in an hour
    assert [float(x) for x in (found.dilution.volume_ml, found.rate.ml_per_h)] == pytest.approx([1.47882, 1.47882])
    assert float(found.rate.mg_per_kg_per_min) == pytest.approx(147.882 / 3 / 60)
    said = "\n".join(how(found))
    assert "Run over 60 min" in said
    assert "at most 10 %" in said


def given(knowledge: Knowledge, hours_ago: float, drug: str = "magnesium-sulfate", **more: object) -> State:
    """The state of an infant of 60 days, 4 kg and deficient, who had `drug` so many hours ago."""
    event: dict[str, object] = {"at": f"{60 * 24 - hours_ago} h", "given": drug, **more}
    level = lab("magnesium", 0.45, "mmol/L", at="59 d 23 h")
    return state_of_case(case(event, level, infant={"weight": "4 kg"}), knowledge=knowledge)


def test_what_was_given_counts_for_a_day(knowledge: Knowledge) -> None:
    for hours, total in ((23.5, 40 + 24.647), (24.5, 24.647)):
        found = calculate(given(knowledge, hours, dose=40, unit="mg/kg"), knowledge, amount="0.1mmol/kg")
        assert found.total_24h_mg_per_kg is not None
        assert float(found.total_24h_mg_per_kg) == pytest.approx(total), hours


def test_antenatal_magnesium_counts_for_a_week(knowledge: Knowledge) -> None:
    mother: dict[str, object] = {"at": "birth", "condition": "mother-magnesium-sulfate"}
    for now, counts in (("6 d 23 h", True), ("7 d 1 h", False)):
        newborn = case(mother, lab("magnesium", 0.45, "mmol/L", at="6 d 22 h"), now=now, infant={"weight": "3 kg"})
        found = calculate(state_of_case(newborn, knowledge=knowledge), knowledge, amount="0.1mmol/kg")
        assert warned(found, "antenatal-magnesium") is counts, now


# Interactions


@pytest.mark.parametrize(
    ("drug", "hours"),
    [
        ("digoxin", 7 * 24), ("calcium-gluconate-10", 24), ("calcium-chloride", 24), ("calcium", 24), ("ceftriaxone", 48),
        ("aminoglycoside", 48),
    ],
)  # fmt: skip
def test_how_long_a_drug_counts(drug: str, hours: int, knowledge: Knowledge) -> None:
    inside, outside = (calculate(given(knowledge, hours + more, drug), knowledge, amount="0.1mmol/kg") for more in (-0.5, 0.5))
    assert warned(inside, "interaction")
    assert not warned(outside, "interaction")
    assert inside.given


def test_the_hours_of_ceftriaxone_are_those_that_are_said(knowledge: Knowledge) -> None:
    found = knowledge.dosing.interactions["ceftriaxone"]
    assert f"within {(found.within or 0) / 3600:g} hours" in found.says
    assert f"within {(found.within or 0) / 3600:g} hours" in knowledge.dosing.monitoring["antidote-not"].says


# Monitoring


def test_the_antidote_is_that_of_its_sources(knowledge: Knowledge) -> None:
    """100 mg/kg over 20 minutes (F227), 2 mL/kg of 10 % at most (F228); the ampoule that is named is the one that is meant."""
    facts = {row["id"]: row for row in rows("facts.csv")}
    found = antidote(Fraction(3), knowledge)
    percent = re.search(r"gluconate (\d+) %", found.product)
    assert percent
    assert found.ml * int(percent[1]) * 10 / 3 == int(facts["F227"]["high"])
    assert (found.most_ml / 3, found.over_min, found.least_min) == (int(facts["F228"]["high"]), 20, 5)
    assert "over 20 min" in facts["F227"]["statement"]
    assert found.product in knowledge.dosing.monitoring["antidote"].says


@pytest.mark.parametrize(
    ("weight", "ml", "most"), [("9.9", "9.9", "19.8"), ("10.1", "10.1", "20"), ("20", "20", "20"), ("30", "20", "20")]
)
def test_the_antidote_however_heavy(weight: str, ml: str, most: str, knowledge: Knowledge) -> None:
    found = antidote(Fraction(weight), knowledge)
    assert (found.ml, found.most_ml) == (Fraction(ml), Fraction(most))


def test_when_the_next_level_is_due(knowledge: Knowledge) -> None:
    plan = calculate(infant(), knowledge, amount="0.2mmol/kg").plan
    assert plan is not None
    assert plan.to_dict()["next_level_h"] == [6, 12]
    assert "6 to 12 hours after the dose" in plan.part("level")[0].says


# Orders as written


@pytest.mark.parametrize(
    ("word", "hours", "times"),
    [("qid", 6, 4), ("qds", 6, 4), ("tid", 8, 3), ("tds", 8, 3), ("bid", 12, 2), ("bd", 12, 2), ("daily", 24, 1), ("od", 24, 1), ("once daily", 24, 1)],
)  # fmt: skip
def test_how_often_an_order_is(word: str, hours: int, times: int, knowledge: Knowledge) -> None:
    found = check_order(f"MgSO4 10 mg-salt/kg IV over 60 min {word}", infant(), knowledge).dose
    assert any(f"Every {hours} h." in line for line in how(found))
    assert found.total_24h_mg_per_kg == 10 * times


# Regimens: what was read is what is ordered, and for whom

USABLE = {regimen.id for regimen in load().dosing.regimens.values() if regimen.usable}
REGIMENS = [row for row in rows("regimens_read.csv") if row["id"] in USABLE]


@pytest.mark.parametrize("row", REGIMENS, ids=lambda row: row["id"])
def test_a_regimen_is_ordered_as_it_was_read(row: dict[str, str], knowledge: Knowledge) -> None:
    found = calculate(infant(), knowledge, regimen=row["id"]).to_dict()
    by_vein = row["routes"].startswith("iv")
    assert found["order"]["amount"] == f"{row['amount'].split('-')[0]} {row['unit']}"
    assert found["order"]["every_h"] == (float(row["every_h"]) if row["every_h"] else None)
    assert found["order"]["doses"] == (int(row["doses"]) if row["doses"] else None)
    assert found["order"]["over_min"] == (float(row["over_min"].split("/")[-1] or 60) if by_vein else None)


@pytest.mark.parametrize("row", REGIMENS, ids=lambda row: row["id"])
def test_a_regimen_says_when_the_infant_is_not_of_its_age(row: dict[str, str], knowledge: Knowledge) -> None:
    start, end = (float(row[side]) * DAY if row[side] else None for side in ("from_d", "to_d"))
    ages = [(10 * DAY, False), (400 * DAY, False)] if start is None and end is None else []
    ages += [(start, False), (start - 1, True)] if start is not None else []
    ages += [(end - 1, False), (end, True)] if end is not None else []
    for age, outside in ages:
        found = calculate(infant(age=int(age)), knowledge, regimen=row["id"])
        assert warned(found, "population") is outside, age


# Weights


def centile(row: dict[str, str], share: float) -> float:
    power, median, spread = (float(row[name]) for name in "LMS")
    return median * (1 + power * spread * NormalDist().inv_cdf(share)) ** (1 / power)


@pytest.mark.parametrize("row", rows("weights_who_lms.csv"), ids=lambda row: f"{row['sex']}-{row['months']}")
def test_a_weight_outside_the_centiles_of_its_age_is_doubted(row: dict[str, str], knowledge: Knowledge) -> None:
    """The 3rd and 97th centile worked out anew from the L, M and S that WHO publishes for each month (copied from two places)."""
    age = int(row["months"]) * MONTH
    low, high = (round(centile(row, share), 2) for share in (0.03, 0.97))
    for at in (age, age + MONTH - 1):
        for weight, odd in ((low, False), (low - 0.01, True), (high, False), (high + 0.01, True)):
            found = calculate(infant(f"{weight:.2f}", age=at, sex=row["sex"]), knowledge, amount="0.1mmol/kg")
            assert warned(found, "weight-for-age") is odd, weight


def test_no_age_within_two_years_is_without_centiles(knowledge: Knowledge) -> None:
    known = {(band.sex, band.months) for band in knowledge.dosing.weights}
    assert known == {(row["sex"], int(row["months"])) for row in rows("weights_who_lms.csv")}
    assert len(known) == len(knowledge.dosing.weights) == 50


def test_a_preterm_infant_is_not_light_for_its_age_until_two_years(knowledge: Knowledge) -> None:
    for age, odd in ((12 * MONTH, False), (24 * MONTH - 1, False), (24 * MONTH, True), (24.5 * MONTH, True)):
        found = calculate(infant("6", age=int(age), preterm=True), knowledge, amount="0.1mmol/kg")
        assert warned(found, "weight-for-age") is odd, age
    assert warned(calculate(infant("19", age=12 * MONTH, preterm=True), knowledge, amount="0.1mmol/kg"), "weight-for-age")
    for weeks, preterm in (("35w0d", True), ("36w6d", True), ("37w0d", False), ("38w0d", False)):
        given = case(lab("magnesium", 0.4, "mmol/L"), now="60 d", infant={"weight": "3 kg", "gestation": weeks})
        assert state_of_case(given, knowledge=knowledge).preterm is preterm, weeks


# Orders


@pytest.mark.parametrize(("ml", "agrees"), [("0.2096", True), ("0.2106", False), ("0.1909", True), ("0.1900", False)])
def test_two_amounts_of_one_order_agree_within_a_twentieth(ml: str, agrees: bool, knowledge: Knowledge) -> None:
    """100 mg of the salt is 0.2 mL of 50 %."""
    found = check_order(f"MgSO4 100 mg-salt ({ml} mL of 50%) IV over 60 min", infant(), knowledge)
    assert (found.verdict != "refused") is agrees


@pytest.mark.parametrize(("amount", "agrees"), [("22.6", True), ("22.4", False), ("27.6", True)])
def test_an_order_within_a_tenth_of_a_regimen_is_that_regimens(amount: str, agrees: bool, knowledge: Knowledge) -> None:
    """The US handbook gives 25 to 50 mg/kg."""
    found = check_order(f"MgSO4 {amount} mg-salt/kg IV over 60 min", infant(), knowledge)
    assert ("us-handbook" in found.regimens) is agrees
