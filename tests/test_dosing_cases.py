"""The infant before a dose: levels that are old or from before a dose, kidneys, circulation, malnutrition, the preterm; and flags."""

from __future__ import annotations

import json
from fractions import Fraction
from typing import Any

import pytest
from click.testing import CliRunner, Result
from tests.conftest import case, lab, sign

from neomag import Case, assess
from neomag.ages import DAY, MONTH
from neomag.cli import main
from neomag.cli.assess import EXAMPLES
from neomag.dosing import DoseInputError, State, calculate, parse_given, state_of_case, with_flags
from neomag.dosing.dose import Dose
from neomag.knowledge import Knowledge, load

LOW = Fraction("0.45")
BABY: dict[str, Any] = {"infant": {"weight": "4 kg"}}


def infant(weight: str = "3", **more: Any) -> State:
    return State(weight_kg=Fraction(weight), **{"level": LOW, **more})


def level(at: str = "59 d 20 h", value: float = 0.45) -> dict[str, object]:
    return lab("magnesium", value, "mmol/L", at=at)


def dosed(at: str | None = "59 d 12 h", **more: object) -> dict[str, object]:
    found: dict[str, object] = {"given": "magnesium-sulfate", "dose": 400, "unit": "mg", **more}
    return found if at is None else {"at": at, **found}


def state(*events: dict[str, object], **more: Any) -> State:
    return state_of_case(case(*events, **{**BABY, **more}))


def answered(found: State, **asked: Any) -> Dose:
    return calculate(found, load(), **asked)


def refusals(found: Dose) -> list[str]:
    return list(dict.fromkeys(line.code for line in found.refused))


def warnings(found: Dose) -> set[str]:
    return {line.code for line in found.warnings}


def dose(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["dose", *arguments])


def data(*arguments: str, status: int = 0) -> dict[str, Any]:
    done = dose(*arguments, "--format", "json")
    assert done.exit_code == status, done.output
    return json.loads(done.stdout)


BASE = ("--weight", "3kg", "--serum-mg", "0.45mmol/L")

# Levels that do not stand for now


@pytest.mark.parametrize(("at", "refused"), [("1 d", ["level-missing"]), ("58 d 23 h", ["level-missing"]), ("59 d 1 h", [])])
def test_a_level_of_more_than_a_day_is_none(at: str, refused: list[str]) -> None:
    found = answered(state(level(at)))
    assert refusals(found) == refused
    assert [line.says for line in found.refused if "more than a day old" not in line.says] == []
    assert assess(case(level(at), **BABY)).rule("magnesium-known") is not bool(refused)


def test_an_old_level_in_an_emergency_is_a_warning() -> None:
    found = answered(with_flags(state(level("1 d")), emergency=True))
    assert refusals(found) == []
    assert "level-missing" in warnings(found)
    mother: dict[str, object] = {"at": "birth", "condition": "mother-magnesium-sulfate"}
    newborn = state(mother, level("1 d"), now="3 d", infant={"weight": "3 kg"})
    assert "level-missing" in refusals(answered(with_flags(newborn, emergency=True)))


def test_an_old_level_that_was_high_still_refuses() -> None:
    found = answered(with_flags(state(level("1 d", 1.3)), emergency=True))
    assert "level-not-low" in refusals(found)


def test_a_level_from_before_a_dose_is_a_warning() -> None:
    found = answered(state(level("59 d"), dosed("59 d 20 h")))
    assert refusals(found) == []
    assert "level-before-dose" in warnings(found)
    assert "level-before-dose" not in warnings(answered(state(level())))


def test_injured_kidneys_and_an_old_level_say_one_thing() -> None:
    injured: dict[str, object] = {"at": "59 d", "condition": "kidney-injury"}
    for events in ((level("50 d"),), (level("59 d"), dosed("59 d 20 h"))):
        found = answered(state(*events, injured))
        assert "renal" in refusals(found)
        assert "renal" not in warnings(found)
    found = answered(state(level(), injured))
    assert (refusals(found), "renal" in warnings(found)) == ([], True)


# Fresh levels

