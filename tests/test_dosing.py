"""The dose calculator: the dossier's vectors, each ceiling from both sides, each refusal, the infant's state, and properties."""

from __future__ import annotations

import csv
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from tests.conftest import case, lab, sign

from neomag import Case, assess
from neomag.cli.assess import EXAMPLES
from neomag.dosing import (
    AmbiguousUnitError,
    Dose,
    DoseInputError,
    State,
    antidote,
    calculate,
    compare,
    parse_amount,
    parse_level,
    parse_percent,
    parse_weight,
    state_of_case,
    with_flags,
    with_site_regimens,
)
from neomag.dosing.amounts import sulfate_mg
from neomag.dosing.order_text import check_order
from neomag.knowledge import Knowledge, load

ROOT = Path(__file__).parent.parent
LOW = Fraction("0.45")
MINUTE = 60


def infant(weight: str | Fraction = "3", **more: Any) -> State:
    return State(weight_kg=Fraction(weight), **{"level": LOW, **more})


def asked(amount: str | None = None, state: State | None = None, **more: Any) -> Dose:
    return calculate(state or infant(), load(), amount=amount, **more)


def codes(dose: Dose) -> list[str]:
    return list(dict.fromkeys(line.code for line in dose.refused))


def warned(dose: Dose) -> set[str]:
    return {line.code for line in dose.warnings}


# The dossier's vectors (k, h.1)


def test_three_kilograms_and_a_fifth_of_a_millimole() -> None:
    dose = asked("0.2mmol/kg").dose
    assert dose is not None
    assert float(dose.mg_salt) == pytest.approx(148, abs=0.5)
    assert float(dose.mg_elemental) == pytest.approx(14.6, abs=0.05)
    assert (dose.mmol, dose.meq) == (Fraction("0.6"), Fraction("1.2"))
    assert float(dose.ml) == pytest.approx(0.30, abs=0.005)


def test_conversion_spine() -> None:
    """0.1 mL/kg of 50 % = 50 mg/kg salt = 0.20 mmol/kg = 0.41 mEq/kg = 4.9 mg/kg elemental (F007); a gram is 4.06 mmol (F003)."""
    found = asked("0.1mL/kg", infant("1")).dose
    assert found is not None
    assert found.mg_salt == 50
    assert [float(x) for x in (found.mmol, found.meq, found.mg_elemental)] == pytest.approx([0.203, 0.406, 4.93], abs=0.003)
    gram = parse_amount("1g-salt", load()).mmol(Fraction(1), load().dosing.products["mgso4-50"], load())
    assert float(gram) == pytest.approx(4.06, abs=0.005)


def test_the_published_error_of_milliequivalents_and_millilitres() -> None:
    """Narchi 2001: 0.8 mEq is 0.2 mL of 50 %; 0.8 mL was given, four times the dose."""
    dose = asked("0.8mEq").dose
    assert dose is not None
    assert float(dose.ml) == pytest.approx(0.197, abs=0.001)
    known = load()
    for order in ("MgSO4 50% 0.8 mEq = 0.8 mL IM", "MgSO4 0.8 mEq (0.8 mL of 50%) IM"):
        found = check_order(order, infant(), known)
        assert found.verdict == "refused"
        says = next(line.says for line in found.refused if line.code == "ambiguous-unit")
        assert "4.06-fold" in says
    assert check_order("MgSO4 0.8 mEq (0.2 mL of 50%) IM", infant(), known).verdict == "unusual"
    for route in ("im", "iv"):
        assert codes(asked("0.8mL", route=route)) == ["dose-too-high"]


def test_two_hundred_milligrams_in_half_an_hour() -> None:
    found = asked("200mg-salt/kg", over=30 * MINUTE)
    assert codes(found) == ["dose-too-high"]
    assert found.rate is not None
    assert float(found.rate.mg_per_kg_per_min) == pytest.approx(6.67, abs=0.01)
    assert (found.measured, found.dilution, found.plan) == (None, None, None)


def test_a_limit_for_adults_is_five_times_too_fast() -> None:
    found = check_order("MgSO4 150 mg-salt IV at 150 mg/min", infant(), load())
    assert "rate-too-high" in [line.code for line in found.refused]
    assert found.dose.rate is not None
    assert found.dose.rate.mg_per_kg_per_min == 50


def test_elemental_read_as_salt_is_a_tenth() -> None:
    salt, elemental = asked("5mg-salt/kg").dose, asked("5mg-elemental/kg").dose
    assert salt is not None
    assert elemental is not None
    assert float(elemental.mmol / salt.mmol) == pytest.approx(10.14, abs=0.01)


# Amounts


@pytest.mark.parametrize("text", ["50mg", "50 mg/kg", "50mg/kg", "1g", "5 mg Mg", "50mcg/kg", "0.5 grams"])
def test_mass_that_does_not_say_of_what_is_refused(text: str) -> None:
    with pytest.raises(AmbiguousUnitError):
        parse_amount(text, load())
    found = asked(text)
    assert (codes(found), found.dose, found.rate) == (["ambiguous-unit"], None, None)


@pytest.mark.parametrize(
    "text",
    ["", "0.2", "mmol/kg", "-1mmol", "0mmol", "0.2 mmol/kg/d", "1e3mmol", "1,5mmol", "nan mmol", "0.2mmol/m2", "1 furlong", "1mmol 2",
     "0.2mmol/kg/kg", "9" * 40 + "mL", "1/2mmol", "x" * 100, "0.0000000000000001mL", "١mmol x"],
)  # fmt: skip
def test_what_is_no_amount(text: str) -> None:
    with pytest.raises(DoseInputError) as error:
        parse_amount(text, load())
    assert not isinstance(error.value, AmbiguousUnitError)


@pytest.mark.parametrize(
    "text",
    ["0.2mmol/kg", "0.2 mmol / kg", "0.8mEq", "0.8 MEQ", "50mg-salt/kg", "50 mg salt/kg", "5mg-elemental/kg", ".1mL/kg/dose"],
)
def test_amounts(text: str) -> None:
    assert parse_amount(text, load()).value > 0


@pytest.mark.parametrize(
    ("call", "text"),
    [(parse_weight, t) for t in ("3", "kg", "0kg", "-3kg", "3 L", "3 stone")]
    + [(parse_level, t) for t in ("0.45", "1.5mg/L", "0.45 mol", "90mmol/L", "0.001mmol/L")],
)
def test_weights_and_levels_that_cannot_be_read(call: Any, text: str) -> None:
    with pytest.raises(DoseInputError):
        call(text, load())


@pytest.mark.parametrize("text", ["10", "0%", "101%", "10 mg/mL"])
def test_concentrations_that_cannot_be_read(text: str) -> None:
    with pytest.raises(DoseInputError):
        parse_percent(text)


def test_a_level_in_any_unit_is_one_level() -> None:
    known = load()
    assert float(parse_level("1.0937 mg/dL", known)) == pytest.approx(0.45, abs=1e-4)
    assert parse_level("0.9mEq/L", known) == LOW


@pytest.mark.parametrize(
    "more",
    [
        {"amount": "1mmol", "regimen": "neomag-iv"}, {"regimen": "nobody"}, {"product": "mgso4-51"}, {"route": "rectal"},
        {"regimen": "neomag-iv", "route": "im"}, {"regimen": "bnfc-neonate"}, {"regimen": "adult-label"},
        {"amount": "1mmol", "route": "im", "over": 60}, {"amount": "1mmol", "product": "mg-glycerophosphate-1"},
        {"route": "oral"}, {"amount": "1mmol", "doses": 0}, {"amount": "1mmol", "every": 0},
    ],
)  # fmt: skip
def test_orders_that_do_not_go_together(more: dict[str, Any]) -> None:
    with pytest.raises(DoseInputError):
        calculate(infant(), load(), **more)


# Ceilings, each from both sides, within 10 %