MORE = {"amount": "50mg-salt/kg"}
LARGE = {"dose": 160, "unit": "mg/kg"}


@pytest.mark.parametrize(("at", "fresh"), [("59 d 5 h 55 min", False), ("59 d 6 h", True), ("59 d 0 h 1 min", False)])
def test_a_level_is_fresh_when_the_plan_would_have_taken_it(at: str, fresh: bool) -> None:
    """Not before 6 hours after the last dose: until then it shows the dose and not the body."""
    found = answered(state(dosed("59 d", **LARGE), level(at), now="59 d 8 h"), **MORE)
    assert refusals(found) == ([] if fresh else ["dose-too-high"])
    assert ("level-before-dose" in warnings(found)) is not fresh


def test_the_last_dose_counts_whatever_the_order_of_the_file() -> None:
    late = dosed("59 d 19 h", dose=20, unit="mg/kg")
    for events in ((dosed("59 d 6 h", **LARGE), late), (late, dosed("59 d 6 h", **LARGE))):
        assert refusals(answered(state(*events, level()), **MORE)) == ["dose-too-high"]


def test_a_dose_of_unknown_time_leaves_no_level_fresh() -> None:
    assert refusals(answered(state(dosed("59 d 6 h", **LARGE), level()), **MORE)) == []
    assert refusals(answered(state(dosed(None, dose=1, unit="mg/kg"), dosed("59 d 6 h", **LARGE), level()), **MORE)) == [
        "dose-too-high"
    ]


# Severe malnutrition


def test_malnutrition_spares_the_level_by_mouth_and_muscle_only(knowledge: Knowledge) -> None:
    day_1 = infant(level=None, severe_malnutrition_day_1=True)
    assert refusals(calculate(day_1, knowledge, amount="100mg-salt/kg", route="iv")) == ["level-missing"]
    for route, regimen in (("im", "malnutrition-im"), ("oral", "malnutrition-oral"), ("oral", "malnutrition-feed")):
        assert refusals(calculate(day_1, knowledge, regimen=regimen, route=route)) == []
    assert refusals(calculate(infant(level=None), knowledge, regimen="malnutrition-oral")) == []


def test_a_level_flagged_normal_does_not_hold_back_the_feed_of_malnutrition(knowledge: Knowledge) -> None:
    flagged = infant(level=None, level_flag="normal")
    assert refusals(calculate(flagged, knowledge, regimen="malnutrition-oral")) == []
    assert refusals(calculate(flagged, knowledge)) == ["level-not-low"]
    assert refusals(calculate(infant(level=None, level_flag="normal", emergency=True), knowledge)) == []
    assert refusals(calculate(infant(level=None, level_flag="low"), knowledge)) == []


# Published cases


def example(name: str, weight: str | None) -> Dose:
    one = Case.read(EXAMPLES / f"{name}.json")
    return answered(state_of_case(one, weight_kg=Fraction(weight) if weight else None))


def test_creatinine_above_its_limit_is_said() -> None:
    """P-030: magnesium low, creatinine high. The assessment asks for smaller doses, with a level before each."""
    assert assess(Case.read(EXAMPLES / "P-030.json")).rule("kidneys-and-low-level")
    line = next(line for line in example("P-030", "9").warnings if line.code == "renal")
    assert "smaller doses, with a level before each" in line.says
    assert "half" not in line.says
    high = answered(state(level(value=0.8), lab("creatinine", flag="high", at="59 d 20 h")))
    assert (refusals(high), "renal" in warnings(high)) == ([], True)


def test_a_level_flagged_normal_is_not_dosed() -> None:
    """N-038: seventy days, dehydrated, magnesium flagged normal."""
    assert "level-not-low" in refusals(example("N-038", None))


# Circulation, fluid


@pytest.mark.parametrize("code", ["hypotension", "bradycardia"])
def test_low_pressure_or_a_slow_heart(code: str) -> None:
    found = answered(state(level(), sign(code)))
    assert (refusals(found), "circulation" in warnings(found)) == ([], True)
    assert refusals(answered(state(level(value=0.9), sign(code)))) == ["level-not-low"]
    assert "level-missing" in refusals(answered(state(sign(code))))