def over(minutes: float) -> dict[str, Any]:
    return {"over": Fraction(str(minutes)) * MINUTE}


SAM = {"severe_malnutrition_day_1": True}
BY_MOUTH = {"route": "oral", "product": "mgso4-50"}
BOTH_SIDES = [
    # code, then (amount, state, order) that passes and that does not
    ("dose-too-high", ("99.9mg-salt/kg", {}, {}), ("100.1mg-salt/kg", {}, {})),
    ("dose-too-high", ("100mg-salt/kg", {}, {}), ("0.41mmol/kg", {}, {})),
    ("dose-too-high", ("99.9mg-salt/kg", {}, {"route": "im"}), ("100.1mg-salt/kg", {}, {"route": "im"})),
    ("dose-too-high", ("150mg-salt/kg", SAM, {"route": "im"}), ("150.1mg-salt/kg", SAM, {"route": "im"})),
    ("dose-too-high", ("2mL", {"weight": "12", **SAM}, {"route": "im"}), ("2.01mL", {"weight": "12", **SAM}, {"route": "im"})),
    ("dose-too-high", ("0.6mmol/kg", {}, {"route": "oral"}), ("0.62mmol/kg", {}, {"route": "oral"})),
    ("dose-too-high", ("50mg-salt/kg", {"given": 150}, {}), ("50.1mg-salt/kg", {"given": 150}, {})),
    ("dose-too-high", ("100mg-salt/kg", {"given": 300, "fresh_level": True}, {}), ("99mg-salt/kg", {"given": 302, "fresh_level": True}, {})),
    ("dose-too-high", ("100mg-salt/kg", {}, {"every": 12 * 3600}), ("67mg-salt/kg", {}, {"every": 8 * 3600})),
    ("rate-too-high", ("100mg-salt/kg", {}, over(10)), ("100mg-salt/kg", {"pulseless_torsades": True}, over(9.9))),
    ("rate-too-high", ("25mg-salt/kg", {}, over(10)), ("25mg-salt/kg", {}, over(9.9))),
    ("concentration-too-high", ("25mg-salt/kg", {}, {"percent": Fraction(20)}), ("25mg-salt/kg", {}, {"percent": Fraction("20.1")})),
    ("level-not-low", ("25mg-salt/kg", {"level": Fraction("0.999")}, {}), ("25mg-salt/kg", {"level": Fraction(1)}, {})),
    ("weight-implausible", ("25mg-salt/kg", {"weight": "0.4"}, {}), ("25mg-salt/kg", {"weight": "0.399"}, {})),
    ("weight-implausible", ("25mg-salt/kg", {"weight": "20"}, {}), ("25mg-salt/kg", {"weight": "20.01"}, {})),
    ("dose-too-high", ("2000mg-salt", {"weight": "20"}, {}), ("2001mg-salt", {"weight": "20"}, {})),
    # into a vein the ceiling by weight says the same; by mouth, where that one is higher, the absolute one alone refuses
    ("dose-too-high", ("2000mg-salt", {"weight": "20"}, BY_MOUTH), ("2001mg-salt", {"weight": "20"}, BY_MOUTH)),
]  # fmt: skip


def side(one: tuple[str, dict[str, Any], dict[str, Any]]) -> Dose:
    amount, state, order = one
    state = dict(state)
    known = load()
    weight = Fraction(state.pop("weight", "3"))
    if "given" in state:
        state["given_24h_mmol"] = parse_amount(f"{state.pop('given')}mg-salt/kg", known).mmol(
            weight, known.dosing.products["mgso4-50"], known
        )
    return calculate(infant(weight, **state), known, amount=amount, **order)


@pytest.mark.parametrize(("code", "passes", "fails"), BOTH_SIDES)
def test_each_ceiling_from_both_sides(code: str, passes: Any, fails: Any) -> None:
    assert codes(side(passes)) == []
    assert code in codes(side(fails))


WARNINGS = [
    ("dose-high", ("50mg-salt/kg", {}, {}), ("50.1mg-salt/kg", {}, {})),
    ("dose-high", ("100mg-salt/kg", SAM, {"route": "im"}), ("100.1mg-salt/kg", SAM, {"route": "im"})),
    ("dose-high", ("0.4mmol/kg", {}, {"route": "oral"}), ("0.41mmol/kg", {}, {"route": "oral"})),
    ("dose-high", ("50mg-salt/kg", {"given": 100}, {}), ("50mg-salt/kg", {"given": "100.1"}, {})),
    ("rate-fast", ("25mg-salt/kg", {}, over(30)), ("25mg-salt/kg", {}, over(29.9))),
    ("concentration-high", ("25mg-salt/kg", {}, {"percent": Fraction(10)}), ("25mg-salt/kg", {}, {"percent": Fraction("10.1")})),
    ("concentration-high", ("25mg-salt/kg", {}, {"route": "im", "product": "mgso4-20"}), ("25mg-salt/kg", {}, {"route": "im", "product": "mgso4-25"})),
    ("concentration-high", ("25mg-salt/kg", {}, {"route": "im", "percent": Fraction(20)}), ("25mg-salt/kg", {}, {"route": "im", "percent": Fraction(21)})),
    ("level-grey", ("25mg-salt/kg", {"level": Fraction("0.699")}, {}), ("25mg-salt/kg", {"level": Fraction("0.7")}, {})),
]  # fmt: skip


@pytest.mark.parametrize(("code", "without", "with_"), WARNINGS)
def test_each_warning_from_both_sides(code: str, without: Any, with_: Any) -> None:
    assert (code in warned(side(without)), code in warned(side(with_))) == (False, True)
    assert codes(side(with_)) == []


def test_no_limit_in_milligrams_a_minute_is_in_the_knowledge(knowledge: Knowledge) -> None:
    assert not [c.id for c in knowledge.dosing.ceilings.values() if c.unit == "mg/min"]
    assert not [r.id for r in knowledge.dosing.regimens.values() if "mg/min" in r.unit]


def test_ceilings_are_where_they_were_put(knowledge: Knowledge) -> None:
    """Double entry of dossier h.6: warn, refuse."""
    entered = {
        "dose-iv": (50, 100), "dose-iv-absolute": (None, 2000), "dose-im": (None, 100), "dose-im-malnutrition": (100, 150),
        "dose-im-absolute": (None, 1000), "dose-oral": (100, 150), "total-24h": (150, 200), "total-24h-with-level": (None, 400),
        "rate": (None, 10), "duration": (30, 10), "concentration": (10, 20), "concentration-im": (20, None), "level": (0.7, 1.0),
        "weight": (None, 20), "fluid-iv": (4, None), "volume-im": (2, None),
    }  # fmt: skip
    found = knowledge.dosing.ceilings
    assert found.keys() == entered.keys()
    for name, (warn, refuse) in entered.items():
        c = found[name]
        got = (c.warn_above or c.warn_from or c.warn_below, c.refuse_above or c.refuse_from or c.refuse_below)
        assert [None if x is None else float(x) for x in got] == [warn, refuse], name
    assert found["weight"].refuse_below == Fraction("0.4")


# The infant's state