def test_flags_of_circulation_and_fluid() -> None:
    assert "circulation" in [line["code"] for line in data(*BASE, "--hypotension")["warnings"]]
    found = data("--weight", "3kg", "--hypotension", "--emergency", status=3)
    assert [line["code"] for line in found["refused"]] == ["level-missing"]
    assert data("--weight", "3kg", "--hypotension", "--pulseless-torsades")["refused"] == []
    found = data("--weight", "3kg", "--dehydrated", "--emergency", status=3)
    assert [line["code"] for line in found["refused"]] == ["renal"]
    assert data(*BASE, "--dehydrated")["refused"] == []


# The preterm


def test_the_muscle_of_a_preterm_infant_is_a_warning_with_the_reason_of_the_assessment() -> None:
    for preterm in (
        state(level(), {"at": "birth", "condition": "preterm"}),
        state(level(), infant={"weight": "4 kg", "gestation": "30w"}),
    ):
        found = answered(preterm, amount="0.2mmol/kg", route="im")
        assert refusals(found) == []
        assert "no intramuscular magnesium" in next(line.says for line in found.warnings if line.code == "im-preterm")


@pytest.mark.parametrize(
    ("weight", "age", "preterm", "odd"),
    [
        ("1.2", 0, False, True), ("1.2", 0, True, False), ("5", 0, True, True), ("6", 23 * MONTH, True, False),
        ("6", 24 * MONTH + 15 * DAY, True, True),
    ],
)  # fmt: skip
def test_the_weight_of_a_preterm_infant_for_its_age(weight: str, age: int, preterm: bool, odd: bool) -> None:
    assert ("weight-for-age" in warnings(answered(infant(weight, age=age, preterm=preterm)))) is odd


def test_born_early_by_weeks() -> None:
    for weeks, preterm in (("36w6d", True), ("37w", False)):
        assert state(level(), infant={"weight": "4 kg", "gestation": weeks}).preterm is preterm


# Flags


def test_the_day_of_birth_is_an_age() -> None:
    found = data("--weight", "5kg", "--serum-mg", "0.45mmol/L", "--age", "birth")
    assert "weight-for-age" in [line["code"] for line in found["warnings"]]


@pytest.mark.parametrize("name", ["--serum-mg", "--age", "--given-24h", "--over", "--every", "--concentration", "--product", "--regimen", "--amount", "--case"])  # fmt: skip
def test_an_option_without_a_value_is_no_option_left_out(name: str) -> None:
    assert dose("--weight", "3kg", "--emergency", name, "").exit_code == 2


@pytest.mark.parametrize(
    "more",
    [
        ["--amount", "100mg-salt/kg", "--doses", "3"], ["--regimen", "lothian-im", "--every", "6h"], ["--every", "1s"],
        ["--regimen", "us-handbook", "--every", "1h"],
    ],
)  # fmt: skip
def test_no_interval_passes_the_ceiling_of_24_hours(more: list[str]) -> None:
    found = data(*BASE, *more, status=3)
    assert "dose-too-high" in [line["code"] for line in found["refused"]]
    assert found["total_24h_mg_salt_per_kg"] > 200


def test_an_interval_without_a_number_is_open_ended() -> None:
    assert data(*BASE, "--every", "12h")["order"]["doses"] is None
    assert data(*BASE, "--every", "12h")["total_24h_mg_salt_per_kg"] == pytest.approx(2 * 49.294)
    assert data(*BASE, "--every", "12h", "--doses", "1")["total_24h_mg_salt_per_kg"] == pytest.approx(49.294)
    assert data(*BASE, "--doses", "3")["total_24h_mg_salt_per_kg"] == pytest.approx(3 * 49.294)
    assert "3 doses" in dose(*BASE, "--doses", "3").output
    assert "1 doses" not in dose(*BASE, "--every", "12h", "--doses", "1").output


def test_a_case_that_cannot_be_read_is_named() -> None:
    done = dose("--case", "nowhere.json")
    assert (done.exit_code, done.stderr.count("nowhere.json")) == (2, 1)