@pytest.mark.parametrize(
    ("state", "refusal"),
    [
        ({"level": None}, ["level-missing"]),
        ({"level": None, "emergency": True}, []),
        ({"level": None, "pulseless_torsades": True}, []),
        ({"level": None, "severe_malnutrition_day_1": True}, ["level-missing"]),
        ({"level": None, "emergency": True, "antenatal_magnesium": True}, ["level-missing"]),
        ({"antenatal_magnesium": True}, []),
        ({"level": Fraction("1.3"), "emergency": True}, ["level-not-low"]),
        ({"level": None, "level_flag": "high"}, ["level-not-low"]),
        ({"level": None, "level_flag": "low"}, []),
        ({"level": None, "level_flag": "normal"}, ["level-not-low"]),
        ({"kidney_injury": True}, []),
        ({"kidney_injury": True, "level": Fraction("0.7")}, ["renal"]),
        ({"kidney_injury": True, "level": None, "emergency": True}, ["renal"]),
        ({"anuria": True}, ["renal"]),
        ({"heart_block": True}, ["heart-block"]),
        ({"heart_block": True, "pulseless_torsades": True}, []),
        ({"interactions": ("neuromuscular",)}, ["interaction"]),
        ({"interactions": ("digoxin", "calcium", "ceftriaxone")}, []),
        ({"given_unknown": True}, ["dose-too-high"]),
        ({"given_unknown": True, "fresh_level": True}, []),
    ],
)
def test_the_infant(state: dict[str, Any], refusal: list[str]) -> None:
    found = asked("0.1mmol/kg", infant(**state))
    assert codes(found) == refusal
    assert all(line.says and (line.sources or line.policy) for line in (*found.refused, *found.warnings))
    assert "{" not in "".join(line.says for line in (*found.refused, *found.warnings))


def test_kidney_injury_with_a_low_level_is_a_warning() -> None:
    assert "renal" in warned(asked("0.1mmol/kg", infant(kidney_injury=True)))


def test_calcium_in_the_same_line() -> None:
    assert codes(asked("0.1mmol/kg", same_line=True)) == ["interaction"]


def test_every_refusal_code_can_come(knowledge: Knowledge) -> None:
    met = {code for row in BOTH_SIDES for code in codes(side(row[2]))} | {
        "ambiguous-unit",
        "level-missing",
        "renal",
        "heart-block",
    }
    assert met | {"interaction", "blocked"} == {refusal.code or refusal.id for refusal in knowledge.dosing.refusals.values()}


def dosed(drug: str = "magnesium-sulfate", at: str = "59 d 20 h", **more: object) -> dict[str, object]:
    return {"at": at, "given": drug, **more}


DEFICIENT = lab("magnesium", 0.45, "mmol/L", at="59 d")
BABY: dict[str, Any] = {"infant": {"weight": "4 kg"}}


@pytest.mark.parametrize(
    ("events", "refusal"),
    [
        ([DEFICIENT], []),
        ([], ["level-missing"]),
        ([lab("magnesium", 2.4, "mmol/L")], ["level-not-low"]),
        ([lab("magnesium", 1.4, "mmol/L")], ["level-missing", "ambiguous-unit"]),
        ([lab("magnesium", 1.1, "mg/dL")], []),
        ([DEFICIENT, {"at": "59 d", "condition": "kidney-injury"}], []),
        ([{"at": "59 d", "condition": "kidney-injury"}], ["level-missing", "renal"]),
        ([DEFICIENT, sign("oliguria")], ["renal"]),
        ([DEFICIENT, {"at": "59 d", "condition": "heart-block"}], ["heart-block"]),
        ([DEFICIENT, {"at": "59 d", "condition": "neuromuscular-disease"}], ["interaction"]),
        ([DEFICIENT, dosed("digoxin"), dosed("calcium-gluconate-10"), dosed("ceftriaxone")], []),
        ([DEFICIENT, dosed(dose=450, unit="mg")], []),
        ([DEFICIENT, dosed(dose=160, unit="mg/kg")], ["dose-too-high"]),
        ([DEFICIENT, dosed(dose=1.3, unit="mL", concentration="50 %")], ["dose-too-high"]),
        ([DEFICIENT, dosed(dose=1.3, unit="mL")], ["dose-too-high"]),
        ([DEFICIENT, dosed("magnesium", dose=100, unit="mg")], ["dose-too-high"]),
        ([DEFICIENT, dosed("magnesium-oral", dose=0.1, unit="mmol/kg")], []),
        ([DEFICIENT, dosed(at="58 d", dose=200, unit="mg/kg")], []),
        ([DEFICIENT, dosed(at="59 d 18 h", dose=160, unit="mg/kg"), lab("magnesium", 0.5, "mmol/L")], []),
        ([DEFICIENT, dosed(at="59 d", dose=1, unit="mL")], ["dose-too-high"]),
    ],
)
def test_a_case_brings_the_state(events: list[dict[str, object]], refusal: list[str]) -> None:
    state = state_of_case(case(*events, **BABY))
    assert codes(calculate(state, load())) == refusal


def test_a_case_brings_antenatal_magnesium() -> None:
    mother: dict[str, object] = {"at": "birth", "condition": "mother-magnesium-sulfate"}
    newborn = case(mother, sign("seizure", at="20 h"), now="20 h", infant={"weight": "2 kg"})
    assert "level-missing" in codes(calculate(with_flags(state_of_case(newborn), emergency=True), load()))


def test_what_the_assessment_blocks_the_calculator_refuses(knowledge: Knowledge) -> None:
    seen = 0
    for path in sorted(EXAMPLES.glob("*.json")):
        one = Case.read(path)
        if any(block.code == "give-magnesium" for block in assess(one).blocked):
            own = None if one.infant.weight else Fraction(4)
            assert calculate(state_of_case(one, weight_kg=own), knowledge).refused, path
            seen += 1
    assert seen >= 5


def test_a_case_without_weight_or_with_another() -> None:
    with pytest.raises(DoseInputError):
        state_of_case(case(DEFICIENT))
    with pytest.raises(DoseInputError):
        state_of_case(case(DEFICIENT, **BABY), weight_kg=Fraction(3))
    assert state_of_case(case(DEFICIENT), weight_kg=Fraction(3)).weight_kg == 3


def test_the_muscle_of_a_preterm_infant() -> None:
    early: dict[str, object] = {"at": "birth", "condition": "preterm"}
    preterm = state_of_case(case(DEFICIENT, early, **BABY))
    found = calculate(preterm, load(), amount="0.2mmol/kg", route="im")
    assert codes(found) == []
    assert "no intramuscular magnesium" in next(line.says for line in found.warnings if line.code == "im-preterm")
    assert "im-preterm" in warned(asked("0.2mmol/kg", infant(preterm=True), route="im"))


def test_weight_for_age() -> None:
    for weight, odd in (("2.4", True), ("2.5", False), ("4.3", False), ("4.4", True)):
        assert ("weight-for-age" in warned(asked("0.1mmol/kg", infant(weight, age=0)))) is odd, weight


# Measuring, diluting, monitoring


def test_the_syringe_and_its_error() -> None:
    found = asked("0.2mmol/kg").measured
    assert found is not None
    assert (found.ml, found.syringe, found.step_ml) == (Fraction("0.3"), "syringe-1", Fraction("0.01"))
    assert float(found.error) == pytest.approx(0.0142, abs=0.001)
    small = asked("0.1mmol/kg", infant("0.5"))
    assert small.measured is not None
    assert "rounding" in warned(small)
    for amount, odd in (("0.095mL", True), ("0.105mL", False), ("0.205mL", False), ("0.084mL", False), ("0.0945mL", False)):
        assert ("rounding" in warned(asked(amount, infant("1")))) is odd, amount


@pytest.mark.parametrize(
    ("ml", "syringe", "drawn", "draws"),
    [
        # what a syringe just holds, a little more than that, and a volume between two steps
        ("1", "syringe-1", "1", 1), ("1.04", "syringe-3", "1", 1), ("0.333", "syringe-1", "0.33", 1),
        ("3", "syringe-3", "3", 1), ("3.1", "syringe-5", "3", 1), ("2.04", "syringe-3", "2", 1),
        ("5", "syringe-5", "5", 1), ("5.2", "syringe-10", "5", 1), ("4.25", "syringe-5", "4.2", 1),
        ("10", "syringe-10", "10", 1), ("10.4", "syringe-20", "10", 1), ("7.2", "syringe-10", "7", 1),
        ("20", "syringe-20", "20", 1), ("20.6", "syringe-50", "21", 1), ("15.3", "syringe-20", "15", 1),
        ("50", "syringe-50", "50", 1), ("51", "syringe-50", "51", 2), ("40.3", "syringe-50", "40", 1),
    ],
)  # fmt: skip
def test_the_smallest_syringe_that_holds_it(ml: str, syringe: str, drawn: str, draws: int) -> None:
    found = asked(f"{ml}mL", infant("20"), product="mgso4-2.5").measured
    assert found is not None
    assert (found.syringe, found.ml, found.draws) == (syringe, Fraction(drawn), draws)