@pytest.mark.parametrize("sub", [["check", "MgSO4 0.2 mmol/kg IV over 60 min"], ["compare"]])
def test_options_before_a_subcommand_are_not_dropped(sub: list[str]) -> None:
    done = dose("--anuria", "--weight", "3kg", *sub, "--weight", "3kg")
    assert done.exit_code == 2
    assert "--anuria" in done.stderr
    assert sub[0] in done.stderr
    assert dose(*sub, "--weight", "3kg").exit_code == 0


# What was given


@pytest.mark.parametrize("written", ["2mL", "0.5mL/kg", "450mg", "1g"])
@pytest.mark.parametrize("arguments", [(), ("check", "MgSO4 0.2 mmol/kg IV over 60 min")])
def test_what_was_given_must_say_how_much(written: str, arguments: tuple[str, ...]) -> None:
    found = data(*arguments, "--weight", "3kg", "--given-24h", written, "--anuria", status=3)
    line = next(line for line in found["refused"] if line["code"] == "ambiguous-unit")
    assert f"`{written}`" in line["says"]
    assert "mg-salt" in line["says"]
    # nothing else that stands against the dose is hidden by it
    assert "renal" in [line["code"] for line in found["refused"]]


def test_what_was_given_is_sulfate_whatever_is_given_now() -> None:
    for more in ((), ("--amount", "0.2mmol/kg", "--route", "oral"), ("--product", "mgso4-10")):
        found = data(*BASE, *more, "--given-24h", "450mg-salt")
        assert found["total_24h_mg_salt_per_kg"] == pytest.approx(150 + 49.294)
    assert parse_given("450mg-salt", Fraction(3), load()) == (Fraction(450) / Fraction("246.47"), None)


def test_nothing_given_is_nothing() -> None:
    for written in ("0mg-salt", "0mL", "0 mmol"):
        found = data(*BASE, "--given-24h", written)
        assert found["total_24h_mg_salt_per_kg"] == pytest.approx(49.294)
    with pytest.raises(DoseInputError):
        parse_given("nothing", Fraction(3), load())


# Pulseless torsades


def test_pulseless_torsades_take_their_own_regimen(knowledge: Knowledge) -> None:
    found = calculate(infant(level=None, pulseless_torsades=True), knowledge)
    assert found.order is not None
    assert found.order.regimen is not None
    assert (found.order.regimen.id, found.order.over) == ("torsades", 15)
    assert "an hour is too long" in (found.order.reason or "")
    assert "indication" not in warnings(found)
    assert "10 mg/kg/min" in (found.order.regimen.note or "")
    assert "indication" in warnings(calculate(infant(), knowledge, regimen="torsades"))


# Fluid


@pytest.mark.parametrize(
    ("asked", "large"),
    [
        ({"amount": "100mg-salt/kg", "product": "mgso4-2.5"}, False),
        ({"amount": "99mg-salt/kg", "percent": Fraction("2.4")}, True),
        ({"percent": Fraction("0.1")}, True),
        ({"amount": "100mg-salt/kg", "product": "mgso4-20", "route": "im"}, False),
        ({"amount": "100mg-salt/kg", "product": "mgso4-10", "route": "im"}, True),
        ({"amount": "66.6mg-salt/kg", "product": "mgso4-10", "route": "im"}, False),
        ({"amount": "66.8mg-salt/kg", "product": "mgso4-10", "route": "im"}, True),
    ],
)
def test_more_fluid_than_any_regimen_gives_is_said(asked: dict[str, Any], large: bool) -> None:
    found = answered(infant(), **asked)
    assert ("volume-large" in warnings(found)) is large
    assert found.given


def test_an_infusion_is_no_stronger_than_its_product() -> None:
    assert "concentration-high" not in warnings(answered(infant(), product="mgso4-2.5", percent=Fraction(15)))
    assert "concentration-high" in warnings(answered(infant(), product="mgso4-20", percent=Fraction(15)))
    assert refusals(answered(infant(), product="mgso4-20", percent=Fraction(25))) == []
    assert refusals(answered(infant(), product="mgso4-25", percent=Fraction(25))) == ["concentration-too-high"]