def test_the_rate_is_that_of_the_infused_solution() -> None:
    found = asked("0.2mmol/kg", percent=Fraction(5), over=120 * MINUTE)
    assert found.rate is not None
    assert found.dilution is not None
    assert float(found.rate.ml_per_h) == pytest.approx(147.882 / 50 / 2)
    assert float(found.dilution.diluent_ml) == pytest.approx(147.882 / 50 - 147.882 / 500)
    weak = asked("0.2mmol/kg", product="mgso4-2.5")
    assert weak.dilution is not None
    assert (weak.dilution.diluent_ml, weak.dilution.percent) == (0, Fraction("2.5"))


def test_the_plan() -> None:
    plan = asked("0.2mmol/kg").plan
    assert plan is not None
    for part in ("watch", "level", "stop", "too-much", "antidote", "course"):
        assert plan.part(part)
    assert plan.level_due == (6 * 3600, 12 * 3600)
    calcium = plan.antidote
    assert (calcium.ml, calcium.most_ml, calcium.over_min, calcium.least_min) == (3, 6, 20, 5)
    assert antidote(Fraction(20), load()).most_ml == 20


# Regimens


def test_the_regimens_disagree_eightfold(knowledge: Knowledge) -> None:
    found = compare(infant(), knowledge)
    assert found.fold == 8
    assert found.default == "neomag-iv"
    rows = {row.regimen.id: row for row in found.rows}
    assert rows["starship-load"].refused == ("dose-too-high",)
    assert "pulmonary hypertension" in (rows["starship-load"].regimen.quirk or "")
    assert rows["malnutrition-im"].refused == ()
    assert rows["south-africa"].refused == ("dose-too-high",)


def test_regimens_are_as_they_were_read(knowledge: Knowledge) -> None:
    """Double entry: each regimen's figure stands a second time here, and where a fact exists its mmol/kg are the fact's."""
    with (ROOT / "tests" / "data" / "regimens_read.csv").open(encoding="utf-8", newline="") as file:
        entered = {row["id"]: row for row in csv.DictReader(file)}
    regimens = knowledge.dosing.regimens
    assert entered.keys() == regimens.keys()
    for name, row in entered.items():
        r = regimens[name]
        amount = f"{float(r.amount[0]):g}-{float(r.amount[-1]):g}" if r.amount else ""
        assert (amount, r.unit, "/".join(r.routes)) == (row["amount"], row["unit"], row["routes"]), name
        found = ("/".join(f"{o / 60:g}" for o in r.over), r.every, r.doses, r.max or "", r.percent and str(float(r.percent)))
        expected = (
            row["over_min"],
            int(row["every_h"]) * 3600 if row["every_h"] else None,
            int(row["doses"]) if row["doses"] else None,
        )
        assert found[:3] == expected, name
        assert (found[3], found[4] or "") == (row["max"], row["percent"]), name
        ages_d = ["" if at is None else f"{at / 86_400:g}" for at in (r.start, r.end)]
        assert ages_d == [row["from_d"], row["to_d"]], name


def test_regimens_are_those_of_the_facts(knowledge: Knowledge) -> None:
    with (ROOT / "tests" / "data" / "facts.csv").open(encoding="utf-8", newline="") as file:
        facts = {row["id"]: row for row in csv.DictReader(file)}
    compared = 0
    for r in knowledge.dosing.regimens.values():
        fact = facts.get(r.fact)
        if fact is None:
            continue
        assert fact["confidence"] != "UNVERIFIED", r.id
        if not r.mmol_per_kg or not fact["unit"].startswith("mmol/kg"):
            continue
        for end, ours in (("low", r.mmol_per_kg[0]), ("high", r.mmol_per_kg[-1])):
            if fact[end] and (r.id, end) not in OF_ANOTHER:
                assert float(ours) == pytest.approx(float(fact[end]), abs=0.011), (r.id, end)
                compared += 1
    assert compared >= 37


# Facts that hold two regimens in one row: the ends that are the other one's.
OF_ANOTHER = {
    ("caddell-1991-im", "high"), ("caddell-1991-oral", "low"), ("starship-infusion", "low"), ("starship-infusion", "high"),
    ("china-oral", "low"), ("china-oral", "high"),
}  # fmt: skip


def test_labels_are_those_of_the_facts(knowledge: Knowledge) -> None:
    labels = {k: float(p.label_mmol_per_ml) for k, p in knowledge.dosing.products.items()}
    assert labels == {
        "mgso4-50": 2.03, "mgso4-49.3": 2.0, "mgso4-25": 1.015, "mgso4-20": 0.81, "mgso4-10": 0.406, "mgso4-8": 0.325,
        "mgso4-2.5": 0.101, "mg-glycerophosphate-1": 1.0,
    }  # fmt: skip
    for name, product in knowledge.dosing.products.items():
        if name.startswith("mgso4-"):
            assert float(product.g_per_100ml) == float(name.removeprefix("mgso4-"))
    assert {s: float(x.g_per_mol) for s, x in knowledge.dosing.salts.items()} == {
        "magnesium-sulfate-heptahydrate": 246.47, "magnesium-glycerophosphate": 250.0,
    }  # fmt: skip


@pytest.mark.parametrize("name", [r.id for r in load().dosing.regimens.values() if r.usable])
def test_every_usable_regimen_is_answered(name: str, knowledge: Knowledge) -> None:
    found = calculate(infant(), knowledge, regimen=name)
    assert found.dose is not None
    row = knowledge.dosing.regimens[name]
    assert float(found.dose.mmol / 3) == pytest.approx(float(row.mmol_per_kg[0]), rel=0.03)
    assert float(sulfate_mg(found.dose.mmol, knowledge) / 3) == pytest.approx(float(row.mg_per_kg[0]), rel=0.03)


def test_a_regimen_stops_at_its_own_maximum(knowledge: Knowledge) -> None:
    day_1 = infant("8", **SAM)
    found = calculate(day_1, knowledge, regimen="malnutrition-im")
    assert found.dose is not None
    assert (found.dose.ml, codes(found)) == (2, [])
    assert "capped" in warned(found)
    below = calculate(infant("6.6", **SAM), knowledge, regimen="malnutrition-im")
    assert "capped" not in warned(below)


def test_a_site_adds_its_own(tmp_path: Path, knowledge: Knowledge) -> None:
    file = tmp_path / "ours.toml"
    own = """
[ours]
says = "Our ward"
authority = "Our ward"
population = "newborn"
indication = "deficiency"
unit = "mg-salt/kg"
amount = [40, 40]
mg_per_kg = [40, 40]
mmol_per_kg = ["0.162", "0.162"]
routes = ["iv"]
policy = "Agreed by our ward."
"""
    file.write_text(own)
    found = calculate(infant(), with_site_regimens(knowledge, file), regimen="ours")
    assert found.dose is not None
    assert (round(float(found.dose.mg_salt), 6), codes(found)) == (120, [])
    for old, new, says in (
        ("0.162", "0.5", "entered as"),
        ('policy = "Agreed by our ward."', "", "needs sources"),
        ("[ours]", "[perth]", "exists already"),
        ("mg-salt/kg", "mg/kg", "not an amount"),
        ('routes = ["iv"]', 'routes = ["nasal"]', "routes must be"),
        ("amount = [40, 40]", "amount = [[40, 40]", "ours.toml"),
        ("amount = [40", "amont = [40", "unknown key amont"),
    ):
        file.write_text(own.replace(old, new))
        with pytest.raises(DoseInputError, match=says):
            with_site_regimens(knowledge, file)
